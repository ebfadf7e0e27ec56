// admin/api_operations: the table of what the admin API can do. Routing, the check of scopes, the
// audit and the OpenAPI document are all made from it.
//
// Place    admin_api looks an operation up and runs its handler on the records' thread, where a
//          token, what is asked and the audit are one transaction.
// A change is audited whether or not it was allowed; what only reads is not.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "admin/admin_pages.h"
#include "behavior/notable.h"
#include "store/record_tables.h"
#include "verdicts/subject_name.h"

namespace gatehouse {

// Who asks. Over the socket there is no token: who may open it may do everything.
struct ApiCaller {
  bool is_local = false;
  std::string who;     // "token 3 (deploy)", "uid 1000"
  std::string scopes;  // with spaces between
  std::string from;    // the peer's address, or "socket"

  bool may(std::string_view scope) const;
};

struct ApiRequest {
  std::string target;    // the path, for the audit
  std::string captured;  // what stands for `{…}` in the operation's path
  std::string_view query;
  std::map<std::string, std::string> parameters;  // of the query
  const nlohmann::json* body = nullptr;           // an object, if the operation takes one
  std::int64_t now_us = 0;
};

struct ApiCall {
  const ApiRequest& request;
  const ApiCaller& caller;
  RecordTables& tables;
  AdminView& view;
};

// What the engine is asked: why one subject is where it is, or who has most points.
struct RiskQuestion {
  std::optional<NamedSubject> subject = {};
  NotableQuestion notable = {};
};

// What a handler says: an answer, or what has to be waited for elsewhere before there is one.
struct ApiOutcome {
  AdminAnswer answer = {};
  std::optional<HandOrder> order = {};
  std::optional<HistoryQuery> history = {};
  std::optional<RiskQuestion> risk = {};
  bool reload = false;

  bool waits() const { return order || history || risk || reload; }
};

struct ApiParameter {
  std::string_view name;
  std::string_view help;
  bool is_number = false;
};

struct ApiOperation {
  std::string_view id;
  Method method = Method::get;
  std::string_view path;   // with at most one `{…}`, a whole segment
  std::string_view scope;  // empty: for everybody
  std::string_view summary;
  ApiOutcome (*handler)(const ApiCall&) = nullptr;
  std::string_view body = {};    // schema of the request, by its name in the document
  std::string_view answer = {};  // schema of the answer
  std::uint16_t status = 200;
  bool changes = false;  // and is audited
  std::span<const ApiParameter> parameters = {};
};

std::span<const ApiOperation> api_operations();

struct ApiMatch {
  const ApiOperation* operation = nullptr;  // null: `allow` says what else the path takes
  std::string captured = {};
  std::string allow = {};  // empty: there is no such path
};
ApiMatch find_operation(Method method, std::string_view path);

// All scopes, in order.
std::span<const std::string_view> api_scopes();

std::string_view to_text(Method method);  // "GET"

}  // namespace gatehouse
