// gateway/policies: the one list of policy kinds, and what stands between a declaration and a
// policy.
//
// Place   the snapshot's builder reads each declaration into a PolicyPlan, once; each worker builds
//         its own Policy from it and keeps that while the declaration is unchanged.
// Adding  a pair in policies/, its test, and one line in policies.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/stable_hash.h"
#include "config/gate_config.h"
#include "gateway/foresight.h"
#include "gateway/policy.h"

namespace gatehouse {

class KeySources;
class RateTables;
class PasswordChecks;

// What a worker hands to a policy that it builds; all of it outlives the policy.
struct PolicyParts {
  const Clock& clock;
  const HashKey& key;
  KeySources* keys = nullptr;
  PasswordChecks* passwords = nullptr;
  RateTables* rates = nullptr;
  std::string_view name = {};  // of the policy
};

// A declaration that was read and found right. Immutable, shared by all workers.
class PolicyPlan {
 public:
  virtual ~PolicyPlan() = default;
  virtual Phase phase() const = 0;
  // Fields of the request that the policy sets from the caller's identity.
  virtual std::vector<std::string> owned_fields() const = 0;
  // What was read beside the config: a change of it is a change of the policy.
  virtual std::vector<std::string> files() const = 0;
  virtual std::string content() const = 0;  // a digest of them; empty without any
  virtual Foresight foresee(const AskedRequest& asked) const = 0;
  virtual std::unique_ptr<Policy> build(const PolicyParts& parts) const = 0;
};

// Null when the diagnostics got an error: an unknown kind, or settings that it doesn't take.
std::unique_ptr<const PolicyPlan> read_policy(const std::string& name, const PolicyConfig& config,
                                              Diagnostics& diagnostics);

}  // namespace gatehouse
