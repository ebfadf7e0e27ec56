// admin/admin_access: whether a request over TCP comes from where it seems to.
//
// A web page that an operator has open can send requests to any address the operator's machine
// reaches, and with a name of its own that it lets resolve to 127.0.0.1 ("DNS rebinding") it can
// read the answers too. Its browser then says that name in Host, and the page in Origin.
#pragma once

#include <string_view>

#include "net/socket_address.h"

namespace gatehouse {

// `authority` is canonical (http/authority). Allowed are `localhost`, loopback addresses and the
// one that is listened on; where that is every address of the machine, any address, since none can
// be rebound. Empty (HTTP/1.0) is allowed: every browser names its host.
bool is_admin_host(std::string_view authority, const SocketAddress& listens_on);

}  // namespace gatehouse
