#include "gateway/backends/mock_backend.h"

#include "gateway/exchange.h"

namespace gatehouse {

Result<std::unique_ptr<const Backend>> MockBackend::build(const BackendConfig& config,
                                                          const UpstreamIndex&,
                                                          std::span<const CaptureName>) {
  return std::make_unique<MockBackend>(*config.mock);
}

Task<void> MockBackend::serve(Exchange& exchange) const {
  Task<void> answering = exchange.answer(static_cast<std::uint16_t>(config_.status), nullptr,
                                         config_.content_type, config_.body);
  co_await answering;
}

}  // namespace gatehouse
