#include "app/journal_commands.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/exit_code.h"
#include "app/terminal.h"
#include "events/event_json.h"
#include "events/journal.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

constexpr int kFollowMs = 1000;  // looked again even if nothing was reported

int not_there(const std::string& folder) {
  return complain(kExitNotFound, fmt::format("there is no journal in `{}`", folder),
                  "name the gate's data folder with `--data`");
}

bool is_there(const std::string& folder) {
  std::error_code error;
  return std::filesystem::is_directory(folder, error);
}

std::string table_row(const EventView& event) {
  if (event.kind() != EventKind::final) {
    return fmt::format("{}  {:<15}  {} {}\n", time_text(event.at_us()), to_text(event.kind()),
                       printable(event.text(EventText::name)),
                       printable(event.text(EventText::detail)));
  }
  std::string url(event.text(EventText::host));
  url += event.text(EventText::path);
  return fmt::format("{}  {:<15}  {:<7} {}  {}  {:.1f} ms  {} {}\n", time_text(event.at_us()),
                     printable(event.client()), printable(event.text(EventText::method)),
                     printable(url), event.status(),
                     static_cast<double>(event.duration_us()) / 1000.0, to_text(event.outcome()),
                     printable(event.text(EventText::error_code)));
}

std::string row_of(const EventView& event, const EventsQuestion& question) {
  return question.as_table ? table_row(event) : to_json(event) + '\n';
}

bool is_wanted(const EventView& event, const EventsQuestion& question) {
  if (!question.all_kinds && event.kind() != EventKind::final) return false;
  return question.filter == nullptr || question.filter->chooses(event);
}

// Number of the first record of a segment; 0 when it holds none.
std::uint64_t first_sequence(const std::string& folder, std::uint64_t segment) {
  SegmentReader reader;
  if (!reader.open(segment_path(folder, segment))) return 0;
  const auto record = reader.next();
  return record ? record->sequence() : 0;
}

// The last `limit` rows, by reading ever more of the newest segments; `next` is then the number
// behind them.
std::deque<std::string> last_rows(const EventsQuestion& question, std::uint64_t& next) {
  const std::vector<std::uint64_t> segments = list_segments(question.journal);
  std::deque<std::string> rows;
  for (std::size_t back = 1; !segments.empty(); back *= 2) {
    const std::size_t from = segments.size() - std::min(back, segments.size());
    const std::uint64_t first = first_sequence(question.journal, segments[from]);
    rows.clear();
    JournalReader reader(question.journal, first);
    while (const auto event = reader.next()) {
      next = event->sequence() + 1;
      if (!is_wanted(*event, question)) continue;
      rows.push_back(row_of(*event, question));
      if (rows.size() > question.limit) rows.pop_front();
    }
    if (rows.size() == question.limit || from == 0) break;
  }
  return rows;
}

