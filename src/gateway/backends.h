// gateway/backends: the one list of backend kinds.
//
// To add one: a pair in backends/, its test, and one line in backends.cpp.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "config/api_config.h"
#include "gateway/backend.h"
#include "gateway/routing/path_pattern.h"

namespace gatehouse {

using UpstreamIndex = std::map<std::string, std::uint32_t>;  // by name

// The backend that a route's config declares; `captures` are what its templates may name.
[[nodiscard]] Result<std::unique_ptr<const Backend>> build_backend(
    const BackendConfig& config, const UpstreamIndex& upstreams,
    std::span<const CaptureName> captures);

}  // namespace gatehouse
