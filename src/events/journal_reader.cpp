#include "events/journal_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "events/journal.h"

namespace gatehouse {
namespace {

// Bytes read into `into` at `offset`; 0 at the end or when the file can't be read.
std::size_t read_at(int descriptor, std::span<char> into, std::uint64_t offset) {
  for (;;) {
    const ssize_t got = ::pread(descriptor, into.data(), into.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return 0;
  }
}

}  // namespace

SegmentReader::~SegmentReader() { close(); }

void SegmentReader::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool SegmentReader::open(const std::string& path) {
  close();
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  std::array<char, kJournalHeaderBytes> header;
  if (read_at(descriptor, header, 0) != header.size() ||
      std::memcmp(header.data(), "ghj1", 4) != 0) {
    ::close(descriptor);
    return false;
  }
  descriptor_ = descriptor;
  std::memcpy(&number_, header.data() + 4, sizeof number_);
  std::memcpy(&created_us_, header.data() + 12, sizeof created_us_);
  offset_ = header.size();
  from_ = to_ = 0;
  return true;
}

std::optional<EventView> SegmentReader::next() {
  if (descriptor_ < 0) return std::nullopt;
  for (;;) {
    const std::span<const char> unread{buffer_.data() + from_, to_ - from_};
    if (const std::span<const char> payload = first_frame(unread); !payload.empty()) {
      std::optional<EventView> record = EventView::parse(payload);
      // A frame whose crc is right and which holds no record was written by something else.
      if (!record) return std::nullopt;
      from_ += kFrameHeadBytes + payload.size();
      offset_ += kFrameHeadBytes + payload.size();
      return record;
    }
    if (!refill()) return std::nullopt;
  }
}

// Reads again from offset_, so that a frame which was half written before is seen whole. False when
// that brought nothing new.
bool SegmentReader::refill() {
  if (buffer_.empty()) buffer_.resize(kBufferBytes);
  const std::size_t had = to_ - from_;
  const std::size_t got = read_at(descriptor_, buffer_, offset_);
  const bool is_new = got > had;
  from_ = 0;
  to_ = got;
  return is_new;
}

bool SegmentReader::has_rest() const {
  struct stat status;
  return descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 &&
         static_cast<std::uint64_t>(status.st_size) > offset_;
}

JournalReader::JournalReader(std::string folder, std::uint64_t sequence)
    : folder_(std::move(folder)), wanted_(sequence) {}

std::optional<EventView> JournalReader::next() {
  if (!segment_.is_open() && !open_first()) return std::nullopt;
  for (;;) {
    while (std::optional<EventView> record = segment_.next()) {
      if (record->sequence() < wanted_) continue;
      wanted_ = record->sequence() + 1;
      return record;
    }
    if (!open_following()) return std::nullopt;
  }
}

// The newest segment whose first record is not beyond the wanted one, else the oldest.
bool JournalReader::open_first() {
  const std::vector<std::uint64_t> numbers = list_segments(folder_);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const std::string path = segment_path(folder_, *number);
    if (!segment_.open(path)) continue;
    const std::optional<EventView> first = segment_.next();
    const bool begins_before = first && first->sequence() <= wanted_;
    if (begins_before || number + 1 == numbers.rend()) return segment_.open(path);
  }
  return segment_.is_open();
}

// Goes on to the next segment if there is one. The writer closes a segment before it begins the
// next, so what was at the end when the next one exists is the end.
bool JournalReader::open_following() {
  std::uint64_t following = 0;
  for (const std::uint64_t number : list_segments(folder_)) {
    if (number > segment_.number()) {
      following = number;
      break;
    }
  }
  if (following == 0) return false;
  if (const std::optional<EventView> record = segment_.next()) {
    // Written between our last look and the closing: stay, and read it from its own place.
    const std::uint64_t number = segment_.number();
    wanted_ = std::max(wanted_, record->sequence());
    return segment_.open(segment_path(folder_, number));
  }
  if (segment_.has_rest()) ++damaged_;
  return segment_.open(segment_path(folder_, following));
}

std::uint64_t sequence_before(const std::string& folder, std::int64_t at_us) {
  std::uint64_t found = 0;
  for (const std::uint64_t number : list_segments(folder)) {
    SegmentReader segment;
    if (!segment.open(segment_path(folder, number))) continue;
    if (found != 0 && segment.created_us() > at_us) break;
    if (const std::optional<EventView> first = segment.next()) found = first->sequence();
  }
  return found;
}

}  // namespace gatehouse
