#include "gateway/backends.h"

#include "gateway/backends/decoy_backend.h"
#include "gateway/backends/http_backend.h"
#include "gateway/backends/mock_backend.h"

namespace gatehouse {
namespace {

using Captures = std::span<const CaptureName>;
using Built = Result<std::unique_ptr<const Backend>>;

struct Kind {
  bool (*declared)(const BackendConfig& config);
  Built (*build)(const BackendConfig& config, const UpstreamIndex& upstreams, Captures captures);
};

constexpr Kind kKinds[] = {
    {[](const BackendConfig& config) { return config.mock.has_value(); }, MockBackend::build},
    {[](const BackendConfig& config) { return config.decoy.has_value(); }, DecoyBackend::build},
    {[](const BackendConfig& config) { return !config.http.name.empty(); }, HttpBackend::build},
};

}  // namespace

Built build_backend(const BackendConfig& config, const UpstreamIndex& upstreams,
                    Captures captures) {
  for (const Kind& kind : kKinds) {
    if (kind.declared(config)) return kind.build(config, upstreams, captures);
  }
  return fail({"E0424", "this backend names nothing that answers",
               "add `http:` with the name of an upstream, `mock:` or `decoy:`"});
}

}  // namespace gatehouse