// Waits until something in the folder changed, at most kFollowMs; false when the reader of what is
// printed has gone.
class Follow {
 public:
  explicit Follow(const std::string& folder) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    ::inotify_add_watch(fd_, folder.c_str(), IN_MODIFY | IN_CREATE);
  }
  ~Follow() {
    if (fd_ >= 0) ::close(fd_);
  }
  Follow(const Follow&) = delete;
  Follow& operator=(const Follow&) = delete;
  bool wait() const {
    pollfd waits[] = {{fd_, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    ::poll(waits, 2, kFollowMs);
    char events[4096];
    while (::read(fd_, events, sizeof events) > 0) {
    }
    return waits[1].revents == 0;
  }

 private:
  const int fd_;
};

int write_failed() { return complain(kExitFailure, "the output could not be written"); }

struct JournalFacts {
  std::array<std::uint64_t, kEventKinds> by_kind{};
  std::uint64_t records = 0;
  std::uint64_t first = 0, last = 0;
  std::int64_t first_us = 0, last_us = 0;
  std::uint64_t damaged = 0;
  std::uint64_t segments = 0, bytes = 0;
  std::uint64_t order_faults = 0;  // a number that doesn't rise, a time that goes back
  std::uint64_t lost = 0;          // said by gap records
};

void add_record(JournalFacts& facts, const EventView& event) {
  const bool is_first = facts.records++ == 0;
  if (is_first) {
    facts.first = event.sequence();
    facts.first_us = event.at_us();
  } else if (event.sequence() <= facts.last || event.at_us() < facts.last_us) {
    ++facts.order_faults;
  }
  facts.last = event.sequence();
  facts.last_us = event.at_us();
  const auto kind = static_cast<std::size_t>(event.kind());
  if (kind < facts.by_kind.size()) ++facts.by_kind[kind];
  if (event.kind() == EventKind::gap) facts.lost += event.count();
}

// File by file: a JournalReader would pass over what is out of order. The last one may be in the
// middle of a write.
JournalFacts facts_of(const std::string& folder) {
  JournalFacts facts;
  const std::vector<std::uint64_t> segments = list_segments(folder);
  for (const std::uint64_t number : segments) {
    ++facts.segments;
    std::error_code error;
    const auto bytes = std::filesystem::file_size(segment_path(folder, number), error);
    if (!error) facts.bytes += bytes;
    SegmentReader reader;
    const bool is_open = reader.open(segment_path(folder, number));
    while (is_open) {
      const auto event = reader.next();
      if (!event) break;
      add_record(facts, *event);
    }
    const bool is_whole = is_open && !reader.has_rest();
    if (!is_whole && number != segments.back()) ++facts.damaged;
  }
  return facts;
}

std::string stat_json(const JournalFacts& facts) {
  nlohmann::ordered_json json;
  json["segments"] = facts.segments;
  json["bytes"] = facts.bytes;
  json["records"] = facts.records;
  json["first"] = {{"sequence", facts.first}, {"at", time_text(facts.first_us)}};
  json["last"] = {{"sequence", facts.last}, {"at", time_text(facts.last_us)}};
  json["damaged_segments"] = facts.damaged;
  json["lost"] = facts.lost;
  for (std::size_t i = 0; i < facts.by_kind.size(); ++i) {
    if (facts.by_kind[i] != 0) {
      json["kinds"][std::string(to_text(static_cast<EventKind>(i)))] = facts.by_kind[i];
    }
  }
  return json.dump(2) + '\n';
}

std::string stat_table(const JournalFacts& facts) {
  std::string out = fmt::format("segments   {}\nbytes      {}\nrecords    {}\n", facts.segments,
                                facts.bytes, facts.records);
  if (facts.records != 0) {
    out += fmt::format("first      {} at {}\nlast       {} at {}\n", facts.first,
                       time_text(facts.first_us), facts.last, time_text(facts.last_us));
  }
  out += fmt::format("damaged    {}\nlost       {}\n", facts.damaged, facts.lost);
  for (std::size_t i = 0; i < facts.by_kind.size(); ++i) {
    if (facts.by_kind[i] == 0) continue;
    out += fmt::format("  {:<18} {}\n", to_text(static_cast<EventKind>(i)), facts.by_kind[i]);
  }
  return out;
}

}  // namespace

int print_events(const EventsQuestion& question) {
  if (!is_there(question.journal)) return not_there(question.journal);
  std::uint64_t next = question.since;
  std::uint64_t left = question.limit == 0 ? UINT64_MAX : question.limit;
  if (question.since == 0 && question.limit != 0) {
    for (const std::string& row : last_rows(question, next)) {
      if (!print_out(row)) return write_failed();
    }
    if (question.follow) {
      left = UINT64_MAX;
    } else {
      left = 0;
    }
  }
  const Follow follow(question.journal);
  JournalReader reader(question.journal, next);
  while (left != 0) {
    const auto event = reader.next();
    if (!event) {
      if (!question.follow) break;
      if (!flush_out()) return write_failed();
      if (!follow.wait()) break;
      continue;
    }
    if (!is_wanted(*event, question)) continue;
    if (!print_out(row_of(*event, question))) return write_failed();
    --left;
  }
  if (reader.damaged() != 0) {
    fmt::print(stderr,
               "warning: {} segments end in a damaged record; see `gatehouse journal verify`\n",
               reader.damaged());
  }
  return flush_out() ? static_cast<int>(kExitOk) : write_failed();
}

int print_journal_stat(const std::string& folder, bool as_json) {
  if (!is_there(folder)) return not_there(folder);
  const JournalFacts facts = facts_of(folder);
  const bool printed = print_out(as_json ? stat_json(facts) : stat_table(facts));
  return printed && flush_out() ? static_cast<int>(kExitOk) : write_failed();
}

int verify_journal(const std::string& folder) {
  if (!is_there(folder)) return not_there(folder);
  const JournalFacts facts = facts_of(folder);
  if (facts.damaged != 0 || facts.order_faults != 0) {
    return complain(kExitFailure,
                    fmt::format("{} segments end in a damaged record, {} records are out of order",
                                facts.damaged, facts.order_faults),
                    "records before and behind the damage are read; keep a copy of the folder");
  }
  print_out(fmt::format("{} records in {} segments are whole and in order", facts.records,
                        facts.segments));
  if (facts.lost != 0) print_out(fmt::format("; {} more were never written", facts.lost));
  print_out("\n");
  return flush_out() ? static_cast<int>(kExitOk) : write_failed();
}

}  // namespace gatehouse
