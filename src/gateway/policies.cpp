#include "gateway/policies.h"

#include <concepts>
#include <vector>

#include "base/nearest.h"
#include "config/reader.h"
#include "gateway/policies/api_key.h"
#include "gateway/policies/basic.h"
#include "gateway/policies/condition.h"
#include "gateway/policies/headers.h"
#include "gateway/policies/ip_list.h"
#include "gateway/policies/jwt.h"
#include "gateway/policies/rate_limit.h"

namespace gatehouse {
namespace {

// Any policy class with kName, kPhase, a Config of options and a constructor that takes it, with
// PolicyParts behind it where it needs them.
template <class P>
class Plan final : public PolicyPlan {
 public:
  explicit Plan(P::Config config) : config_(std::move(config)) {}
  Phase phase() const override { return P::kPhase; }
  std::vector<std::string> owned_fields() const override {
    if constexpr (requires { P::owned_fields(config_); }) return P::owned_fields(config_);
    return {};
  }
  std::vector<std::string> files() const override {
    if constexpr (requires { P::files(config_); }) return P::files(config_);
    return {};
  }
  std::string content() const override {
    if constexpr (requires { config_.content; }) return config_.content;
    return {};
  }
  Foresight foresee(const AskedRequest& asked) const override {
    if constexpr (requires { P::foresee(config_, asked); }) {
      return P::foresee(config_, asked);
    } else {
      return Foresight::open("decides when the request comes");
    }
  }
  std::unique_ptr<Policy> build(const PolicyParts& parts) const override {
    if constexpr (std::constructible_from<P, const typename P::Config&, const PolicyParts&>) {
      return std::make_unique<P>(config_, parts);
    } else {
      return std::make_unique<P>(config_);
    }
  }

 private:
  const P::Config config_;
};

struct PolicyKind {
  std::string_view name;
  std::unique_ptr<const PolicyPlan> (*read)(const Node& settings, const std::string& where,
                                            Diagnostics& diagnostics);
};

template <class P>
constexpr PolicyKind kind() {
  return {P::kName, [](const Node& settings, const std::string& where, Diagnostics& diagnostics) {
            auto config = read_options<typename P::Config>(settings, diagnostics, where);
            // What one option alone can't tell; may also fetch what the plan needs.
            if constexpr (requires { P::check(config, where, diagnostics); }) {
              P::check(config, where, diagnostics);
            }
            return std::unique_ptr<const PolicyPlan>(std::make_unique<Plan<P>>(std::move(config)));
          }};
}

constexpr PolicyKind kKinds[] = {
    kind<ApiKeyPolicy>(), kind<BasicPolicy>(), kind<ConditionPolicy>(), kind<HeadersPolicy>(),
    kind<IpListPolicy>(), kind<JwtPolicy>(),   kind<RateLimitPolicy>(),
};

}  // namespace

std::unique_ptr<const PolicyPlan> read_policy(const std::string& name, const PolicyConfig& config,
                                              Diagnostics& diagnostics) {
  std::vector<std::string_view> known;
  for (const PolicyKind& kind : kKinds) {
    if (kind.name != config.kind) {
      known.push_back(kind.name);
      continue;
    }
    const std::size_t errors = diagnostics.errors();
    auto plan = kind.read(config.settings, "policy `" + name + '`', diagnostics);
    return diagnostics.errors() == errors ? std::move(plan) : nullptr;
  }
  const std::string_view close = nearest(config.kind, known);
  std::string help = "choose one of:";
  for (const std::string_view one : known) help += " `" + std::string(one) + '`';
  if (!close.empty()) help = "did you mean `" + std::string(close) + "`?";
  diagnostics.error({"E0412", "there is no kind of policy `" + config.kind + '`', help,
                     config.kind_at.position(), "of policy `" + name + '`'});
  return nullptr;
}

}  // namespace gatehouse
