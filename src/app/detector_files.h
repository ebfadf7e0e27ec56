// app/detector_files: the files that `behavior.content` names, from the disk to the journal.
//
// Place    `check`, the start and each reload read them with the config; the engine learns of them
//          from the journal alone, so that a replay needs no file.
// Mark     a file `detectors` in the store's folder stands there while the journal's last content
//          has any: then the engine has to read the journal from its beginning.
// Errors   E0501 for one that can't be read, E0302 when they are too large together, and what
//          read_content finds. With any, the config isn't taken.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "behavior/detectors/content.h"
#include "config/load.h"
#include "events/sequencer.h"
#include "gateway/snapshot.h"

namespace gatehouse {

struct DetectorFiles {
  std::string text;                        // empty: no files
  std::shared_ptr<const Content> content;  // null: no files, or a fault
};

DetectorFiles read_detector_files(const BehaviorConfig& config, Diagnostics& diagnostics);

// A config that was taken whole: both parts, or neither.
struct WholeConfig {
  std::shared_ptr<const Snapshot> snapshot;  // null: what is wrong is in the diagnostics
  DetectorFiles detectors;
};

WholeConfig build_whole(ConfigLoad& loaded, const TicketKeys& tickets);

// Tells the journal what the detectors are whenever it last said something else.
//
// Threads  the controlling one wants and tells; the engine's says what the journal holds.
// Full     what the journal's queue does not take is told at a later turn, whole.
class DetectorRecords {
 public:
  // `folder`: the store's. The sequencer outlives it.
  DetectorRecords(const std::string& folder, Sequencer& sequencer);

  // Whether the journal may hold a content that isn't empty, or will.
  bool may_have_any() const { return !wanted_.empty() || has_mark(); }
  void want(std::string text) { wanted_ = std::move(text); }
  // The engine's thread, once: what the journal says last, nothing if it says nothing.
  void on_read(std::optional<std::string> said);
  // Gives a line for the log when it has told something, or could not.
  std::string turn();

 private:
  bool has_mark() const;
  void set_mark(bool is_there);

  const std::string mark_;
  Sequencer& sequencer_;
  std::string wanted_;  // the controlling thread's
  std::mutex mutex_;    // guards what follows
  bool is_known_ = false;
  std::string said_;
};

}  // namespace gatehouse
