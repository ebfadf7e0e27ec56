#include "gateway/identity/key_place.h"

#include <algorithm>

#include "http/characters.h"
#include "net/socket_address.h"

namespace gatehouse {

std::string KeyPlace::shown() const {
  if (!is_address()) return file.path;
  return (tls ? "https://" : "http://") + authority + target.substr(0, target.find('?'));
}

std::optional<KeyPlace> Scalar<KeyPlace>::parse(const Node& node) {
  KeyPlace place;
  std::string_view rest = node.text;
  place.tls = rest.starts_with("https://");
  if (!place.tls && !rest.starts_with("http://")) {
    if (rest.find("://") != rest.npos) return std::nullopt;
    auto file = Scalar<FilePath>::parse(node);
    if (!file) return std::nullopt;
    place.file = *std::move(file);
    return place;
  }
  rest.remove_prefix(place.tls ? 8 : 7);
  if (!all_in(rest, kTarget) || rest.find('#') != rest.npos) return std::nullopt;
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.empty() || authority.find('@') != authority.npos) return std::nullopt;
  place.authority = authority;
  place.target = rest.substr(end);
  if (!place.target.starts_with('/')) place.target.insert(0, "/");
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && (bracket == authority.npos || bracket < colon);
  const std::string text = std::string(authority) + (has_port ? "" : place.tls ? ":443" : ":80");
  const auto pair = split_host_port(text);
  if (!pair || pair->host.empty() || pair->port == 0) return std::nullopt;
  place.host = pair->host;
  place.port = pair->port;
  return place;
}

}  // namespace gatehouse
