// http/authority: host[:port] as it stands in Host, in an absolute target and in `:authority`, read
// once and strictly.
//
// Accepted   a name of letters, digits, "-", "_" and "." without empty labels (an IPv4 address is
//            one), or an IPv6 address in brackets; then at most one port, 1 to 65535, without
//            leading zeros. Refused: user information, escapes, an empty port, more than
//            kHostBytesMax.
// Canonical  lower case, without the dot that may end a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"

namespace gatehouse {

inline constexpr std::size_t kHostBytesMax = 255;

// The canonical form: `text` itself where it is canonical already, else a copy in the arena.
// Nothing when it is refused or the arena is full.
std::optional<std::string_view> canonical_authority(std::string_view text, Arena& arena);

// Of a canonical authority. An IPv6 host keeps its brackets; port 0 means that none was written.
std::string_view host_of(std::string_view authority);
std::uint16_t port_of(std::string_view authority);

}  // namespace gatehouse
