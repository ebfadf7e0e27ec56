// gateway/backends/mock_backend: answers from the config, without an upstream.
//
//   Reads    nothing of the request.    Holds  its body, once.    Fails  never.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "gateway/backends.h"

namespace gatehouse {

class MockBackend final : public Backend {
 public:
  explicit MockBackend(MockConfig config) : config_(std::move(config)) {}
  [[nodiscard]] static Result<std::unique_ptr<const Backend>> build(
      const BackendConfig& config, const UpstreamIndex& upstreams,
      std::span<const CaptureName> captures);

  Task<void> serve(Exchange& exchange) const override;

 private:
  const MockConfig config_;
};

}  // namespace gatehouse
