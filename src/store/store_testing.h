// store/store_testing: a journal of made-up requests and the event history beside it, for tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/event.h"
#include "events/journal.h"
#include "events/journal_file.h"
#include "store/feeder.h"
#include "store/history_file.h"

namespace gatehouse::testing {

// 2026-11-24T00:00:00Z; record n happens n seconds later.
inline constexpr std::int64_t kFirstDayUs = 1'795'478'400'000'000;
inline std::int64_t second(std::uint64_t n) {
  return kFirstDayUs + static_cast<std::int64_t>(n) * 1'000'000;
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  std::string journal() const { return path_ + "/journal"; }
  std::string history() const { return path_ + "/history.duckdb"; }

 private:
  std::string path_;
};

// Writes records with rising numbers; request n has the path /n, the client 10.0.0.(n % 4) and the
// status 200, each fifth 404.
class JournalWriter {
 public:
  explicit JournalWriter(std::string folder, std::uint64_t segment_bytes = 1 << 20)
      : journal_(Journal::open({.folder = std::move(folder),
                                .segment_bytes_max = segment_bytes,
                                .sync = SyncPolicy::never},
                               files_, second(0))
                     .value()) {}

  std::uint64_t last() const { return journal_->last_sequence(); }
  Journal& journal() { return *journal_; }

  void requests(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) request();
  }
  void request() {
    const std::uint64_t n = last() + 1;
    const std::string path = "/" + std::to_string(n);
    const std::string client = "10.0.0." + std::to_string(n % 4);
    RequestEvent event;
    event.outcome = EventOutcome::served;
    event.id = {.low = n, .high = 7};
    event.start_us = second(n) - 500;
    event.duration_us = 1000 + n;
    event.status = n % 5 == 0 ? 404 : 200;
    event.response_bytes = n;
    event.client = client;
    event.method = "GET";
    event.host = "shop.example";
    event.path = path;
    write(event, second(n));
  }
  void tick() { write(SystemEvent{.kind = EventKind::tick}, second(last() + 1)); }
  template <class Event>
  void write(const Event& event, std::int64_t at_us) {
    std::vector<char> bytes(kFrameHeadBytes + kEventBytesMax);
    const std::span<char> place = std::span(bytes).subspan(kFrameHeadBytes);
    const std::size_t size = encode(event, place);
    const std::uint64_t sequence = last() + 1;
    stamp(place.first(size), sequence, at_us);
    put_frame_head(bytes, place.first(size));
    bytes.resize(kFrameHeadBytes + size);
    if (!journal_->append(bytes, sequence, sequence, at_us)) std::abort();
  }

 private:
  DiskFiles files_;
  std::unique_ptr<Journal> journal_;
};

// The history of a folder, opened, and its feeder.
struct OpenHistory {
  explicit OpenHistory(const Folder& folder, const Clock& clock, FeederOptions options = {})
      : file(HistoryFile::open({.path = folder.history()}, log()).value()) {
    options.journal = folder.journal();
    options.log = log();
    feeder = Feeder::open(*file, clock, std::move(options)).value();
  }
  // Takes all that the journal has.
  void take_all() {
    while (!feeder->turn().value().at_end) {
    }
  }
  std::uint64_t number(const std::string& sql) {
    auto rows = file->duck().ask(sql).value();
    return rows->next() ? static_cast<std::uint64_t>(rows->number<std::int64_t>(0)) : 0;
  }
  std::uint64_t rows() { return number("SELECT count(*) FROM events"); }
  // Numbers that are there more than once, or not at all up to the highest.
  std::uint64_t faults() {
    return number(
        "SELECT count(*) - count(DISTINCT sequence) + max(sequence)::BIGINT - "
        "count(DISTINCT sequence) FROM events WHERE epoch = 1");
  }
  HistoryFile::Log log() {
    return [this](std::string_view text) { said += std::string(text) + '\n'; };
  }

  std::string said;
  std::unique_ptr<HistoryFile> file;
  std::unique_ptr<Feeder> feeder;
};

}  // namespace gatehouse::testing
