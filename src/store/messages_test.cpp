// What is promised: messages come back as they were said, however their bytes are cut; what is no
// message breaks the stream and nothing else.
#include "store/messages.h"

namespace gatehouse {
namespace {

TEST(Messages, have_the_form_that_is_written_down) {
  const std::string bytes = to_bytes({MessageKind::rows, 0x0102030405060708, "ab"});
  EXPECT_EQ(bytes, std::string("\x0b\0\0\0\x10\x08\x07\x06\x05\x04\x03\x02\x01"
                               "ab",
                               15));
}

TEST(Messages, come_back_from_bytes_that_are_cut_anywhere) {
  const StoreMessage first{MessageKind::query, 1, "{}"};
  const StoreMessage second{MessageKind::end, 2, ""};
  const std::string bytes = to_bytes(first) + to_bytes(second);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    MessageReader reader;
    std::vector<StoreMessage> got;
    const std::string_view all = bytes;
    for (const std::string_view piece : {all.substr(0, cut), all.substr(cut)}) {
      reader.add(piece);
      while (auto message = reader.next()) got.push_back(*message);
    }
    ASSERT_EQ(got, (std::vector{first, second})) << cut;
    EXPECT_FALSE(reader.broken());
  }
}

TEST(Messages, break_on_a_length_that_none_has_and_on_an_unknown_kind) {
  std::string too_long = to_bytes({MessageKind::query, 1, ""});
  too_long[3] = 0x7f;
  std::string too_short = to_bytes({MessageKind::query, 1, ""});
  too_short[0] = 8;
  std::string unknown = to_bytes({MessageKind::query, 1, ""});
  unknown[4] = 99;
  for (const std::string& bytes : {too_long, too_short, unknown}) {
    MessageReader reader;
    reader.add(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
    reader.add(to_bytes({MessageKind::query, 1, ""}));
    EXPECT_FALSE(reader.next());
  }
}

TEST(Messages, carry_a_state_and_an_error) {
  StoreState state{.is_open = true,
                   .sequence = ~std::uint64_t{0},
                   .at_us = -1,
                   .committed = 2,
                   .rows = 3,
                   .failures = 4,
                   .missed = 5,
                   .removed = 6,
                   .bytes = 7,
                   .set_aside = 8,
                   .queries = 9,
                   .queries_failed = 10,
                   .fault = "no space"};
  EXPECT_EQ(parse_state(to_json(state)), state);
  for (const char* const text : {"", "{}", "[]", R"({"is_open": 1})"}) {
    EXPECT_FALSE(parse_state(text)) << text;
  }
  const Error error =
      parse_error(to_json(Error{.code = "E0807", .what = "w", .help = "h", .at = {"", 1, 2, 3}}));
  EXPECT_EQ(error.code, "E0807");
  EXPECT_EQ(error.what, "w");
  EXPECT_EQ(error.help, "h");
  EXPECT_EQ(error.at, (SourcePosition{"", 1, 2, 3}));
  EXPECT_EQ(parse_error("x").code, "E0801");
}

}  // namespace
}  // namespace gatehouse
