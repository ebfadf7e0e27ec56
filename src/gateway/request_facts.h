// gateway/request_facts: what an expression may ask of a request, and the answers.
//
// Place    policies compile their expressions with compile_for_request() while they are checked;
//          for each request they make a RequestFacts and evaluate. docs/policies/condition.md
//          lists the names.
// Reads    the exchange, when asked and no sooner: nothing is looked up that isn't named. What it
//          gives lives as long as the exchange's arena and these facts.
// Holds    an address and four pointers; lists and maps it makes in the exchange's arena, once.
// Full     when the arena is, the value is an error.
// Missing  who nobody proved to be, claims that weren't shown, a size that wasn't told: absent. A
//          name never stands for a value that the caller made up (identity.h).
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "config/scalar.h"
#include "expr/program.h"

namespace gatehouse {

class Exchange;

enum class RequestFact : Slot {
  method,
  path,
  host,
  scheme,
  version,
  query_names,
  headers,
  size,
  time,
  client_address,
  route_name,
  route_api,
  params,
  user,
  app,
  proof,
  verified,
  claims,
  verdict_level,
};

Schema request_schema();

// Nothing for an empty text, and where a fault was found and told; `where` is "policy `x`".
std::optional<Program> compile_for_request(const ExpressionText& text, Kind expected,
                                           const std::string& where, Diagnostics& out);
// The same for who knows more names than those of a request.
std::optional<Program> compile_text(const ExpressionText& text, const Schema& schema, Kind expected,
                                    const std::string& where, Diagnostics& out);

class RequestFacts final : public Environment {
 public:
  explicit RequestFacts(Exchange& exchange) : exchange_(exchange) {}
  RequestFacts(const RequestFacts&) = delete;
  RequestFacts& operator=(const RequestFacts&) = delete;

  Value get(Slot slot) override;
  // With the steps and the memory that a request may spend on one expression.
  Value evaluate(const Program& program);

 private:
  Value of_request(RequestFact fact);
  Value of_caller(RequestFact fact);
  Value client();
  Value query_names();

  Exchange& exchange_;
  IpAddress address_;
  bool has_address_ = false;
  const ListView* query_names_ = nullptr;
  const MapView* headers_ = nullptr;
  const MapView* params_ = nullptr;
  const MapView* claims_ = nullptr;
};

}  // namespace gatehouse
