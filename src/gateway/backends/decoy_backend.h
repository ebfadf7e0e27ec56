// gateway/backends/decoy_backend: answers that look real and are made up, for who must not reach
// the real thing.
//
//   Place    a route's `decoy` backend, and what a verdict `trap` leads to.
//   Reads    method and path; of the content at most kContentBytesMax, which are counted and thrown
//            away, so that the event knows how much was sent.
//   Gives    JSON (backends/decoy_text), the same for a path as long as the installation's key is;
//            201 for POST, 204 for DELETE, else 200.
//   Holds    its examples, parsed once.     Full  longer content is not waited for.
//   Fails    never; nothing is asked of any upstream.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gateway/backends.h"
#include "gateway/identity/json.h"

namespace gatehouse {

class DecoyBackend final : public Backend {
 public:
  static constexpr std::size_t kContentBytesMax = 1 << 20;
  using Examples = std::vector<std::shared_ptr<const JsonDocument>>;

  explicit DecoyBackend(Examples examples) : examples_(std::move(examples)) {}
  [[nodiscard]] static Result<std::unique_ptr<const Backend>> read(const DecoyConfig& config);
  [[nodiscard]] static Result<std::unique_ptr<const Backend>> build(
      const BackendConfig& config, const UpstreamIndex& upstreams,
      std::span<const CaptureName> captures);

  Task<void> serve(Exchange& exchange) const override;

 private:
  const Examples examples_;
};

}  // namespace gatehouse
