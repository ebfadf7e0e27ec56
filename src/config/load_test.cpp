// What is promised: a right config becomes one value whatever files it comes from, and the two
// configs that we write ourselves are right.
#include "config/load.h"

#include <map>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

struct Files final : Surroundings {
  std::map<std::string, std::string> files;

  std::optional<std::string> variable(const std::string&) const override { return std::nullopt; }
  Result<std::string> file(const std::string& path, std::size_t) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail({.code = "E0501", .what = "does not exist"});
    return found->second;
  }
};

constexpr std::string_view kWhole = R"(
gatehouse: 1
listeners:
  - address: 0.0.0.0:8443
    tls:
      profile: modern
      certificates: [{ hosts: ["*.shop.example"], cert: tls/shop.crt, key: tls/shop.key }]
    trusted_proxies: [10.0.0.0/8]
    http2: false
  - address: ":8080"
admin: { address: 127.0.0.1:8901 }
workers: 2
resolver: { servers: ["127.0.0.53:53"], ttl_min: 1s, ttl_max: 1m }
limits: { head_bytes: 16KiB, body_bytes: 0, min_rate: 1KiB/s, request_time: 0 }
upstreams:
  orders:
    targets: ["127.0.0.1:9001", "orders.internal:9002"]
    balance: least_requests
    tls: { server_name: orders.internal }
    eject: { failures: 3 }
policies:
  fair-use: { kind: rate_limit, per: user, limit: 100/s }
apis:
  - name: orders
    stage: pre
    hosts: ["{tenant}.Shop.example"]
    routes:
      - match: "GET|POST /orders/{id}"
        policies: [fair-use]
        body_bytes: 1MiB
        timeout: 5s
        backend:
          http: orders
          path: "/internal/orders/{id}"
          query: { tenant: "{tenant}" }
          host: "{tenant}.internal"
      - match: "* /files/*"
        name: files
        encoded_slash: true
        backend: { mock: { status: 204 } }
store: { path: data/ }
journal: { fsync: batch, keep_time: 7d }
behavior: { mode: enforce, count_rule: { limit: 5 } }
)";

struct Load : ::testing::Test {
  Files files;
  Load() {
    files.files["etc/tls/shop.crt"] = "-----BEGIN CERTIFICATE-----\n";
    files.files["etc/tls/shop.key"] = "-----BEGIN EC PRIVATE KEY-----\n";
  }
  GateConfig load(std::string_view text) {
    files.files["etc/gatehouse.yaml"] = text;
    ConfigLoad loaded = load_config("etc/gatehouse.yaml", files);
    EXPECT_EQ(loaded.diagnostics.text(), "");
    return loaded.config.value_or(GateConfig{});
  }
};

TEST_F(Load, reads_every_part) {
  const GateConfig config = load(kWhole);
  ASSERT_EQ(config.listeners.size(), 2U);
  ASSERT_TRUE(config.listeners[0].tls);
  EXPECT_EQ(config.listeners[0].tls->profile, TlsProfile::modern);
  EXPECT_EQ(config.listeners[0].tls->certificates[0].cert.path, "etc/tls/shop.crt");
  EXPECT_EQ(to_text(config.listeners[0].trusted_proxies[0]), "10.0.0.0/8");
  EXPECT_FALSE(config.listeners[0].http2);
  EXPECT_EQ(config.listeners[1].address.port, 8080);
  EXPECT_EQ(config.workers, 2U);
  EXPECT_EQ(config.resolver.servers[0].port, 53);
  EXPECT_EQ(config.limits.head_bytes, 16_KiB);
  EXPECT_EQ(config.limits.body_bytes, Bytes{0});
  EXPECT_EQ(config.limits.min_rate.bytes_per_second, 1024U);
  EXPECT_EQ(config.limits.idle, 60s);
  EXPECT_EQ(config.store.path.path, "etc/data/");
  EXPECT_EQ(config.admin.socket.path, "etc/data/gatehouse.sock");
  EXPECT_EQ(config.journal.fsync, Fsync::batch);
  EXPECT_EQ(config.journal.keep_time, 7 * 24h);
  EXPECT_EQ(config.behavior.mode, BehaviorMode::enforce);
  EXPECT_EQ(config.behavior.count_rule.limit, 5U);
  EXPECT_EQ(config.behavior.count_rule.block_for, 60s);
}

