#include "app/history_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/admin_client.h"
#include "app/log.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "base/diagnostics.h"
#include "events/journal_reader.h"
#include "store/store.h"

namespace gatehouse {
namespace {

struct Page {
  std::string lines;
  std::string next;
};
struct Failure {
  ExitCode exit_code = kExitFailure;
  std::string what;
  std::string help;
  std::string marked = {};  // the filter, with carets below what is meant
};

int complain(const Failure& failure) {
  if (failure.marked.empty()) return complain(failure.exit_code, failure.what, failure.help);
  complain(failure.exit_code, failure.what);
  fmt::print(stderr, "{}", failure.marked);
  if (!failure.help.empty()) fmt::print(stderr, "  = help: {}\n", printable(failure.help));
  return failure.exit_code;
}

// Who gives the pages: the running gate, or this process.
class History {
 public:
  virtual ~History() = default;
  virtual std::expected<Page, Failure> page(const HistoryQuestion& question) = 0;
};

ExitCode exit_code_of(std::string_view code) { return code == "E0807" ? kExitUsage : kExitFailure; }

Failure failure_of(const Error& error, std::string_view filter) {
  Failure failure{exit_code_of(error.code), error.what, error.help};
  if (error.at.line == 1 && filter.find('\n') == filter.npos) {
    failure.marked =
        fmt::format("  {}\n  {}{}\n", printable(std::string(filter)),
                    std::string(std::min<std::size_t>(error.at.column - 1, 8192), ' '),
                    std::string(std::clamp<std::size_t>(error.at.length, 1, 8192), '^'));
  }
  return failure;
}

class RunningGate final : public History {
 public:
  explicit RunningGate(std::string socket) : socket_(std::move(socket)) {}

  std::expected<Page, Failure> page(const HistoryQuestion& question) override {
    auto reply = ask_admin(socket_, "GET", "/events?" + to_target_query(question));
    if (!reply) {
      const AskFailure& failure = reply.error();
      return std::unexpected(Failure{failure.exit_code, failure.what, failure.help});
    }
    if (reply->status == 200) return Page{std::move(reply->body), std::move(reply->next)};
    const auto json = nlohmann::json::parse(reply->body, nullptr, false);
    if (!json.is_object()) {
      return std::unexpected(
          Failure{kExitFailure, fmt::format("the gate answered {}", reply->status), {}});
    }
    Error error;
    error.code = json.value("code", "");
    error.what = json.value("detail", "the gate did not answer");
    error.help = json.value("help", "");
    if (const auto at = json.find("at"); at != json.end() && at->is_object()) {
      error.at.line = at->value("line", 0U);
      error.at.column = std::max(at->value("column", 1U), 1U);
      error.at.length = at->value("length", 1U);
    }
    return std::unexpected(failure_of(error, question.filter));
  }

 private:
  const std::string socket_;
};

// No gate runs, so the file is this process's to open. What the journal has more is taken first.
class OwnFile final : public History {
 public:
  explicit OwnFile(const std::string& folder)
      : last_(last_record(folder + "/journal")),
        store_(history_options(StoreConfig{}, folder), clock_) {}

  std::expected<Page, Failure> page(const HistoryQuestion& question) override {
    auto query = read_question(question, clock_.wall().time_since_epoch().count());
    if (!query) return std::unexpected(failure_of(query.error(), question.filter));
    query->seen = last_;
    query->time_ms = kTimeMs;
    std::promise<HistoryAnswer> promise;
    auto answered = promise.get_future();
    store_.ask(*query, [&](HistoryAnswer answer) { promise.set_value(std::move(answer)); });
    HistoryAnswer answer = answered.get();
    if (answer.error) return std::unexpected(failure_of(*answer.error, question.filter));
    return Page{std::move(answer.lines), std::move(answer.next)};
  }

 private:
  static constexpr std::uint32_t kTimeMs = 600'000;

  static std::uint64_t last_record(const std::string& journal) {
    std::uint64_t last = sequence_before(journal, INT64_MAX);
    JournalReader reader(journal, last);
    while (const auto record = reader.next()) last = record->sequence();
    return last;
  }

  const SystemClock clock_;
  const std::uint64_t last_;
  Store store_;
};

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

int print_pages(History& history, const EventsRequest& request) {
  HistoryQuestion question = request.question;
  if (Status good = check_query({.filter = question.filter}); !good) {
    return complain(failure_of(good.error(), {}));  // too long to be sent
  }
  std::vector<std::string> groups;
  const bool is_grouped = !question.group_by.empty();
  for (std::string_view rest = question.group_by; !rest.empty();) {
    groups.emplace_back(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.size(), groups.back().size() + 1));
  }
  const bool from_number =
      !question.since.empty() && std::all_of(question.since.begin(), question.since.end(),
                                             [](char c) { return c >= '0' && c <= '9'; });
  const bool is_last = request.limit != 0 && !from_number && !is_grouped;
  const std::uint64_t most = is_grouped ? HistoryQuery::kGroupsMax : HistoryQuery::kRowsMax;
  std::uint64_t left = request.limit == 0 ? UINT64_MAX : request.limit;
  if (is_last) question.last = std::to_string(request.limit);
  if (!is_last && question.since.empty()) question.after = "0:0";
  EventPrinter printer(request.output, std::move(groups));
  while (left != 0) {
    const std::uint64_t limit = std::min(left, most);
    question.limit = std::to_string(limit);
    auto page = history.page(question);
    if (!page) return complain(page.error());
    if (!printer.print(page->lines)) break;
    const auto count = std::count(page->lines.begin(), page->lines.end(), '\n');
    left -= std::min(left, static_cast<std::uint64_t>(count));
    if (page->next.empty()) break;
    question.after = std::move(page->next);
  }
  if (!printer.finish()) return complain(kExitFailure, "the output could not be written");
  return kExitOk;
}

}  // namespace

StoreOptions history_options(const StoreConfig& config, const std::string& folder) {
  StoreOptions options;
  options.database.path = folder + "/history.duckdb";
  options.database.memory_bytes = config.memory.count;
  options.journal = folder + "/journal";
  options.keep.keep_us = std::chrono::microseconds{config.keep_time}.count();
  options.keep.keep_bytes = config.keep_bytes.count;
  options.log = [](std::string_view text) { log_line(text); };
  return options;
}

int complain_of_filter(const Error& error, std::string_view filter) {
  return complain(failure_of(error, filter));
}

int print_history(const GatePlace& place, const EventsRequest& request) {
  RunningGate gate(place.socket_path());
  const auto reply = ask_admin(place.socket_path(), "GET", "/healthz");
  if (reply || reply.error().exit_code != kExitUnreachable) return print_pages(gate, request);
  if (!is_there(place.journal())) {
    return complain(kExitNotFound, fmt::format("there is no journal in `{}`", place.journal()),
                    "name the gate's data folder with `--data`");
  }
  OwnFile file(place.data);
  return print_pages(file, request);
}

}  // namespace gatehouse
