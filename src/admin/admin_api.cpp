#include "admin/admin_api.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "admin/api_document.h"
#include "admin/api_handlers.h"
#include "admin/api_token.h"
#include "admin/risk_pages.h"

namespace gatehouse {
namespace {

using nlohmann::json;

constexpr std::string_view kDocument = "/v1/openapi.json";

std::int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

AdminAnswer not_understood(std::string what, std::string help) {
  return api_problem({"E0904", std::move(what), std::move(help)});
}

AdminAnswer no_such_path(const ApiMatch& match) {
  if (match.allow.empty()) {
    return api_problem({"E0905", "the admin API has no such path", "see /v1/openapi.json"});
  }
  AdminAnswer answer = admin_problem(405, "method not allowed", "this path takes other methods");
  answer.allow = match.allow;
  return answer;
}

// The content, at most kBodyBytesMax; nothing when there is more, or it broke off.
Task<std::optional<std::string>> read_body(ServerStream& stream) {
  std::string text;
  Body& body = stream.body();
  if (stream.request().expect_continue) {
    ResponseHead invitation(stream.arena());
    invitation.status = 100;
    stream.send_informational(invitation);
  }
  while (!body.ended()) {
    const std::string_view piece = body.peek();
    if (text.size() + piece.size() > AdminApi::kBodyBytesMax) co_return std::nullopt;
    text.append(piece);
    body.consume(piece.size());
    if (!piece.empty()) continue;
    Task<bool> coming = body.more();
    const bool has_more = co_await coming;
    if (!has_more) co_return std::nullopt;
  }
  co_return text;
}

// So that a web page's form can't be taken for a call.
bool says_json(const FieldList& fields) {
  const std::string_view type = fields.value(FieldId::content_type);
  return equals_ignoring_case(type.substr(0, type.find(';')), "application/json");
}

}  // namespace

Task<AdminAnswer> AdminApi::answer(ServerStream& stream, bool is_local) {
  Task<AdminAnswer> serving = serve(stream, is_local);
  AdminAnswer answer = co_await serving;
  AdminApiCounts& counts = view_.api_counts();
  auto& count = answer.status < 400   ? counts.answered
                : answer.status < 500 ? counts.refused
                                      : counts.failed;
  count.fetch_add(1, std::memory_order_relaxed);
  co_return answer;
}

Task<AdminAnswer> AdminApi::serve(ServerStream& stream, bool is_local) {
  const RequestHead& head = stream.request();
  const bool reads = head.method == Method::get || head.method == Method::head;
  if (head.raw_path == kDocument && reads) {
    co_return AdminAnswer{200, "application/json", api_document()};
  }
  ApiMatch match = find_operation(head.method, head.raw_path);
  if (match.operation == nullptr) co_return no_such_path(match);
  ApiRequest request;
  request.target = std::string(head.raw_path);
  request.query = head.query;
  request.now_us = now_us();
  auto captured = percent_decoded(match.captured);
  if (!captured) co_return not_understood("the path can't be decoded", "write %XX for a byte");
  request.captured = *std::move(captured);
  auto parameters = read_parameters(head.query, match.operation->parameters);
  if (!parameters) co_return api_problem(parameters.error());
  request.parameters = *std::move(parameters);
  json body;
  if (!match.operation->body.empty()) {
    if (!says_json(head.fields)) {
      co_return admin_problem(415, "not JSON", "send `Content-Type: application/json`");
    }
    Task<std::optional<std::string>> reading = read_body(stream);
    const std::optional<std::string> text = co_await reading;
    if (!text) co_return admin_problem(413, "too large", "a call has at most 64 KiB of content");
    body = json::parse(*text, nullptr, false);
    if (!body.is_object()) co_return not_understood("the content is no JSON object", "send one");
    request.body = &body;
  }
  Task<AdminAnswer> calling = call(*match.operation, request, stream, is_local);
  AdminAnswer answer = co_await calling;
  co_return answer;
}

// What the records' thread reads is the job's own: nobody waits for it for ever.
Task<AdminAnswer> AdminApi::call(const ApiOperation& operation, const ApiRequest& request,
                                 ServerStream& stream, bool is_local) {
  struct Asked {
    ApiRequest request;
    std::string query;
    json body;
  };
  auto own = std::make_unique<Asked>(Asked{request, std::string(request.query),
                                           request.body == nullptr ? json() : json(*request.body)});
  own->request.query = own->query;
  own->request.body = request.body == nullptr ? nullptr : &own->body;
  ApiCaller caller;
  caller.is_local = is_local;
  caller.from = is_local ? "socket" : stream.peer().address;
  if (is_local) caller.who = stream.peer().address;
  const std::string from = caller.from;
  std::string secret(is_local
                         ? std::string_view()
                         : bearer_secret(stream.request().fields.value(FieldId::authorization)));
  auto start = [&](auto done) {
    return view_.ask_records([&view = view_, &operation, own = std::move(own),
                              caller = std::move(caller), secret = std::move(secret),
                              done = std::move(done)](RecordTables& tables) mutable {
      done(begin_call({operation, own->request, std::move(caller), std::move(secret)}, tables,
                      view));
    });
  };
  Task<std::optional<ApiBegun>> asking =
      waits_.answer<ApiBegun>(std::move(start), std::chrono::milliseconds{kRecordsMax});
  std::optional<ApiBegun> begun = co_await asking;
  if (!begun) {
    co_return api_problem({"E0906", "the records take no further call", "ask again later"});
  }
  if (begun->is_unknown) co_return refuse_token(std::move(begun->outcome.answer), from);
  if (!begun->outcome.waits()) co_return std::move(begun->outcome.answer);
  Task<AdminAnswer> finishing = finish(*std::move(begun));
  AdminAnswer answer = co_await finishing;
  co_return answer;
}

AdminAnswer AdminApi::refuse_token(AdminAnswer answer, const std::string& from) {
  view_.api_counts().tokens_refused.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t wait_s = tries_.add(from, waits_.now());
  if (wait_s == 0) return answer;
  answer = api_problem({"E0903", "too many wrong tokens came from this address",
                        fmt::format("wait {} seconds, and mend what sends them", wait_s)});
  answer.retry_s = wait_s;
  return answer;
}

Task<AdminAnswer> AdminApi::finish(ApiBegun begun) {
  AdminAnswer answer;
  if (begun.outcome.order) {
    Task<AdminAnswer> ordering = order(*std::move(begun.outcome.order));
    answer = co_await ordering;
  } else if (begun.outcome.history) {
    Task<HistoryAnswer> asking = history(*std::move(begun.outcome.history));
    HistoryAnswer found = co_await asking;
    answer = events_page(std::move(found));
  } else if (begun.outcome.risk) {
    Task<AdminAnswer> asking = risk(*std::move(begun.outcome.risk));
    answer = co_await asking;
  } else {
    Task<ReloadReport> reloading = reload();
    const ReloadReport report = co_await reloading;
    answer = reload_answer(report);
  }
  if (begun.audit != 0) {
    // What doesn't come to be noted keeps no status: then it is not known what was answered.
    (void)view_.ask_records([row = begun.audit, status = answer.status](RecordTables& tables) {
      (void)tables.finish_audit(row, status);
    });
  }
  co_return answer;
}

Task<AdminAnswer> AdminApi::order(HandOrder order) {
  struct Written {
    std::uint64_t sequence = 0;
    bool is_journaled = false;
  };
  auto start = [&](auto done) {
    return view_.order_verdict(
        order, [done = std::move(done)](std::uint64_t sequence, bool is_journaled) mutable {
          done(Written{sequence, is_journaled});
        });
  };
  const Monotonic deadline = waits_.now() + kInForceMax;
  Task<std::optional<Written>> writing = waits_.answer<Written>(std::move(start), kInForceMax);
  const std::optional<Written> written = co_await writing;
  if (!written) {
    co_return api_problem({"E0814", "the journal takes no record, so the verdict is not set",
                           "see the log; make room on the disk"});
  }
  if (!written->is_journaled) {
    co_return api_problem({"E0814",
                           "the journal could not be written: the verdict is in force "
                           "until the next start at most",
                           "make room on the disk, and set it again"});
  }
  std::optional<std::uint64_t> change;
  bool in_force = view_.in_force(written->sequence, change);
  while (!in_force && waits_.now() < deadline) {
    Task<void> pausing = waits_.pause(kLookAgain);
    co_await pausing;
    in_force = view_.in_force(written->sequence, change);
  }
  co_return order_answer(order, in_force, view_.status().enforces);
}

Task<AdminAnswer> AdminApi::risk(RiskQuestion question) {
  Task<AdminAnswer> asking = question.subject ? why_of(*std::move(question.subject))
                                              : notable(std::move(question.notable));
  AdminAnswer answer = co_await asking;
  co_return answer;
}

Task<AdminAnswer> AdminApi::why_of(NamedSubject subject) {
  const Subject of{subject.subject.kind, subject.subject.hash};
  auto start = [&](auto done) {
    return view_.ask_engine(
        [of, done = std::move(done)](const Judge& judge, std::int64_t at_us) mutable {
          done(WhyFound{.why = why(judge.scorer(), of, at_us),
                        .at_us = at_us,
                        .has_content = judge.scorer().content() != nullptr});
          return true;
        });
  };
  Task<std::optional<WhyFound>> asking = waits_.answer<WhyFound>(std::move(start), kEngineMax);
  const std::optional<WhyFound> found = co_await asking;
  if (!found) co_return engine_behind();
  co_return why_answer(*found, subject, view_.verdict(subject.subject), now_us());
}

Task<AdminAnswer> AdminApi::notable(NotableQuestion question) {
  auto start = [&](auto done) {
    return view_.ask_engine([search = NotableSearch(question), done = std::move(done)](
                                const Judge& judge, std::int64_t at_us) mutable {
      if (!search.step(judge.scorer(), at_us)) return false;
      done(search.page(judge.scorer()));
      return true;
    });
  };
  Task<std::optional<NotablePage>> asking =
      waits_.answer<NotablePage>(std::move(start), kEngineMax);
  const std::optional<NotablePage> page = co_await asking;
  if (!page) co_return engine_behind();
  co_return notable_answer(*page, now_us());
}

Task<ReloadReport> AdminApi::reload() {
  auto start = [this](auto done) {
    view_.reload(std::move(done));
    return true;
  };
  Task<std::optional<ReloadReport>> asking =
      waits_.answer<ReloadReport>(std::move(start), std::chrono::milliseconds{kReloadMax});
  std::optional<ReloadReport> report = co_await asking;
  if (report) co_return *std::move(report);
  co_return ReloadReport{false, "the reload takes longer than a minute; see the log"};
}

Task<HistoryAnswer> AdminApi::history(HistoryQuery query) {
  std::uint64_t id = 0;
  auto start = [&](auto done) {
    id = view_.ask_history(std::move(query), std::move(done));
    return true;
  };
  Task<std::optional<HistoryAnswer>> asking =
      waits_.answer<HistoryAnswer>(std::move(start), view_.history_time() + kHistoryGrace);
  std::optional<HistoryAnswer> answer = co_await asking;
  view_.cancel_history(id);  // of no consequence for one that was answered
  if (answer) co_return *std::move(answer);
  co_return HistoryAnswer{.error = Error{"E0805", "the event history does not answer",
                                         "see the log and /metrics for its state"},
                          .lines = {},
                          .next = {}};
}

}  // namespace gatehouse
