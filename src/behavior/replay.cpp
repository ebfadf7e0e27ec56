#include "behavior/replay.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "events/journal.h"
#include "events/journal_reader.h"

namespace gatehouse {
namespace {

struct Head {
  std::int64_t at_us = 0;
  std::uint64_t sequence = 0;
  std::size_t source = 0;
  auto operator<=>(const Head&) const = default;
};

Error missing(const std::string& path) {
  return {"E0701", fmt::format("`{}` holds no journal", path),
          "name a journal's folder, or one of its files"};
}

}  // namespace

Result<RecordSource> record_source(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    if (list_segments(path).empty()) return fail(missing(path));
    return [reader = std::make_unique<JournalReader>(path, 0)] { return reader->next(); };
  }
  auto reader = std::make_unique<SegmentReader>();
  if (!reader->open(path)) return fail(missing(path));
  return [reader = std::move(reader)] { return reader->next(); };
}

ReplayFacts replay(std::vector<RecordSource> sources, Judge& judge,
                   const std::function<void(const VerdictChange&)>& on_change) {
  ReplayFacts facts;
  std::vector<std::optional<EventView>> next(sources.size());
  std::vector<Head> heap;
  const auto pull = [&](std::size_t source) {
    next[source] = sources[source]();
    if (!next[source]) return;
    heap.push_back({next[source]->at_us(), next[source]->sequence(), source});
    std::ranges::push_heap(heap, std::greater<>());
  };
  for (std::size_t source = 0; source < sources.size(); ++source) pull(source);
  std::vector<VerdictChange> changes;
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, std::greater<>());
    const Head head = heap.back();
    heap.pop_back();
    changes.clear();
    judge.on_record(*next[head.source], changes);
    facts.changes += changes.size();
    if (on_change) {
      for (const VerdictChange& change : changes) on_change(change);
    }
    if (facts.records++ == 0) facts.first_us = head.at_us;
    facts.last_us = head.at_us;
    pull(head.source);
  }
  facts.verdicts = judge.digest();
  facts.digests = judge.scorer().digests();
  facts.counts = judge.counts();
  return facts;
}

}  // namespace gatehouse
