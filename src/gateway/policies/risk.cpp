#include "gateway/policies/risk.h"

#include <algorithm>

#include "events/event_json.h"
#include "gateway/exchange.h"
#include "gateway/policy_wait.h"

namespace gatehouse {
namespace {

constexpr std::array<EventAct, kVerdictLevels> kActs = {EventAct::none, EventAct::mark,
                                                        EventAct::slow, EventAct::challenge,
                                                        EventAct::trap, EventAct::block};

std::size_t number(VerdictLevel level) { return static_cast<std::size_t>(level); }

// One request that is held by a verdict, while it lives.
class Held {
 public:
  explicit Held(Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
  ~Held() { gauge_.add(-1); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  Gauge& gauge_;
};

const Verdict* gravest(Exchange& exchange) {
  const WorkerParts& parts = exchange.parts();
  const WallTime now = parts.clock.wall();
  const Verdict* found = nullptr;
  const auto look = [&](SubjectKind kind, const StableHash& hash) {
    found = stricter(found, parts.verdicts.find({kind, hash}, now));
  };
  const auto look_up = [&](SubjectKind kind, std::string_view name) {
    if (!name.empty() && parts.verdicts.holds(kind)) look(kind, stable_hash(parts.key, kind, name));
  };
  look(SubjectKind::address, exchange.client_hash());
  const Identity& caller = exchange.identity();
  if (!caller.verified) return found;
  look_up(SubjectKind::user, caller.user);
  look_up(SubjectKind::app, caller.app);
  look(SubjectKind::token, caller.credential);
  return found;
}

// RFC 9470 has the words for it; the sentence is for those whose client doesn't know them.
Decision challenge(Exchange& exchange, const Verdict& verdict) {
  Arena& arena = exchange.arena();
  const auto age = exchange.parts().clock.wall() - verdict.since;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(age).count();
  exchange.add_to_refusal(
      "WWW-Authenticate",
      arena.copy("Bearer error=\"insufficient_user_authentication\", error_description=\"A new "
                 "sign-in is asked for\", max_age=" +
                 std::to_string(std::max<std::int64_t>(seconds, 0))));
  const std::string detail = "sign in again: what passes is a token with an auth_time after " +
                             time_text(verdict.since.time_since_epoch().count());
  return Decision::refuse(GateError::challenged_by_verdict, arena.copy(detail));
}

void mark(Exchange& exchange, std::string_view level) {
  const std::string& field = exchange.snapshot().snapshot->config().behavior.risk.mark;
  if (field.empty()) return;
  (void)exchange.request().fields.add(FieldId::other, field, level);
}

Task<Decision> slow(Exchange& exchange) {
  WorkerParts& parts = exchange.parts();
  const RiskConfig& config = exchange.snapshot().snapshot->config().behavior.risk;
  const std::chrono::milliseconds time = exchange.route().risk.slow_time;
  if (parts.metrics.slowed.value() >= std::int64_t{config.slowed_max}) {
    exchange.facts().by_verdict = true;
    exchange.retry_after(std::chrono::ceil<std::chrono::seconds>(time));
    co_return Decision::refuse(GateError::slowed_by_verdict);
  }
  const Held held(parts.metrics.slowed);
  PolicyWait wait(exchange);
  Task<bool> pausing = wait.pause(time);
  // False: nobody waits for the answer any more, and the exchange sees to that itself.
  (void)co_await pausing;
  co_return Decision::pass();
}

Task<Decision> trap(Exchange& exchange) {
  WorkerParts& parts = exchange.parts();
  const RiskConfig& config = exchange.snapshot().snapshot->config().behavior.risk;
  exchange.facts().by_verdict = true;
  if (parts.metrics.trapped.value() >= std::int64_t{config.trapped_max}) {
    parts.metrics.limits.reached(Limit::trapped);
    co_return Decision::refuse(GateError::overloaded);
  }
  const Held held(parts.metrics.trapped);
  Task<void> answering = exchange.route().risk.decoy->serve(exchange);
  co_await answering;
  co_return Decision::answered();
}

// The nearer word counts.
bool is_enforced(const std::optional<BehaviorMode>& of_route, std::optional<RouteRiskMode> route,
                 const std::optional<BehaviorMode>& of_level, BehaviorMode general) {
  if (of_route) return *of_route == BehaviorMode::enforce;
  if (route) return *route == RouteRiskMode::enforce;
  return of_level.value_or(general) == BehaviorMode::enforce;
}

}  // namespace

RiskRules risk_rules(const BehaviorConfig& general, const std::optional<RouteRiskConfig>& route) {
  const RouteRiskConfig own = route.value_or(RouteRiskConfig{});
  const RiskConfig& all = general.risk;
  RiskRules rules;
  rules.off = own.mode == RouteRiskMode::off;
  rules.slow_time = own.slow_time.value_or(all.slow_time);
  const auto set = [&](VerdictLevel level, const auto& of_route, const auto& of_level) {
    rules.enforced[number(level)] = is_enforced(of_route, own.mode, of_level, general.mode);
  };
  set(VerdictLevel::watch, own.watch, all.watch);
  set(VerdictLevel::slow, own.slow, all.slow);
  set(VerdictLevel::challenge, own.challenge, all.challenge);
  set(VerdictLevel::trap, own.trap, all.trap);
  set(VerdictLevel::block, own.block, all.block);
  return rules;
}

RiskChoice choose(const RiskRules& rules, VerdictLevel level) {
  std::size_t rung = number(level);
  while (rung != 0 && !rules.enforced[rung]) --rung;
  const EventAct wanted = kActs[number(level)];
  return {kActs[rung], kActs[rung] == wanted ? EventAct::none : wanted};
}

bool passes_challenge(const Identity& identity, const Verdict& verdict,
                      const std::vector<std::string>& methods) {
  if (!identity.verified || identity.claims == nullptr || verdict.since == WallTime{}) return false;
  const JsonView claims = identity.claims->root();
  const double since = static_cast<double>(verdict.since.time_since_epoch().count()) / 1e6;
  const auto is_newer = [&](std::string_view name) {
    const auto time = claims.find(name);
    return time && time->number() > since;
  };
  if (is_newer("auth_time")) return true;
  const auto amr = claims.find("amr");
  if (!amr || !amr->is(JsonKind::list) || amr->size() == 0 || !is_newer("iat")) return false;
  for (std::optional<JsonView> one = amr->at(0); one; one = one->next()) {
    if (std::find(methods.begin(), methods.end(), one->text()) != methods.end()) return true;
  }
  return false;
}

RiskStep look_at_risk(Exchange& exchange) {
  const RiskRules& rules = exchange.route().risk;
  if (rules.off || exchange.parts().verdicts.empty()) return {};
  const Verdict* const verdict = gravest(exchange);
  if (verdict == nullptr) return {};
  Exchange::Facts& facts = exchange.facts();
  facts.note(*verdict, exchange.arena());
  if (verdict->level == VerdictLevel::allow) return {};
  const RiskChoice choice = choose(rules, verdict->level);
  facts.done = choice.done;
  facts.would = choice.would;
  switch (choice.done) {
    case EventAct::block:
      facts.by_verdict = true;
      return {Decision::refuse(GateError::blocked_by_verdict, facts.verdict_reason)};
    case EventAct::challenge: {
      const RiskConfig& config = exchange.snapshot().snapshot->config().behavior.risk;
      if (passes_challenge(exchange.identity(), *verdict, config.challenge_amr)) {
        facts.done = EventAct::challenge_passed;
        mark(exchange, facts.verdict_level);
        return {};
      }
      facts.by_verdict = true;
      return {challenge(exchange, *verdict)};
    }
    case EventAct::slow:
      mark(exchange, facts.verdict_level);
      return {Decision::pass(), EventAct::slow};
    case EventAct::trap:
      return {Decision::pass(), EventAct::trap};
    case EventAct::mark:
      mark(exchange, facts.verdict_level);
      return {};
    case EventAct::none:
    case EventAct::challenge_passed:
      return {};
  }
  return {};
}

Task<Decision> act_on_risk(Exchange& exchange, EventAct act) {
  Task<Decision> acting = act == EventAct::trap ? trap(exchange) : slow(exchange);
  const Decision decision = co_await acting;
  co_return decision;
}

}  // namespace gatehouse
