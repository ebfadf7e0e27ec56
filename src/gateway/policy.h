// gateway/policy: one named, reusable step of an exchange, as the chain and its author see it.
//
// A policy is built from its config node once a worker and lives as long as its declaration is
// unchanged, whatever is reloaded beside it; all its calls come from that worker, so its state
// needs no lock. It says in which phase it stands.
//
// A quick policy overrides on_request and costs no frame; one that must wait (I/O, a delay, a whole
// body) says waits() and overrides on_request_waiting, and is resumed on its own worker. Response
// steps run in reverse order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/task.h"
#include "gateway/gate_error.h"
#include "http/message.h"

namespace gatehouse {

class Exchange;

// The order of an exchange; a policy may stand in those from shield to transform, and in respond.
enum class Phase : std::uint8_t {
  route,
  shield,
  identify,
  guard,
  limit,
  cache,
  transform,
  backend,
  respond,
  record,
};

struct Decision {
  enum class Kind : std::uint8_t {
    pass,
    refuse,    // the gate answers with the error's problem
    answered,  // the policy has given the answer itself
  };
  Kind kind = Kind::pass;
  GateError error = GateError::internal_error;
  std::string_view detail;   // in the exchange's arena, or as long-lived as the policy
  std::uint16_t status = 0;  // of the refusal, in place of the error's own; 0: that

  static Decision pass() { return {}; }
  static Decision refuse(GateError error, std::string_view detail = {}, std::uint16_t status = 0) {
    return {Kind::refuse, error, detail, status};
  }
  static Decision answered() { return {Kind::answered, GateError::internal_error, {}, 0}; }
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual Phase phase() const = 0;
  virtual bool waits() const { return false; }
  virtual Decision on_request(Exchange& /*exchange*/) { return Decision::pass(); }
  virtual Task<Decision> on_request_waiting(Exchange& /*exchange*/) { co_return Decision::pass(); }
  // The final head, before it goes to the client.
  virtual void on_response(Exchange& /*exchange*/, ResponseHead& /*head*/) {}
};

}  // namespace gatehouse
