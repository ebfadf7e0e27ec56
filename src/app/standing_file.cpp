#include "app/standing_file.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "behavior/detectors/facts.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kShare = 20;  // of the time, one for writing

std::string row_of(const Verdict& verdict) {
  Json json;
  json["kind"] = to_text(verdict.subject.kind);
  json["hash"] = hash_text(verdict.subject.hash);
  json["level"] = to_text(verdict.level);
  json["since_us"] = verdict.since.time_since_epoch().count();
  json["until_us"] = verdict.expires.time_since_epoch().count();
  json["reason"] = verdict.reason;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

WallTime time_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  const bool is_there = found != json.end() && found->is_number_integer();
  return WallTime{std::chrono::microseconds{is_there ? found->get<std::int64_t>() : 0}};
}

std::string text_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<Verdict> verdict_of(const std::string& row) {
  const Json json = Json::parse(row, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto kind = fact_kind(text_in(json, "kind"));
  const auto level = verdict_level(text_in(json, "level"));
  const auto hash = parse_hash(text_in(json, "hash"));
  if (!kind || !level || !hash) return std::nullopt;
  Verdict verdict;
  verdict.subject = {*kind, *hash};
  verdict.level = *level;
  verdict.since = time_in(json, "since_us");
  verdict.expires = time_in(json, "until_us");
  verdict.reason = text_in(json, "reason").substr(0, kVerdictReasonBytesMax);
  return verdict;
}

}  // namespace

std::vector<Verdict> StandingFile::read() const {
  std::vector<Verdict> standing;
  std::ifstream file(path_);
  for (std::string row; std::getline(file, row);) {
    if (auto verdict = verdict_of(row)) standing.push_back(*std::move(verdict));
  }
  return standing;
}

void StandingFile::keep(const VerdictFeed& verdicts, const Clock& clock) {
  const Monotonic begin = clock.monotonic();
  if (begin < next_ || verdicts.number() == number_) return;
  write(verdicts);
  const Monotonic end = clock.monotonic();
  next_ = end + kShare * (end - begin);
}

void StandingFile::write(const VerdictFeed& verdicts) {
  const std::uint64_t number = verdicts.number();
  const std::string fresh = path_ + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    for (const Verdict& one : verdicts.rows()) {
      if (!one.by_operator) file << row_of(one);
    }
    file.close();
    if (!file) return;
  }
  std::error_code error;
  std::filesystem::rename(fresh, path_, error);
  if (!error) number_ = number;
}

}  // namespace gatehouse
