#include "admin/admin_access.h"

#include "base/ip_address.h"
#include "http/authority.h"

namespace gatehouse {
namespace {

bool is_loopback(const IpAddress& address) {
  return address == IpAddress::parse("::1") || (address.is_v4() && address.bytes[12] == 127);
}

// Listening there is listening on every address of the machine.
bool is_any(const IpAddress& address) {
  return address == IpAddress{} || address == IpAddress::parse("0.0.0.0");
}

}  // namespace

bool is_admin_host(std::string_view authority, const SocketAddress& listens_on) {
  if (authority.empty()) return true;
  std::string_view host = host_of(authority);
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address) return false;
  const auto own = IpAddress::parse(listens_on.host());
  if (is_loopback(*address) || address == own) return true;
  return own && is_any(*own);
}

}  // namespace gatehouse
