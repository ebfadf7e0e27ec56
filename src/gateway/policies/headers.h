// gateway/policies/headers: sets and removes fields of the request and of the answer.
//
//   Place    transform for the request; the answer's fields are changed on its way back.
//   Reads    nothing from outside.     Holds   nothing.     Buffers  nothing.
//   Full     when the exchange's arena is: a request is refused with head-too-large, an answer goes
//            out without the field.
//   Fails    shut: a field that could not be set on the way to the upstream might be one it trusts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/option.h"
#include "gateway/foresight.h"
#include "gateway/policy.h"

namespace gatehouse {

struct FieldChanges {
  static constexpr std::string_view kNoun = "changes";
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;

  static constexpr auto options() {
    using C = FieldChanges;
    return std::tuple{
        option("set", &C::set, "Fields to set; what came under that name is replaced."),
        option("remove", &C::remove, "Fields to remove."),
    };
  }
  bool operator==(const FieldChanges&) const = default;
};

struct HeadersConfig {
  static constexpr std::string_view kNoun = "policy";
  FieldChanges request;
  FieldChanges response;

  static constexpr auto options() {
    using C = HeadersConfig;
    return std::tuple{
        option("request", &C::request, "Changes on the way to the backend."),
        option("response", &C::response, "Changes on the way back to the caller."),
    };
  }
};

class HeadersPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "headers";
  static constexpr Phase kPhase = Phase::transform;
  using Config = HeadersConfig;

  explicit HeadersPolicy(HeadersConfig config) : config_(std::move(config)) {}

  static Foresight foresee(const HeadersConfig& config, const AskedRequest& asked);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;
  void on_response(Exchange& exchange, ResponseHead& head) override;

  // Applies the changes; false when the list can't take them all.
  static bool change(const FieldChanges& changes, FieldList& fields);

 private:
  const HeadersConfig config_;
};

}  // namespace gatehouse
