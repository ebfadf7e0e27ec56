// What is promised: the invariants of events/journal.h, by their numbers, and that a reader sees
// every whole record from where it begins, while the journal grows, turns over and is cut.
#include "events/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "events/crc32c.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

struct JournalTest : ::testing::Test {
  JournalTest() {
    std::string pattern = (fs::temp_directory_path() / "journal.XXXXXX").string();
    options.folder = ::mkdtemp(pattern.data());
    options.segment_bytes_max = 2000;
    options.sync = SyncPolicy::never;
  }
  ~JournalTest() override { fs::remove_all(options.folder); }

  std::unique_ptr<Journal> open() { return Journal::open(options, files, 1).value(); }

  static std::vector<char> frame(std::uint64_t sequence, std::int64_t at_us) {
    std::vector<char> bytes(kFrameHeadBytes + kEventBytesMax);
    const std::span<char> place = std::span(bytes).subspan(kFrameHeadBytes);
    const std::string detail = "record " + std::to_string(sequence);
    const std::size_t size =
        encode(SystemEvent{.kind = EventKind::config, .count = sequence, .detail = detail}, place);
    stamp(place.first(size), sequence, at_us);
    put_frame_head(bytes, place.first(size));
    bytes.resize(kFrameHeadBytes + size);
    return bytes;
  }
  static Status append(Journal& journal, std::uint64_t sequence) {
    const auto at_us = static_cast<std::int64_t>(sequence * 1000);
    return journal.append(frame(sequence, at_us), sequence, sequence, at_us);
  }
  static void append_until(Journal& journal, std::uint64_t last) {
    for (std::uint64_t sequence = journal.last_sequence() + 1; sequence <= last; ++sequence) {
      ASSERT_TRUE(append(journal, sequence));
    }
  }
  std::vector<std::uint64_t> read_from(std::uint64_t sequence) const {
    std::vector<std::uint64_t> read;
    JournalReader reader(options.folder, sequence);
    while (const auto record = reader.next()) {
      EXPECT_EQ(record->count(), record->sequence());
      read.push_back(record->sequence());
    }
    return read;
  }
  static std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t n = first; n <= last; ++n) all.push_back(n);
    return all;
  }
  std::string segment(std::uint64_t number) const { return segment_path(options.folder, number); }
  static void flip_byte(const std::string& path, std::streamoff at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
  }

  JournalOptions options;
  DiskFiles files;
};

TEST_F(JournalTest, gives_back_what_was_appended_from_any_number_on) {
  auto journal = open();
  append_until(*journal, 100);
  EXPECT_GT(journal->segments(), 3U);
  for (const std::uint64_t from : {0U, 1U, 2U, 50U, 99U, 100U}) {
    EXPECT_EQ(read_from(from), numbers(from == 0 ? 1 : from, 100)) << from;
  }
  EXPECT_TRUE(read_from(101).empty());
}

TEST_F(JournalTest, is_followed_while_it_grows_across_segments) {
  auto journal = open();
  JournalReader reader(options.folder, 1);
  EXPECT_FALSE(reader.next());
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    ASSERT_TRUE(append(*journal, sequence));
    const auto record = reader.next();
    ASSERT_TRUE(record) << sequence;
    EXPECT_EQ(record->sequence(), sequence);
    EXPECT_FALSE(reader.next());
  }
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST_F(JournalTest, invariant_1_a_torn_frame_is_cut_off_and_counted) {
  append_until(*open(), 5);
  const auto whole = fs::file_size(segment(1));
  const std::size_t last_bytes = frame(5, 5000).size();
  for (std::size_t torn = 1; torn < last_bytes; ++torn) {
    append_until(*open(), 5);
    fs::resize_file(segment(1), whole - torn);
    EXPECT_EQ(read_from(1), numbers(1, 4));
    const auto journal = open();
    EXPECT_EQ(journal->torn_bytes(), last_bytes - torn);
    EXPECT_EQ(journal->last_sequence(), 4U);
    EXPECT_EQ(journal->last_at_us(), 4000);
  }
  append_until(*open(), 6);
  EXPECT_EQ(read_from(1), numbers(1, 6));
}

TEST_F(JournalTest, invariant_1_a_wrong_crc_stops_the_reader_and_is_cut_off) {
  append_until(*open(), 5);
  const auto frame_bytes = static_cast<std::streamoff>(frame(1, 1000).size());
  // Inside the payload of the third of five frames.
  flip_byte(segment(1), static_cast<std::streamoff>(kJournalHeaderBytes) + 2 * frame_bytes + 30);
  EXPECT_EQ(read_from(1), numbers(1, 2));
  EXPECT_EQ(open()->torn_bytes(), static_cast<std::uint64_t>(3 * frame_bytes));
  append_until(*open(), 4);
  EXPECT_EQ(read_from(1), numbers(1, 4));
}

TEST_F(JournalTest, invariant_1_damage_in_a_closed_segment_is_counted_and_the_next_one_follows) {
  append_until(*open(), 40);
  const auto first_of_second = [&] {
    SegmentReader reader;
    EXPECT_TRUE(reader.open(segment(2)));
    return reader.next()->sequence();
  }();
  flip_byte(segment(1), static_cast<std::streamoff>(kJournalHeaderBytes) + 30);
  JournalReader reader(options.folder, 1);
  EXPECT_EQ(reader.next()->sequence(), first_of_second);
  EXPECT_EQ(reader.damaged(), 1U);
}

