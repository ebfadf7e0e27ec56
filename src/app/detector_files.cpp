#include "app/detector_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "behavior/detectors/content_records.h"
#include "config/surroundings.h"

namespace gatehouse {

DetectorFiles read_detector_files(const BehaviorConfig& config, Diagnostics& diagnostics) {
  const SystemSurroundings disk;
  const std::size_t before = diagnostics.errors();
  std::vector<ContentFile> files;
  for (const FilePath& file : config.content) {
    auto text = disk.file(file.path, kContentBytesMax);
    if (!text) {
      diagnostics.error({"E0501", fmt::format("`{}` {}", file.path, text.error().what),
                         "mend the path; it is taken from the folder of this file",
                         file.at.position()});
      continue;
    }
    files.push_back({file.path, *std::move(text)});
  }
  DetectorFiles read;
  read.text = join_content(files);
  if (read.text.size() > kContentBytesMax) {
    diagnostics.error(
        {"E0302", fmt::format("the files of `content` have {} bytes", read.text.size()),
         fmt::format("keep to {} in all", kContentBytesMax), config.content.back().at.position()});
  }
  if (files.empty() || diagnostics.errors() != before) return {};
  read.content = read_content(files, diagnostics);
  return read;
}

WholeConfig build_whole(ConfigLoad& loaded, const TicketKeys& tickets) {
  if (!loaded.config) return {};
  WholeConfig whole;
  whole.detectors = read_detector_files(loaded.config->behavior, loaded.diagnostics);
  whole.snapshot = build_snapshot(*std::move(loaded.config), tickets, loaded.diagnostics);
  if (loaded.diagnostics.has_errors()) return {};
  return whole;
}

DetectorRecords::DetectorRecords(const std::string& folder, Sequencer& sequencer)
    : mark_(folder + "/detectors"), sequencer_(sequencer) {}

bool DetectorRecords::has_mark() const {
  std::error_code error;
  return std::filesystem::exists(mark_, error);
}

void DetectorRecords::set_mark(bool is_there) {
  std::error_code error;
  if (!is_there) {
    std::filesystem::remove(mark_, error);
  } else if (!has_mark()) {
    std::ofstream(mark_) << "the journal holds detectors; it is read from its beginning\n";
  }
}

void DetectorRecords::on_read(std::optional<std::string> said) {
  const std::lock_guard lock(mutex_);
  is_known_ = true;
  said_ = std::move(said).value_or("");
}

std::string DetectorRecords::turn() {
  const std::lock_guard lock(mutex_);
  if (!is_known_ || wanted_ == said_) return {};
  if (!wanted_.empty()) set_mark(true);
  bool is_whole = true;
  std::size_t records = 0;
  content_records(wanted_, [&](const SystemEvent& record) {
    is_whole = is_whole && sequencer_.record(record);
    ++records;
  });
  if (!is_whole) return "the journal's queue is full: the detectors are told to it later";
  if (wanted_.empty()) set_mark(false);
  said_ = wanted_;
  return wanted_.empty() ? "detectors: none from now on"
                         : fmt::format("detectors: told to the journal in {} record{}", records,
                                       records == 1 ? "" : "s");
}

}  // namespace gatehouse
