// gateway/identity/basic_credentials: name and password as `Authorization: Basic` carries them.
//
// Reads    RFC 7617: base64 of `name:password` in UTF-8, the name up to the first colon.
// Strict   standard alphabet, padding whole or left out, no control characters, at most kBytesMax.
// Errors   a fault in words for the answer's detail; two of it are one.
#pragma once

#include <string_view>

#include "http/message.h"

namespace gatehouse {

struct BasicCredentials {
  static constexpr std::size_t kBytesMax = 512;  // of name, colon and password

  bool is_there = false;
  std::string_view fault;  // why it can't be read; a literal
  std::string_view both;   // "name:password", in the arena
  std::string_view user;
  std::string_view password;
};

BasicCredentials find_basic(const FieldList& fields, Arena& arena);
void remove_basic(FieldList& fields);

}  // namespace gatehouse
