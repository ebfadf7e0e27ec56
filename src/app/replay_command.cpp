#include "app/replay_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/exit_code.h"
#include "app/terminal.h"
#include "base/installation_key.h"
#include "behavior/replay.h"
#include "events/event_json.h"

namespace gatehouse {
namespace {

std::string facts_json(const ReplayFacts& facts) {
  const ScorerCounts& scorer = facts.counts.scorer;
  nlohmann::ordered_json json;
  json["records"] = facts.records;
  json["first"] = time_text(facts.first_us);
  json["last"] = time_text(facts.last_us);
  json["scored"] = scorer.events;
  json["findings"] = scorer.findings;
  json["contributions"] = scorer.paid;
  json["verdict_changes"] = facts.changes;
  json["content_unread"] = scorer.content_unread;
  json["digests"] = {{"scores", hash_text(facts.digests.scores)},
                     {"ledgers", hash_text(facts.digests.ledgers)},
                     {"levels", hash_text(facts.digests.levels)},
                     {"verdicts", hash_text(facts.verdicts)}};
  return json.dump(2) + '\n';
}

std::string facts_table(const ReplayFacts& facts) {
  const ScorerCounts& scorer = facts.counts.scorer;
  std::string out = fmt::format("records        {}\n", facts.records);
  if (facts.records != 0) {
    out += fmt::format("first          {}\nlast           {}\n", time_text(facts.first_us),
                       time_text(facts.last_us));
  }
  out += fmt::format("scored         {}\nfindings       {}\ncontributions  {}\nverdicts       {}\n",
                     scorer.events, scorer.findings, scorer.paid, facts.changes);
  if (scorer.content_unread != 0) {
    out += fmt::format("content that could not be read  {}\n", scorer.content_unread);
  }
  return out + fmt::format(
                   "digests\n  scores       {}\n  ledgers      {}\n  levels       {}\n"
                   "  verdicts     {}\n",
                   hash_text(facts.digests.scores), hash_text(facts.digests.ledgers),
                   hash_text(facts.digests.levels), hash_text(facts.verdicts));
}

std::string change_row(const VerdictChange& change) {
  const std::string_view kind = to_text(change.subject.kind);
  if (!change.verdict) {
    return fmt::format("{}  {:<9}  {} {}\n", time_text(change.at_us), "ended", kind,
                       hash_text(change.subject.hash));
  }
  return fmt::format("{}  {:<9}  {} {}: {}\n", time_text(change.at_us),
                     to_text(change.verdict->level), kind, printable(change.who),
                     printable(change.verdict->reason));
}

}  // namespace

int print_replay(const ReplayWords& words, const GatePlace& place, bool as_json) {
  const auto key =
      load_hash_key(words.key_file.empty() ? place.data + "/hash.key" : words.key_file);
  if (!key) return complain(kExitNotFound, key.error().what, key.error().help);
  std::vector<std::string> paths = words.paths;
  if (paths.empty()) paths.push_back(place.journal());
  std::vector<RecordSource> sources;
  for (const std::string& path : paths) {
    auto source = record_source(path);
    if (!source) return complain(kExitNotFound, source.error().what, source.error().help);
    sources.push_back(*std::move(source));
  }
  Judge judge({}, *key);
  const bool lists = words.lists_changes && !as_json;
  const ReplayFacts facts = replay(std::move(sources), judge, [lists](const VerdictChange& change) {
    if (lists) print_out(change_row(change));
  });
  if (facts.counts.scorer.content_unread != 0) {
    fmt::print(stderr, "warning: {}\n", judge.scorer().content_fault());
  }
  const bool printed = print_out(as_json ? facts_json(facts) : facts_table(facts));
  return printed && flush_out() ? kExitOk : kExitFailure;
}

}  // namespace gatehouse
