// gateway/policies/risk: acts on the verdicts that stand on who calls.
//
//   Place    behind `identify` on every route but those that say `risk: off`. The block of an
//            address is the exchange's shield, by the same rules, before any credential is read.
//   Reads    the worker's verdict table, for address, user, app and token. The gravest counts, an
//            operator's allow wins. While no verdict stands it costs one plain read.
//   Does     watch marks the request, slow delays it, challenge asks for a new sign-in, trap
//            answers with a decoy, block refuses. Where a level is only observed, the gravest
//            enforced one below it is done: a rung includes the care of those below.
//   Holds    how many requests are slowed and trapped on this worker, in its gauges.
//   Full     who should be slowed gets 429, who should be trapped 503: if they passed, a flood
//            would be the way around. Each is counted.
//   Fails    never. A delay ends with the client, and with the exchange's time.
#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "config/store_config.h"
#include "events/event.h"
#include "gateway/backend.h"
#include "gateway/policy.h"
#include "verdicts/verdict.h"

namespace gatehouse {

struct Identity;

// Of one route, as the snapshot holds them.
struct RiskRules {
  bool off = false;
  std::array<bool, kVerdictLevels> enforced{};  // by level
  std::chrono::milliseconds slow_time{0};
  std::shared_ptr<const Backend> decoy;  // most routes share one
};

// All but the decoy.
RiskRules risk_rules(const BehaviorConfig& general, const std::optional<RouteRiskConfig>& route);

struct RiskChoice {
  EventAct done = EventAct::none;
  EventAct would = EventAct::none;  // none where nothing else would have been done
};
RiskChoice choose(const RiskRules& rules, VerdictLevel level);

// Whether who calls has signed in since the verdict was set: by `auth_time`, or by a newer token
// whose `amr` names one of the methods.
bool passes_challenge(const Identity& identity, const Verdict& verdict,
                      const std::vector<std::string>& methods);

// What is to be done: the decision, or in `waits` the act that act_on_risk() then does.
struct RiskStep {
  Decision decision = Decision::pass();
  EventAct waits = EventAct::none;
};
// Looks the subjects up and notes in the exchange's facts what stands.
RiskStep look_at_risk(Exchange& exchange);
Task<Decision> act_on_risk(Exchange& exchange, EventAct act);

}  // namespace gatehouse
