#include "config/load.h"

namespace gatehouse {

std::string_view starter_config() {
  static constexpr std::string_view kText =
      R"(# A gate in front of one service. Try it:  gatehouse check, then  gatehouse run
gatehouse: 1

# Where callers come in. Add `tls: { certificates: [{ hosts: [shop.example], cert: shop.crt,
# key: shop.key }] }` for HTTPS.
listeners:
  - address: ":8080"

# Health and metrics, for this machine alone.
admin: { address: "127.0.0.1:8901" }

# The service behind the gate: each target is host:port.
upstreams:
  app:
    targets: ["127.0.0.1:3000"]
    # connect_timeout: 2s
    # first_byte_timeout: 30s

# What is published. Values may come from outside: ${env:NAME}, ${env:NAME:-default},
# ${file:/run/secrets/name}.
apis:
  - name: app
    # hosts: ["app.example"]      # without it, every host
    routes:
      - match: "GET /hello"
        backend: { mock: { body: "The gate is open." } }
      - match: "/*"
        backend: { http: app }

# What a caller may send, and how slowly. These are the defaults.
# limits: { body_bytes: 100MiB, head_time: 10s, connections: 20000 }

# Behaviour only watches until you write `mode: enforce`.
behavior: { mode: observe }

# The folder of everything that the gate writes, and how long events are kept.
store: { path: data }
journal: { keep_time: 30d, keep_bytes: 20GiB }
)";
  return kText;
}

}  // namespace gatehouse
