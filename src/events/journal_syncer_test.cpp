// What is promised: a marked file is synced once; an error is counted and kept to be told.
#include "events/journal_syncer.h"

#include <cerrno>

namespace gatehouse {
namespace {

class RecordingFiles final : public JournalFiles {
 public:
  Result<std::unique_ptr<JournalFile>> open(const std::string&) override {
    return fail(journal_error("no file", ENOENT));
  }
  Status sync(const std::string& path) override {
    synced.push_back(path);
    return path == "bad" ? Status(fail(journal_error("can't sync bad", EIO))) : Status{};
  }
  std::vector<std::string> synced;
};

TEST(JournalSyncer, syncs_each_marked_file_once) {
  RecordingFiles files;
  JournalSyncer syncer(files);
  syncer.mark("a"), syncer.mark("b"), syncer.mark("a");
  syncer.turn();
  syncer.turn();
  EXPECT_EQ(files.synced, (std::vector<std::string>{"a", "b"}));
}

TEST(JournalSyncer, syncs_what_is_still_marked_when_it_stops) {
  RecordingFiles files;
  JournalSyncer syncer(files);
  syncer.start();
  syncer.mark("a");
  syncer.stop();
  EXPECT_EQ(files.synced, std::vector<std::string>{"a"});
}

TEST(JournalSyncer, keeps_the_last_error_until_it_is_taken) {
  RecordingFiles files;
  JournalSyncer syncer(files);
  syncer.mark("bad");
  syncer.turn();
  EXPECT_EQ(syncer.failures(), 1U);
  EXPECT_EQ(syncer.take_error()->what, "can't sync bad: Input/output error");
  EXPECT_FALSE(syncer.take_error());
}

TEST(JournalSyncer, a_file_that_is_gone_needs_no_sync) {
  DiskFiles files;
  EXPECT_TRUE(files.sync("/no/such/file"));
}

}  // namespace
}  // namespace gatehouse
