// What is promised: the file is made, opened again and brought up to date; a broken one is set
// aside and a new one begins; what is another's is left alone, with a word on it.
#include "store/history_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/columns.h"
#include "store/store_testing.h"

namespace gatehouse {
namespace {

using testing::Folder;

struct HistoryFileTest : ::testing::Test {
  Result<std::unique_ptr<HistoryFile>> open() {
    return HistoryFile::open({.path = folder.history()},
                             [this](std::string_view text) { said += text; });
  }
  Folder folder;
  std::string said;
};

TEST_F(HistoryFileTest, keeps_its_position) {
  {
    auto file = open().value();
    EXPECT_EQ(file->position(), HistoryPosition{});
    ASSERT_TRUE(file->write_position({2, 77, 5}));
  }
  EXPECT_EQ(open().value()->position(), (HistoryPosition{2, 77, 5}));
}

TEST_F(HistoryFileTest, adds_a_column_that_an_older_one_lacks) {
  {
    auto file = open().value();
    ASSERT_TRUE(file->duck().run("ALTER TABLE events DROP COLUMN " +
                                 std::string(all_columns().back().sql)));
  }
  auto file = open();
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE(
      (*file)->duck().run("SELECT " + std::string(all_columns().back().sql) + " FROM events"));
}

TEST_F(HistoryFileTest, leaves_one_alone_that_has_columns_of_a_newer_program) {
  ASSERT_TRUE(open().value()->duck().run("ALTER TABLE events ADD COLUMN mood VARCHAR"));
  const auto file = open();
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, "E0804");
  EXPECT_TRUE(std::filesystem::exists(folder.history()));
  EXPECT_EQ(said, "");
}

TEST_F(HistoryFileTest, sets_a_broken_one_aside_and_begins_anew) {
  std::ofstream(folder.history()) << std::string(100'000, 'x');
  auto file = open();
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE((*file)->was_set_aside());
  EXPECT_EQ((*file)->position(), HistoryPosition{});
  EXPECT_TRUE(std::filesystem::exists(folder.history() + ".broken"));
  EXPECT_NE(said.find("set aside"), std::string::npos) << said;
}

TEST_F(HistoryFileTest, finds_a_head_that_is_damaged) {
  open().value().reset();
  std::fstream stream(folder.history(), std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(4096 + 100);
  stream << std::string(64, 'y');
  stream.seekp(2 * 4096 + 100);
  stream << std::string(64, 'y');
  stream.close();
  auto file = open();
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_TRUE((*file)->was_set_aside());
}

TEST_F(HistoryFileTest, is_refused_while_another_process_has_it) {
  int ready[2], end[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(end), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = open();
    const char word = file ? 'y' : 'n';
    (void)!::write(ready[1], &word, 1);
    char ignored = 0;
    (void)!::read(end[0], &ignored, 1);
    ::_exit(0);
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  const auto file = open();
  EXPECT_EQ(file ? "open" : file.error().code, "E0802");
  (void)!::write(end[1], &word, 1);
  ::waitpid(child, nullptr, 0);
  for (const int fd : {ready[0], ready[1], end[0], end[1]}) ::close(fd);
}

TEST(Duck, refuses_another_version_of_its_library) {
  EXPECT_TRUE(check_duck_version());
  const Status other = check_duck_version("v1.3.0");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "E0804");
  EXPECT_NE(other.error().what.find("v1.3.0"), std::string::npos);
}

TEST_F(HistoryFileTest, reads_nothing_but_its_own_files_and_takes_no_setting) {
  auto file = open().value();
  for (const char* const sql :
       {"SELECT * FROM read_csv('/etc/passwd')", "COPY events TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.db'", "INSTALL httpfs", "LOAD httpfs", "SET threads = 4",
        "SET memory_limit = '10GB'", "SET enable_external_access = true"}) {
    EXPECT_FALSE(file->duck().run(sql)) << sql;
  }
}

}  // namespace
}  // namespace gatehouse
