// gateway/foresight: what a policy says beforehand of a request that it is only told about.
//
// Place    a policy class may have `static Foresight foresee(const Config&, const AskedRequest&)`;
//          without it `explain` says that the policy decides when the request comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/gate_error.h"
#include "http/message.h"

namespace gatehouse {

struct AskedRequest {
  const RequestHead& head;
  std::string_view path;  // canonical
  std::string_view from;  // the client's address
  Arena& arena;
};

struct Foresight {
  enum class Kind : std::uint8_t { open, passes, refuses };
  Kind kind = Kind::open;
  GateError error = GateError::internal_error;  // of refuses
  std::string says;                             // a few words, no full stop

  static Foresight open(std::string says) { return {Kind::open, {}, std::move(says)}; }
  static Foresight passes(std::string says) { return {Kind::passes, {}, std::move(says)}; }
  static Foresight refuses(GateError error, std::string says) {
    return {Kind::refuses, error, std::move(says)};
  }
};

}  // namespace gatehouse
