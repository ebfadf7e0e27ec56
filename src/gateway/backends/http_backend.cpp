#include "gateway/backends/http_backend.h"

#include <algorithm>

#include "gateway/backends/forwarding.h"

namespace gatehouse {

Result<std::unique_ptr<const Backend>> HttpBackend::build(const BackendConfig& config,
                                                          const UpstreamIndex& upstreams,
                                                          std::span<const CaptureName> captures) {
  auto backend = std::make_unique<HttpBackend>();
  const auto found = upstreams.find(config.http.name);
  if (found == upstreams.end()) {
    return fail({"E0421", "there is no upstream `" + config.http.name + "`",
                 "add it under `upstreams:`, or name one that is there",
                 config.http.at.position()});
  }
  backend->upstream_ = found->second;
  if (!config.path.text.empty()) {
    GH_TRY(Template path, Template::path(config.path.text, captures));
    backend->path_ = std::move(path);
  }
  if (!config.query.empty()) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : config.query) {
      fields.emplace_back(name, value.text);
      backend->query_names_.push_back(name);
    }
    GH_TRY(Template query, Template::query(fields, captures));
    backend->query_ = std::move(query);
  }
  if (config.host.text != BackendConfig::kPreserve) {
    GH_TRY(Template host, Template::host(config.host.text, captures));
    backend->host_ = std::move(host);
  }
  return backend;
}

Task<void> HttpBackend::serve(Exchange& exchange) const {
  Forwarding forwarding(exchange, *this);
  Task<void> running = forwarding.run();
  co_await running;
}

bool HttpBackend::rewrite(std::string_view path, std::span<const std::string_view> captures,
                          std::string_view query, RequestHead& head, Arena& arena) const {
  if (path_) {
    const Expansion expanded = path_->expand(captures, arena);
    if (expanded.failure != Expansion::Failure::none) return false;
    path = expanded.text;
  }
  bool has_query = head.has_query;
  if (query_) {
    const Expansion set = query_->expand(captures, arena);
    if (set.failure != Expansion::Failure::none) return false;
    query = without_set_names(query, arena);
    query = query.empty() ? set.text : arena.join({query, "&", set.text});
    has_query = true;
  }
  if (host_) {
    const Expansion expanded = host_->expand(captures, arena);
    if (expanded.failure != Expansion::Failure::none) return false;
    head.authority = expanded.text;
  }
  head.target = has_query ? arena.join({path, "?", query}) : path;
  return head.target.data() != nullptr;
}

// The caller's parameters but for those that the config sets: a caller can't put a second value
// beside ours.
std::string_view HttpBackend::without_set_names(std::string_view query, Arena& arena) const {
  char* const out = arena.take(query.size());
  if (out == nullptr) return {};
  std::size_t used = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::string_view name = pair.substr(0, std::min(pair.find('='), pair.size()));
    const bool ours = std::any_of(query_names_.begin(), query_names_.end(),
                                  [&](const auto& set) { return decodes_to(name, set); });
    if (ours) continue;
    if (used != 0) out[used++] = '&';
    std::copy(pair.begin(), pair.end(), out + used);
    used += pair.size();
  }
  return {out, used};
}

// Whether a parameter's name, with its escapes and plus signs undone, is that text.
bool HttpBackend::decodes_to(std::string_view name, std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
  };
  std::size_t at = 0;
  for (std::size_t i = 0; i < name.size(); ++i, ++at) {
    char c = name[i] == '+' ? ' ' : name[i];
    if (c == '%' && i + 2 < name.size() && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0) {
      c = static_cast<char>(digit(name[i + 1]) * 16 + digit(name[i + 2]));
      i += 2;
    }
    if (at >= text.size() || text[at] != c) return false;
  }
  return at == text.size();
}

}  // namespace gatehouse
