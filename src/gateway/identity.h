// gateway/identity: what an exchange knows of who calls.
//
// Place    policies of the phase `identify` find it and hand it to Exchange::identify(); later
//          phases, conditions and the event read it. Fields that the gate sets from it are its own:
//          whoever else sends one of that name, the gate deletes it.
// Holds    views into the exchange's arena, and the claims for as long as the exchange lives.
// Errors   none. What was not verified never names a user or an app.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/stable_hash.h"
#include "gateway/identity/json.h"
#include "http/message.h"

namespace gatehouse {

struct Identity {
  std::string_view user;   // who stands behind the call; empty: nobody was named
  std::string_view app;    // the calling application; empty: none was named
  std::string_view proof;  // kind of the policy that found it: "jwt"; empty: nothing was shown
  StableHash credential;   // keyed digest of what was shown, of kind `token`
  bool verified = false;   // the proof was checked and holds
  std::shared_ptr<const JsonDocument> claims;  // what the proof says; null: nothing more

  bool shown() const { return !proof.empty(); }
};

// Takes in what another policy found. The first that was verified has the say: a later one adds
// only what is still unknown. What was not verified stands only where nothing else does.
void join(Identity& known, Identity&& found);

// Whether a policy may set a field of that name from the identity.
bool may_be_owned(std::string_view name);
// Names that the gate sets, in any spelling that a backend may read as the same ("x_user_id").
bool is_owned(std::string_view name, std::span<const std::string> owned);
void remove_owned(FieldList& fields, std::span<const std::string> owned);

}  // namespace gatehouse
