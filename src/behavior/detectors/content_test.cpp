// What is promised: what a pack says is what runs, every fault of it is told in one run with its
// place, and a content comes through the journal whole or not at all.
#include "behavior/detectors/content.h"

#include "behavior/detectors/content_records.h"
#include "behavior/scorer_testing.h"

namespace gatehouse {
namespace {

std::shared_ptr<const Content> read(std::string_view text, std::string& faults) {
  Diagnostics found;
  auto content = read_content(text, "pack.yaml", found);
  faults.clear();
  for (const Diagnostic& one : found.all()) {
    faults +=
        one.error.code + " " + std::to_string(one.error.at.line) + ": " + one.error.what + '\n';
  }
  return content;
}

TEST(Content, is_read_with_its_defaults) {
  std::string faults;
  const auto content = read(R"(
features:
  user.routes: { model: seen, value: route, half_life: 7d }
detectors:
  b: { when: user.routes.new, points: 30, reason: "{event.route} is new" }
  a: { when: event.status == 500, about: api, points: 5, family: b, fact: true, reason: fails }
)",
                            faults);
  ASSERT_NE(content, nullptr) << faults;
  EXPECT_EQ(faults, "");
  ASSERT_EQ(content->detectors.size(), 2U);
  const Detector& a = content->detectors[0];
  const Detector& b = content->detectors[1];
  EXPECT_EQ(a.name + b.name + a.family + b.family, "abbb");
  EXPECT_EQ(a.about, SubjectKind::api);
  EXPECT_EQ(a.points, MilliPoints{5000});
  EXPECT_EQ(a.half_life_us, Feature::kDayUs);
  EXPECT_TRUE(a.is_fact && a.reads.empty());
  EXPECT_EQ(b.reads, std::vector<std::uint16_t>{0});
  EXPECT_EQ(content->features[0].half_life_us, 7 * Feature::kDayUs);
  EXPECT_EQ(content->thresholds, RiskThresholds{});
}

constexpr std::string_view kOne = "detectors:\n  a: { when: 1 == 1, points: 5, reason: a }\n";

TEST(Content, of_several_files_is_one_text_that_still_knows_them) {
  const std::vector<ContentFile> files = {
      {"/etc/one.yaml", std::string(kOne)},
      {"two.yaml", "---\nthresholds: { slow: { enter: 9, leave: 8 } }"}};
  const std::string text = join_content(files);
  EXPECT_EQ(text, "--- # one.yaml\n" + std::string(kOne) +
                      "--- # two.yaml\n---\nthresholds: { slow: { enter: 9, leave: 8 } }\n");
  std::string faults;
  const auto content = read(text, faults);
  ASSERT_NE(content, nullptr) << faults;
  EXPECT_EQ(content->detectors.size(), 1U);
  EXPECT_EQ(content->thresholds.slow.enter, MilliPoints{9000});
  EXPECT_EQ(join_content({}), "");
}

TEST(Content, refuses_a_name_that_stands_in_two_files) {
  Diagnostics found;
  const std::vector<ContentFile> files = {{"a.yaml", std::string(kOne)},
                                          {"b.yaml", "\n" + std::string(kOne)}};
  EXPECT_EQ(read_content(files, found), nullptr);
  ASSERT_EQ(found.all().size(), 1U);
  const Error& error = found.all()[0].error;
  EXPECT_EQ(error.code, "E0202");
  EXPECT_EQ(error.what, "two files have a detector `a`");
  EXPECT_EQ(error.at.file, "b.yaml");
  EXPECT_EQ(error.at.line, 3U);
  EXPECT_EQ(error.label, "first at a.yaml:2");
}

TEST(Content, tells_all_faults_in_one_run) {
  std::string faults;
  EXPECT_EQ(read(R"(
features:
  users.routes: { model: seen, value: route }
  user.risk: { model: seen, value: route }
  user.paths: { model: seen }
  user.hours: { model: days }
detectors:
  x: { when: user.nothing.new, points: 30, reason: "x" }
  y: { when: event.status, points: 30, reason: "{event.nothing}" }
  z: { when: "true", points: 0, reason: "z", colour: red }
thresholds:
  watch: { enter: 10, leave: 20 }
)",
                 faults),
            nullptr);
  for (const std::string_view one : {"E0306 3", "E0306 4", "E0305 5", "E0304 6", "E0433 8",
                                     "E0421 9", "E0302 10", "colour", "E0305 12"}) {
    EXPECT_NE(faults.find(one), std::string::npos) << one << " in\n" << faults;
  }
}

TEST(Content, says_which_feature_nobody_reads_and_does_not_feed_it) {
  std::string faults;
  const auto content = read(R"(
features:
  user.routes: { model: seen, value: route }
  user.paths: { model: seen, value: path }
detectors:
  a: { when: event.status == 500, points: 5, reason: "{user.paths.surprise} bits" }
)",
                            faults);
  ASSERT_NE(content, nullptr);
  EXPECT_EQ(faults, "E0425 0: no detector reads feature `user.routes`\n");
  EXPECT_EQ(content->is_read, (std::vector<bool>{true, false}));
  EXPECT_TRUE(content->detectors[0].reads.empty());
}

// Whatever is asked for is what a client sent.
struct Sent final : Environment {
  Value get(Slot) override { return Value::text("a\r\nb\x1b[2J"); }
};

TEST(Content, a_reason_holds_no_control_characters_of_a_client) {
  std::string faults;
  const auto content = read(
      R"(detectors: { a: { when: event.status == 500, points: 5, reason: "path {event.path}!" } })",
      faults);
  ASSERT_NE(content, nullptr) << faults;
  Sent sent;
  EXPECT_EQ(content->detectors[0].reason.text(sent), "path a??b?[2J!");
}

TEST(ContentRecords, come_together_again_and_a_gap_drops_them) {
  std::string text(2500, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
  ContentPieces pieces;
  std::vector<ContentPieces::Taken> taken;
  int skipped = 0;
  testing::Records records([&](const EventView& record) {
    if (skipped++ != 1) taken.push_back(pieces.take(record));
  });
  using enum ContentPieces::Taken;
  records.content(text, 1);
  EXPECT_EQ(taken, (std::vector{piece, fault}));
  taken.clear();
  records.content(text, 1);
  EXPECT_EQ(taken, (std::vector{piece, piece, whole}));
  EXPECT_EQ(pieces.text(), text);
  taken.clear();
  records.about(EventKind::content, "lists", {}, 1);
  records.content("", 1);
  EXPECT_EQ(taken, (std::vector{other, whole}));
  EXPECT_EQ(pieces.text(), "");
}

}  // namespace
}  // namespace gatehouse
