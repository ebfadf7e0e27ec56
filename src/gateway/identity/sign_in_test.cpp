// What is promised: the expressions of a sign-in are read or told, they say who tried and whether
// it failed or that it can't be told, and the content passes unchanged while its beginning is
// copied.
#include "gateway/identity/sign_in.h"

#include <gtest/gtest.h>

#include "gateway/policies/exchange_testing.h"

namespace gatehouse {
namespace {

// Content that is all there, given in pieces.
class Pieces final : public Body {
 public:
  explicit Pieces(std::string text) : text_(std::move(text)) {}
  std::string_view peek() override { return std::string_view(text_).substr(at_, 7'000); }
  void consume(std::size_t bytes) override { at_ += bytes; }
  bool ended() const override { return at_ == text_.size(); }
  Task<bool> more() override { co_return true; }
  void cancel() override {}
  StreamError error() const override { return StreamError::none; }
  std::uint64_t bytes_total() const override { return at_; }
  const FieldList& trailers() const override { return trailers_; }

 private:
  std::string text_;
  std::size_t at_ = 0;
  Arena arena_;
  FieldList trailers_{arena_};
};

std::string passed(WatchedBody& body, std::size_t step) {
  std::string all;
  while (!body.ended()) {
    const std::string_view bytes = body.peek().substr(0, step);
    all += bytes;
    body.consume(bytes.size());
  }
  return all;
}

TEST(WatchedBody, passes_all_and_keeps_the_beginning) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += static_cast<char>('a' + i % 26);
  for (const std::size_t step : {1U, 999U, 7'000U}) {
    Pieces pieces(text);
    WatchedBody body(pieces);
    EXPECT_EQ(passed(body, step), text);
    EXPECT_EQ(body.seen(), text.substr(0, WatchedBody::kBytesMax)) << step;
    EXPECT_EQ(body.bytes_total(), text.size());
  }
}

TEST(WatchedBody, short_content_is_seen_whole_and_none_is_nothing) {
  Pieces pieces("login=ann");
  WatchedBody body(pieces);
  EXPECT_EQ(body.seen(), "");
  (void)passed(body, 4);
  EXPECT_EQ(body.seen(), "login=ann");
}

TEST(SignIn, tells_what_does_not_fit_and_whether_it_reads_content) {
  Diagnostics found;
  EXPECT_EQ(SignIn::read({{}, {"response.statos == 1", {}, false}, {}}, "route `r`", found),
            nullptr);
  EXPECT_EQ(SignIn::read({{}, {"response.status", {}, false}, {}}, "route `r`", found), nullptr);
  EXPECT_EQ(found.errors(), 2U);
  const auto head = SignIn::read({{}, {"response.status == 401", {}, false}, {}}, "r", found);
  ASSERT_NE(head, nullptr);
  EXPECT_FALSE(head->reads_body());
  const auto body = SignIn::read(
      {{"request.body.login", {}, false}, {"response.status == 401", {}, false}, {}}, "r", found);
  ASSERT_NE(body, nullptr);
  EXPECT_TRUE(body->reads_body());
  EXPECT_EQ(found.errors(), 2U);
}

// A look at one exchange whose content was seen; the answer's status is still 0.
struct Looked {
  bool told = false;
  std::string user;
  bool ok = false;
  bool operator==(const Looked&) const = default;
};

Looked look(std::string_view user, std::string_view failed, std::string_view type,
            std::string seen) {
  Diagnostics found;
  const auto reads = SignIn::read({.user = {std::string(user), {}, false},
                                   .failed = {std::string(failed), {}, false},
                                   .at = {}},
                                  "the test", found);
  EXPECT_NE(reads, nullptr) << found.text();
  if (reads == nullptr) return {};
  testing::ExchangeRig rig;
  Looked looked;
  rig.look = [&](Exchange& exchange) {
    const auto what = reads->look(exchange, seen);
    seen.assign(seen.size(), '?');  // as the copy is overwritten
    if (what) looked = {true, std::string(what->user), what->ok};
  };
  rig.ask([&](testing::QuietStream& stream) {
    (void)stream.request().fields.add(FieldId::content_type, "Content-Type", type);
  });
  return looked;
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

TEST(SignInLook, says_who_tried_and_whether_it_failed) {
  const std::string form = "login=ann%40shop.example&password=x";
  EXPECT_EQ(look("request.body.login", "response.status == 401", kForm, form),
            (Looked{true, "ann@shop.example", true}));
  EXPECT_EQ(look("request.body.login", "response.status == 0", kForm, form),
            (Looked{true, "ann@shop.example", false}));
  EXPECT_EQ(look("request.body.login", "request.path == '/orders/17'", "application/json",
                 R"({"login": "bob", "n": 1})"),
            (Looked{true, "bob", false}));
}

TEST(SignInLook, keeps_the_name_when_the_copy_of_the_content_goes) {
  EXPECT_EQ(look("request.body.login", "false", kForm, "login=ann").user, "ann");
}

TEST(SignInLook, a_name_that_is_not_there_leaves_the_outcome) {
  EXPECT_EQ(look("request.body.login", "false", kForm, "user=ann"), (Looked{true, "", true}));
  EXPECT_EQ(look("request.body.login", "true", "text/plain", "login=ann"),
            (Looked{true, "", false}));
}

TEST(SignInLook, where_failed_comes_to_no_answer_nobody_tried) {
  EXPECT_EQ(look("request.body.login", "request.body.answer == 'no'", kForm, "login=ann"),
            Looked{});
}

TEST(SignInLook, json_that_was_cut_off_tells_nothing) {
  const std::string whole = R"({"login": "ann", "rest": ")" + std::string(100, 'x') + "\"}";
  EXPECT_EQ(look("request.body.login", "false", "application/json", whole).user, "ann");
  EXPECT_EQ(look("request.body.login", "false", "application/json", whole.substr(0, 90)).user, "");
}

}  // namespace
}  // namespace gatehouse