TEST_F(JournalTest, invariant_1_a_head_that_was_not_wholly_written_is_set_aside) {
  append_until(*open(), 3);
  std::ofstream(segment(2), std::ios::binary) << "ghj1\2";
  const auto journal = open();
  EXPECT_EQ(journal->torn_bytes(), 5U);
  EXPECT_EQ(journal->last_sequence(), 3U);
  append_until(*journal, 6);
  EXPECT_EQ(read_from(1), numbers(1, 6));
  EXPECT_TRUE(fs::exists(segment(2) + ".torn"));
}

TEST_F(JournalTest, invariant_2_numbers_go_on_after_a_restart_even_behind_an_empty_segment) {
  append_until(*open(), 15);
  const std::uint64_t last = list_segments(options.folder).back();
  // As after an end right behind the turn to a new segment.
  const std::uint64_t next = last + 1;
  std::string header = "ghj1";
  header.append(reinterpret_cast<const char*>(&next), 8).append(8, '\0');
  std::ofstream(segment(next), std::ios::binary) << header;
  const auto journal = open();
  EXPECT_EQ(journal->last_sequence(), 15U);
  EXPECT_EQ(journal->last_at_us(), 15'000);
  append_until(*journal, 30);
  EXPECT_EQ(read_from(1), numbers(1, 30));
}

TEST_F(JournalTest, invariant_3_a_closed_segment_is_never_written_again) {
  auto journal = open();
  append_until(*journal, 20);
  ASSERT_GE(journal->segments(), 2U);
  const auto bytes = fs::file_size(segment(1));
  const auto written = fs::last_write_time(segment(1));
  EXPECT_LE(bytes, options.segment_bytes_max);
  append_until(*journal, 60);
  journal.reset();
  append_until(*open(), 70);
  EXPECT_EQ(fs::file_size(segment(1)), bytes);
  EXPECT_EQ(fs::last_write_time(segment(1)), written);
}

TEST_F(JournalTest, invariant_4_retention_removes_the_oldest_but_nothing_unread_nor_the_last) {
  options.keep_bytes_max = 5000;
  auto journal = open();
  append_until(*journal, 100);
  const std::size_t before = journal->segments();
  journal->retain(0, 0);
  EXPECT_EQ(journal->segments(), before);  // no consumer has any of it
  journal->retain(20, 0);
  EXPECT_LT(journal->segments(), before);
  EXPECT_EQ(read_from(21), numbers(21, 100));
  journal->retain(100, 0);
  EXPECT_LE(journal->bytes(), 5000U);
  EXPECT_EQ(read_from(1).back(), 100U);
  EXPECT_EQ(journal->segments_removed(), before - journal->segments());
}

TEST_F(JournalTest, invariant_4_retention_by_age_keeps_what_is_young_and_the_last) {
  options.keep_us_max = 50'000;
  auto journal = open();
  append_until(*journal, 100);
  journal->retain(100, 100'000);
  const auto kept = read_from(1);
  EXPECT_LE(kept.front(), 50U);
  EXPECT_GT(kept.front(), 30U);
  journal->retain(100, 10'000'000);
  EXPECT_EQ(journal->segments(), 1U);
}

TEST_F(JournalTest, refuses_a_second_writer) {
  const auto first = open();
  const auto second = Journal::open(options, files, 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "E0702");
  EXPECT_EQ(second.error().help, "stop that gate, or give this one a data folder of its own");
}

TEST_F(JournalTest, finds_where_a_time_begins) {
  EXPECT_EQ(sequence_before(options.folder, 1), 0U);
  append_until(*open(), 100);
  EXPECT_EQ(sequence_before(options.folder, 0), 1U);
  const std::uint64_t found = sequence_before(options.folder, 50'000);
  EXPECT_LE(found, 50U);
  EXPECT_GT(found, 30U);
}

// The child appends and says so after each record; whatever it said is there after it was killed.
TEST_F(JournalTest, holds_what_was_appended_when_the_writer_is_killed) {
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto journal = open();
    for (std::uint64_t sequence = 1;; ++sequence) {
      if (!append(*journal, sequence)) ::_exit(1);
      if (::write(said[1], &sequence, sizeof sequence) < 0) ::_exit(1);
    }
  }
  std::uint64_t heard = 0;
  while (heard < 500) ASSERT_EQ(::read(said[0], &heard, sizeof heard), sizeof heard);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(said[1]);
  while (::read(said[0], &heard, sizeof heard) == sizeof heard) {
  }
  ::close(said[0]);
  const auto journal = open();
  EXPECT_GE(journal->last_sequence(), heard);
  EXPECT_LE(journal->last_sequence(), heard + 1);
  EXPECT_EQ(read_from(1), numbers(1, journal->last_sequence()));
}

TEST(Crc32c, gives_the_published_values_both_ways) {
  // RFC 3720, B.4.
  std::vector<char> bytes(32, '\0');
  EXPECT_EQ(crc32c(bytes), 0x8a9136aaU);
  bytes.assign(32, '\xff');
  EXPECT_EQ(crc32c(bytes), 0x62a8ab43U);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<char>(i);
  EXPECT_EQ(crc32c(bytes), 0x46dd794eU);
  EXPECT_EQ(crc32c_by_table(bytes), 0x46dd794eU);
}

TEST(Crc32c, agrees_with_its_slow_twin_at_every_length) {
  std::vector<char> bytes;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes)) << i;
    state = state * 1664525 + 1013904223;
    bytes.push_back(static_cast<char>(state >> 24));
  }
}

}  // namespace
}  // namespace gatehouse
