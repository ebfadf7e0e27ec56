// gateway/backends/http_backend: forwards the request to an upstream and its answer to the client,
// both streaming.
//
//   Reads    the whole request; path, query and host may be rewritten by templates.
//   Holds    no body: bytes stay in the reader's buffer until the other side has taken them.
//   Retries  at most once, on a newly opened connection, and only where the first try can't have
//            been acted on.
//   Fails    with the gate error of what broke; once the head is out, by breaking the answer off.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "gateway/backends.h"
#include "gateway/routing/template.h"

namespace gatehouse {

class HttpBackend final : public Backend {
 public:
  [[nodiscard]] static Result<std::unique_ptr<const Backend>> build(
      const BackendConfig& config, const UpstreamIndex& upstreams,
      std::span<const CaptureName> captures);

  Task<void> serve(Exchange& exchange) const override;

  std::uint32_t upstream() const { return upstream_; }
  // Sets the head's target and authority as the config says; false when the arena is full or a
  // captured value can't stand where it should.
  bool rewrite(std::string_view path, std::span<const std::string_view> captures,
               std::string_view query, RequestHead& head, Arena& arena) const;

 private:
  std::string_view without_set_names(std::string_view query, Arena& arena) const;
  static bool decodes_to(std::string_view name, std::string_view text);

  std::uint32_t upstream_ = 0;
  std::optional<Template> path_;
  std::optional<Template> query_;
  std::vector<std::string> query_names_;  // set by the template: taken out of the caller's query
  std::optional<Template> host_;          // without one the caller's is kept
};

}  // namespace gatehouse
