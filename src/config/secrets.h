// config/secrets: fills in what a config takes from outside its files.
//
//   ${env:NAME}              the variable NAME
//   ${env:NAME:-default}     the same, or `default` where it isn't set or is empty
//   ${file:/path}            the text of a file, its last line end removed
//   $${                      a plain `${`
//
// Only in scalar values, after parsing: a value can never become structure. A scalar that took
// anything in is marked secret, and no message shows it.
#pragma once

#include <cstddef>

#include "base/diagnostics.h"
#include "config/node.h"
#include "config/surroundings.h"

namespace gatehouse {

inline constexpr std::size_t kSecretFileBytesMax = 64 << 10;

void fill_in(Node& tree, const Surroundings& surroundings, Diagnostics& diagnostics);

}  // namespace gatehouse