TEST_F(Load, reads_upstreams_policies_and_apis) {
  const GateConfig config = load(kWhole);
  const UpstreamConfig& upstream = config.upstreams.at("orders");
  EXPECT_EQ(upstream.targets[1].host, "orders.internal");
  EXPECT_EQ(upstream.balance, Balance::least_requests);
  EXPECT_TRUE(upstream.tls->verify);
  EXPECT_EQ(upstream.eject.failures, 3U);
  const PolicyConfig& policy = config.policies.at("fair-use");
  EXPECT_EQ(policy.kind, "rate_limit");
  EXPECT_EQ(policy.settings.entries.size(), 2U);
  EXPECT_EQ(policy.settings.find("limit")->value.text, "100/s");
  const ApiConfig& api = config.apis.at(0);
  EXPECT_EQ(api.stage, Stage::pre);
  EXPECT_EQ(api.hosts[0].text, "{tenant}.shop.example");
  const RouteConfig& route = api.routes[0];
  EXPECT_EQ(route.name, "GET|POST /orders/{id}");
  EXPECT_EQ(route.match.methods, (std::vector<std::string>{"GET", "POST"}));
  EXPECT_EQ(route.match.path, "/orders/{id}");
  EXPECT_EQ(route.policies[0].name, "fair-use");
  EXPECT_EQ(route.body_bytes, 1_MiB);
  EXPECT_EQ(route.timeout, 5s);
  EXPECT_EQ(route.backend.http.name, "orders");
  EXPECT_EQ(route.backend.query.at("tenant").text, "{tenant}");
  EXPECT_TRUE(api.routes[1].match.methods.empty());
  EXPECT_EQ(api.routes[1].backend.mock->status, 204U);
  EXPECT_EQ(api.routes[1].backend.host.text, BackendConfig::kPreserve);
}

TEST_F(Load, is_the_same_value_when_only_lines_move) {
  const GateConfig one = load(kWhole);
  const GateConfig other = load("\n\n# moved\n" + std::string{kWhole});
  EXPECT_EQ(one.upstreams, other.upstreams);
  EXPECT_EQ(one.apis, other.apis);
  EXPECT_EQ(one.policies, other.policies);
  EXPECT_NE(one.revision, other.revision);
}

TEST_F(Load, joins_included_files_and_reads_paths_from_their_folders) {
  files.files["etc/conf/a.yaml"] = R"(
listeners: [{ address: ":2", tls: { certificates: [{ cert: x.crt, key: x.key }] } }]
upstreams: { b: { targets: ["127.0.0.1:2"] } }
include: [deep.yaml]
)";
  files.files["etc/conf/deep.yaml"] = "workers: 3\nlisteners: [{ address: ':3' }]\n";
  files.files["etc/conf/x.crt"] = "-----BEGIN CERTIFICATE-----\n";
  files.files["etc/conf/x.key"] = "-----BEGIN PRIVATE KEY-----\n";
  const GateConfig config = load(R"(
gatehouse: 1
include: [conf/a.yaml]
listeners: [{ address: ":1" }]
upstreams: { a: { targets: ["127.0.0.1:1"] } }
apis:
  - { name: x, routes: [{ match: /a, backend: { http: a } }, { match: /b, backend: { http: b } }] }
)");
  ASSERT_EQ(config.listeners.size(), 3U);
  EXPECT_EQ(config.listeners[0].address.port, 1);
  EXPECT_EQ(config.listeners[2].address.port, 3);
  EXPECT_EQ(config.listeners[1].tls->certificates[0].key.path, "etc/conf/x.key");
  EXPECT_EQ(config.upstreams.size(), 2U);
  EXPECT_EQ(config.workers, 3U);
  EXPECT_EQ(config.files, (std::vector<std::string>{"etc/gatehouse.yaml", "etc/conf/a.yaml",
                                                    "etc/conf/deep.yaml"}));
}

