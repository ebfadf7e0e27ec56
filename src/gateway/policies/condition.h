// gateway/policies/condition: lets a request pass, or not, by what an expression says of it.
//
//   Place    guard: who calls is known by then.
//   Reads    what request_facts can tell of the request.
//   Refuses  condition-not-met; where the expression came to no answer, condition-undecided. Both
//            with 403, or the status that the policy sets.
//   Holds    the compiled expressions, once for all workers.     Buffers  nothing.
//   Full     an evaluation that takes too many steps or too much memory has come to no answer.
//   Fails    shut, unless `on_error: allow`; each time is counted in gatehouse_undecided_total.
#pragma once

#include <optional>
#include <string>

#include "config/option.h"
#include "config/scalar.h"
#include "expr/program.h"
#include "gateway/policies.h"

namespace gatehouse {

enum class Undecided : std::uint8_t { deny, allow };

template <>
struct Words<Undecided> {
  static constexpr std::array list{Word{"deny", Undecided::deny}, Word{"allow", Undecided::allow}};
};

struct ConditionConfig {
  static constexpr std::string_view kNoun = "policy";
  ExpressionText allow;
  ExpressionText deny;
  Undecided on_error = Undecided::deny;
  std::uint16_t status = 403;
  std::string detail;
  Origin at;

  // Filled by ConditionPolicy::check.
  std::optional<Program> allows{};
  std::optional<Program> denies{};

  static constexpr auto options() {
    using C = ConditionConfig;
    return std::tuple{
        option("allow", &C::allow, "Only requests of which this is true pass."),
        option("deny", &C::deny, "Requests of which this is true are refused, even if allowed."),
        option("on_error", &C::on_error, "What becomes of a request that can't be decided."),
        option("status", &C::status, "Status of the refusal; 404 hides that there is something.")
            .between(std::uint16_t{400}, std::uint16_t{499}),
        option("detail", &C::detail, "A sentence for the caller; it stands in the answer."),
    };
  }
};

class ConditionPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "condition";
  static constexpr Phase kPhase = Phase::guard;
  using Config = ConditionConfig;

  explicit ConditionPolicy(ConditionConfig config) : config_(std::move(config)) {}

  // Compiles the expressions.
  static void check(ConditionConfig& config, const std::string& where, Diagnostics& diagnostics);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;

 private:
  Decision refuse(GateError error) const {
    return Decision::refuse(error, config_.detail, config_.status);
  }

  const ConditionConfig config_;
};

}  // namespace gatehouse
