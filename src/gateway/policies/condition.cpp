#include "gateway/policies/condition.h"

#include "gateway/exchange.h"
#include "gateway/request_facts.h"

namespace gatehouse {

void ConditionPolicy::check(ConditionConfig& config, const std::string& where,
                            Diagnostics& diagnostics) {
  if (config.allow.text.empty() && config.deny.text.empty()) {
    diagnostics.error({"E0305", where + " has neither `allow` nor `deny`",
                       "set one of them, or both", config.at.position()});
  }
  config.allows = compile_for_request(config.allow, Kind::boolean, where, diagnostics);
  config.denies = compile_for_request(config.deny, Kind::boolean, where, diagnostics);
}

Decision ConditionPolicy::on_request(Exchange& exchange) {
  RequestFacts facts(exchange);
  bool undecided = false;
  if (config_.denies) {
    const Value denied = facts.evaluate(*config_.denies);
    if (denied.is_true()) return refuse(GateError::condition_not_met);
    undecided = !denied.is_false();
  }
  if (config_.allows) {
    const Value allowed = facts.evaluate(*config_.allows);
    if (allowed.is_false()) return refuse(GateError::condition_not_met);
    undecided = undecided || !allowed.is_true();
  }
  if (!undecided) return Decision::pass();
  exchange.parts().metrics.undecided.add();
  if (config_.on_error == Undecided::allow) return Decision::pass();
  return refuse(GateError::condition_undecided);
}

}  // namespace gatehouse
