// base/base64url: the alphabet of RFC 4648 §5 without padding, as tokens and keys use it.
//
// Strict   one text for each value: no padding, no blank, no other byte, no length that can't be,
//          and the bits behind the last byte are 0.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

std::optional<std::string> from_base64url(std::string_view text);
std::string to_base64url(std::string_view bytes);

}  // namespace gatehouse
