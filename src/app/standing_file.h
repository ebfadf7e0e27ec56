// app/standing_file: the verdicts of the engine that stand, for the next start: they are in force
// again before the journal is read.
//
//   file = { row LF }      each a map of JSON; the file is replaced whole
//   row  = {"kind":"user","hash":"32 hex digits","level":"slow","since_us":…,"until_us":…,
//           "reason":"…"}
//
// Place    the controlling thread writes it when the feed has changed; the start reads it. It is a
//          shortcut: once the engine has read the journal, what that says stands.
// Leaves   verdicts by hand to the records.
// Full     the feed's table is bounded. Writing takes at most a twentieth of the time.
// Errors   a row that can't be read is left out; what can't be written is tried again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "verdicts/verdict_feed.h"

namespace gatehouse {

class StandingFile {
 public:
  // `folder`: the store's.
  explicit StandingFile(const std::string& folder) : path_(folder + "/verdicts.standing") {}

  std::vector<Verdict> read() const;
  // Writes what stands, if that has changed and it is time to.
  void keep(const VerdictFeed& verdicts, const Clock& clock);
  void write(const VerdictFeed& verdicts);

 private:
  const std::string path_;
  std::uint64_t number_ = 0;  // of the feed, when it was written
  Monotonic next_{};
};

}  // namespace gatehouse
