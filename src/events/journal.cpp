#include "events/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "events/crc32c.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

constexpr std::string_view kMagic = "ghj1";
constexpr std::string_view kSuffix = ".ghj";
constexpr std::size_t kDigits = 20;

std::array<char, kJournalHeaderBytes> make_header(std::uint64_t number, std::int64_t created_us) {
  std::array<char, kJournalHeaderBytes> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + 4, &number, sizeof number);
  std::memcpy(header.data() + 12, &created_us, sizeof created_us);
  return header;
}

}  // namespace

void put_frame_head(std::span<char> head, std::span<const char> payload) {
  const auto bytes = static_cast<std::uint32_t>(payload.size());
  const std::uint32_t crc = crc32c(payload);
  std::memcpy(head.data(), &bytes, sizeof bytes);
  std::memcpy(head.data() + 4, &crc, sizeof crc);
}

std::span<const char> first_frame(std::span<const char> bytes) {
  if (bytes.size() < kFrameHeadBytes) return {};
  std::uint32_t length = 0, crc = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  std::memcpy(&crc, bytes.data() + 4, sizeof crc);
  if (length == 0 || length > kEventBytesMax || length > bytes.size() - kFrameHeadBytes) return {};
  const std::span<const char> payload = bytes.subspan(kFrameHeadBytes, length);
  return crc32c(payload) == crc ? payload : std::span<const char>{};
}

std::string segment_path(const std::string& folder, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, kDigits - digits.size(), '0');
  return folder + "/" + digits + std::string(kSuffix);
}

std::vector<std::uint64_t> list_segments(const std::string& folder) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    std::uint64_t number = 0;
    const auto [end_of, failed] = std::from_chars(name.data(), name.data() + kDigits, number);
    if (failed == std::errc{} && end_of == name.data() + kDigits) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Journal::Journal(JournalOptions options, JournalFiles& files)
    : options_(std::move(options)), files_(files) {}

Journal::~Journal() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<Journal>> Journal::open(JournalOptions options, JournalFiles& files,
                                               std::int64_t now_us) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return fail(journal_error("can't create " + options.folder, error.value()));
  std::unique_ptr<Journal> journal(new Journal(std::move(options), files));
  if (Status locked = journal->lock(); !locked) return fail(std::move(locked).error());
  if (Status ready = journal->recover(now_us); !ready) return fail(std::move(ready).error());
  return journal;
}

Status Journal::lock() {
  const std::string path = options_.folder + "/lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return fail(journal_error("can't open " + path, errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  return fail({.code = "E0702",
               .what = "the journal in " + options_.folder + " is being written by another process",
               .help = "stop that gate, or give this one a data folder of its own"});
}

// From the newest back: whole segments are read until one holds a record, of the older ones only
// the first record.
Status Journal::recover(std::int64_t now_us) {
  const std::vector<std::uint64_t> numbers = list_segments(options_.folder);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    if (Status read = recover_segment(*number, number == numbers.rbegin()); !read) return read;
  }
  const bool last_stands = !segments_.empty() && segments_.back().number == numbers.back();
  if (!last_stands || segments_.back().bytes >= options_.segment_bytes_max) {
    return begin_segment(now_us);
  }
  path_ = segment_path(options_.folder, segments_.back().number);
  auto file = files_.open(path_);
  if (!file) return fail(std::move(file).error());
  file_ = *std::move(file);
  return {};
}

Status Journal::recover_segment(std::uint64_t number, bool is_last) {
  const std::string path = segment_path(options_.folder, number);
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return fail(journal_error("can't read " + path, error.value()));
  SegmentReader reader;
  if (!reader.open(path) || reader.number() != number) return set_aside(path, bytes);
  Segment segment{.number = number, .created_us = reader.created_us(), .bytes = bytes};
  const bool whole = last_sequence_ == 0;
  while (const std::optional<EventView> record = reader.next()) {
    if (segment.first_sequence == 0) segment.first_sequence = record->sequence();
    if (!whole) break;
    last_sequence_ = record->sequence();
    last_at_us_ = record->at_us();
  }
  if (is_last && reader.offset() != bytes) {
    torn_bytes_ += bytes - reader.offset();
    std::filesystem::resize_file(path, reader.offset(), error);
    if (error) return fail(journal_error("can't shorten " + path, error.value()));
    segment.bytes = reader.offset();
  }
  segments_.push_front(segment);
  return {};
}

// A head that was never wholly written, or a strange file under a segment's name: kept under
// another name, and counted.
Status Journal::set_aside(const std::string& path, std::uint64_t bytes) {
  torn_bytes_ += bytes;
  std::error_code error;
  std::filesystem::rename(path, path + ".torn", error);
  if (error) return fail(journal_error("can't rename " + path, error.value()));
  return {};
}

Status Journal::begin_segment(std::int64_t now_us) {
  const std::uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  std::string path = segment_path(options_.folder, number);
  auto file = files_.open(path);
  if (!file) return fail(std::move(file).error());
  // What an earlier attempt may have left goes first.
  if (Status empty = (*file)->cut(0); !empty) return empty;
  if (Status head = (*file)->append(make_header(number, now_us)); !head) return head;
  if (options_.sync != SyncPolicy::never) {
    if (Status named = files_.sync(options_.folder); !named) return named;
  }
  file_ = *std::move(file);
  path_ = std::move(path);
  segments_.push_back({.number = number, .created_us = now_us, .bytes = kJournalHeaderBytes});
  return {};
}

Status Journal::append(std::span<const char> frames, std::uint64_t first_sequence,
                       std::uint64_t last_sequence, std::int64_t at_us) {
  if (file_ != nullptr && segments_.back().bytes > kJournalHeaderBytes &&
      segments_.back().bytes + frames.size() > options_.segment_bytes_max) {
    if (options_.sync == SyncPolicy::batch) {
      if (Status synced = file_->sync(); !synced) return synced;
    }
    file_ = nullptr;
  }
  if (file_ == nullptr) {
    if (Status begun = begin_segment(at_us); !begun) return begun;
  }
  Segment& segment = segments_.back();
  if (Status written = file_->append(frames); !written) {
    // A part may be there. If it can't be cut off, nothing may follow it: begin a new segment.
    if (!file_->cut(segment.bytes)) file_ = nullptr;
    return written;
  }
  segment.bytes += frames.size();
  if (segment.first_sequence == 0) segment.first_sequence = first_sequence;
  last_sequence_ = last_sequence;
  last_at_us_ = at_us;
  return {};
}

Status Journal::sync() { return file_ == nullptr ? Status{} : file_->sync(); }

std::uint64_t Journal::bytes() const {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.bytes;
  return sum;
}

// Of a closed segment: the last number before the next segment that has one.
std::uint64_t Journal::last_sequence_of(std::size_t index) const {
  for (std::size_t next = index + 1; next < segments_.size(); ++next) {
    if (segments_[next].first_sequence != 0) return segments_[next].first_sequence - 1;
  }
  return last_sequence_;
}

void Journal::retain(std::uint64_t consumed_sequence, std::int64_t now_us) {
  std::uint64_t held = bytes();
  while (segments_.size() > 1) {
    const bool too_old = segments_[1].created_us + options_.keep_us_max < now_us;
    if (!too_old && held <= options_.keep_bytes_max) return;
    if (last_sequence_of(0) > consumed_sequence) return;
    std::error_code error;
    std::filesystem::remove(segment_path(options_.folder, segments_.front().number), error);
    if (error) return;  // tried again at the next call
    held -= segments_.front().bytes;
    segments_.pop_front();
    ++segments_removed_;
  }
}

}  // namespace gatehouse
