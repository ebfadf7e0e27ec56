// gateway/backends/decoy_text: a JSON text that looks like somebody's data and is nobody's.
//
//   Shape    that of an example (one that fits: an object where the path ends in something with a
//            digit, a list elsewhere), or a general one. Names stay, values are made anew: numbers
//            keep their digits, texts the kinds of their characters, dates and times are such.
//            What has no digit is taken over as the example has it.
//   Same     for the same key and path, whatever else is asked; `id` is the path's own.
//   Full     at most kDecoyBytesMax and what the last value adds; lists have 3 to 8 members.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/stable_hash.h"
#include "gateway/identity/json.h"

namespace gatehouse {

inline constexpr std::size_t kDecoyBytesMax = 32'768;

std::string decoy_text(const HashKey& key, std::string_view path,
                       std::span<const std::shared_ptr<const JsonDocument>> examples);

}  // namespace gatehouse
