// store/history_bench: how fast the event history takes records from the journal and answers.
//
//   history_bench [ROWS]      a million if nothing is said; `./dev bench history` asks for more
//
// Set-up   records of 5,000 clients, 400 paths and 12 APIs are written to a journal a part at a
//          time (not measured), then taken from it (measured) as the gate's store does it, on one
//          thread; then questions are asked of all the rows.
#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "store/feeder.h"
#include "store/query_run.h"
#include "store/store_testing.h"

namespace gatehouse {
namespace {

using testing::Folder;
using testing::JournalWriter;

constexpr std::uint64_t kPart = 250'000;

double seconds_since(Monotonic start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

// A fixed sequence that looks like traffic: a few clients and paths are most of it.
class Traffic {
 public:
  void write(JournalWriter& journal) {
    const std::uint64_t client = skewed(5000), path = skewed(400);
    const std::string ip = fmt::format("10.{}.{}.{}", client % 7, client / 256, client % 256);
    const std::string url = fmt::format("/v1/things/{}/parts", path);
    const std::string api = fmt::format("api-{}", path % 12);
    RequestEvent event;
    event.outcome = EventOutcome::served;
    event.id = {.low = next(), .high = next()};
    event.start_us = at_us_ - 900;
    event.duration_us = 300 + next() % 5000;
    event.upstream_us = event.duration_us - 100;
    event.response_bytes = next() % 20'000;
    event.status = path % 37 == 0 ? 503 : client % 50 == 0 ? 401 : 200;
    event.port = 8443;
    event.attempts = 1;
    event.client = ip;
    event.method = path % 5 == 0 ? "POST" : "GET";
    event.scheme = "https";
    event.host = "shop.example";
    event.route_pattern = "/v1/things/{id}/parts";
    event.path = url;
    event.api = api;
    event.route = "GET /v1/things/{id}/parts";
    event.upstream = "things";
    event.target = "127.0.0.1:9001";
    event.http_version = "1.1";
    event.tls_version = "1.3";
    event.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    const Subject subject{SubjectKind::address, {client, ~client}};
    event.subjects = {&subject, 1};
    at_us_ += 20;
    journal.write(event, at_us_);
  }

 private:
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 20;
  }
  std::uint64_t skewed(std::uint64_t count) { return next() % (1 + next() % count); }

  std::uint64_t state_ = 1;
  std::int64_t at_us_ = testing::kFirstDayUs;
};

void ask(HistoryFile& file, std::string_view what, const HistoryQuery& query) {
  const Monotonic start = std::chrono::steady_clock::now();
  const auto rows = run_query(query, file, {});
  fmt::print("{:<52} {:>8.3f} s  {}\n", what, seconds_since(start),
             rows ? fmt::format("{} lines", rows->count) : rows.error().what);
}

void ask_all(HistoryFile& file) {
  ask(file, "group by client.ip", {.group_by = {"client.ip"}, .limit = 20});
  ask(file, "group by client.ip, http.response.status_code",
      {.group_by = {"client.ip", "http.response.status_code"}, .limit = 20});
  ask(file, "group by url.path where status >= 500",
      {.filter = "http.response.status_code >= 500", .group_by = {"url.path"}, .limit = 20});
  ask(file, "the last 100", {.last = 100, .limit = 100});
  ask(file, "the last 100 of one client",
      {.filter = "client.ip == '10.1.0.1'", .last = 100, .limit = 100});
  ask(file, "a page of 5000 from the first on", {.limit = 5000, .after = HistoryCursor{0, 0}});
}

int run(std::uint64_t wanted) {
  const Folder folder;
  const SystemClock clock;
  JournalWriter journal(folder.journal(), 64 << 20);
  testing::OpenHistory history(folder, clock);
  Traffic traffic;
  double taking = 0, cpu = 0;
  for (std::uint64_t done = 0; done < wanted; done += kPart) {
    for (std::uint64_t i = 0; i < kPart; ++i) traffic.write(journal);
    const Monotonic start = std::chrono::steady_clock::now();
    const double before = cpu_seconds();
    history.take_all();
    taking += seconds_since(start);
    cpu += cpu_seconds() - before;
    const auto segments = list_segments(folder.journal());
    for (std::size_t i = 0; i + 2 < segments.size(); ++i) {
      std::filesystem::remove(segment_path(folder.journal(), segments[i]));
    }
  }
  const auto rows = static_cast<double>(history.rows());
  fmt::print("{:<52} {:>8.0f} rows/s  {:.2f} us of processor time a row\n",
             fmt::format("taking {:.0f} rows from the journal", rows), rows / taking,
             cpu * 1e6 / rows);
  if (!history.file->duck().run("CHECKPOINT")) return 1;
  fmt::print("{:<52} {:>8.1f} bytes a row\n", "in the file",
             static_cast<double>(history.file->used_bytes().value_or(0)) / rows);
  ask_all(*history.file);
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) {
  std::uint64_t rows = 1'000'000;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), rows);
  return gatehouse::run(rows);
}