TEST_F(Load, gives_a_revision_that_any_included_byte_changes) {
  const std::string text = "gatehouse: 1\nlisteners: [{ address: ':1' }]\ninclude: [a.yaml]\n";
  files.files["etc/a.yaml"] = "workers: 1\n";
  const std::string one = load(text).revision;
  EXPECT_EQ(one.size(), 12U);
  EXPECT_EQ(load(text).revision, one);
  files.files["etc/a.yaml"] = "workers: 1 # same\n";
  EXPECT_NE(load(text).revision, one);
}

TEST_F(Load, reports_more_files_than_its_limit) {
  std::string includes;
  for (int i = 0; i < 70; ++i) {
    files.files["etc/f" + std::to_string(i)] = "{}\n";
    includes += (i == 0 ? "f" : ", f") + std::to_string(i);
  }
  files.files["etc/g.yaml"] =
      "gatehouse: 1\nlisteners: [{ address: ':1' }]\ninclude: [" + includes + "]";
  const ConfigLoad loaded = load_config("etc/g.yaml", files);
  ASSERT_TRUE(loaded.diagnostics.has_errors());
  EXPECT_EQ(loaded.diagnostics.all().front().error.code, "E0105");
}

TEST_F(Load, ends_soon_on_a_flood_of_faults) {
  std::string text = "gatehouse: 1\nlisteners: [{ address: ':1' }]\nlimits:\n";
  for (int i = 0; i < 8'000; ++i) text += "  feelds_" + std::to_string(i) + ": 1\n";
  files.files["etc/g.yaml"] = text;
  const ConfigLoad loaded = load_config("etc/g.yaml", files);
  EXPECT_EQ(loaded.diagnostics.errors(), 8'000U);
  EXPECT_TRUE(loaded.diagnostics.is_full());
}

TEST_F(Load, accepts_the_file_that_init_writes) {
  const GateConfig config = load(starter_config());
  EXPECT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(config.behavior.mode, BehaviorMode::observe);
  EXPECT_EQ(config.store.path.path, "etc/data");
}

TEST(ConfigFromFlags, makes_one_route_for_everything) {
  const auto config = config_from_flags(":8080", "http://127.0.0.1:3000");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listeners.at(0).address.port, 8080);
  const UpstreamConfig& upstream = config->upstreams.begin()->second;
  EXPECT_EQ(to_text(upstream.targets.at(0)), "127.0.0.1:3000");
  EXPECT_FALSE(upstream.tls);
  EXPECT_EQ(config->apis.at(0).routes.at(0).match.path, "/*");
  EXPECT_EQ(config->apis.at(0).routes.at(0).backend.http.name, config->upstreams.begin()->first);
  EXPECT_EQ(config->admin.socket.path, "data/gatehouse.sock");
  EXPECT_EQ(config->revision.size(), 12U);
}

TEST(ConfigFromFlags, takes_the_port_and_the_tls_of_the_scheme) {
  EXPECT_EQ(config_from_flags(":1", "http://a.b/")->upstreams.at("to").targets[0].port, 80);
  EXPECT_EQ(config_from_flags(":1", "http://[::1]")->upstreams.at("to").targets[0].host, "::1");
  EXPECT_EQ(config_from_flags(":1", "127.0.0.1:3")->upstreams.at("to").targets[0].port, 3);
  const auto secure = config_from_flags(":1", "https://a.b");
  EXPECT_EQ(secure->upstreams.at("to").targets[0].port, 443);
  EXPECT_TRUE(secure->upstreams.at("to").tls);
}

TEST(ConfigFromFlags, refuses_what_is_no_address) {
  EXPECT_EQ(config_from_flags("8080", "http://a").error().what,
            "`--from` is `8080`, not an address with a port");
  for (const char* to : {"ftp://a", "http://", "http://a:b", "http://a/path", ""}) {
    EXPECT_FALSE(config_from_flags(":1", to)) << to;
  }
}

}  // namespace
}  // namespace gatehouse
