// app/version: which Gatehouse this is; the same as the project's version in CMakeLists.txt.
#pragma once

#include <string_view>

namespace gatehouse {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace gatehouse
