// What is promised: the text is the same as long as nothing of the upstream changed, and another as
// soon as one setting, one target, or what one named file holds did.
#include "gateway/upstream_declaration.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

UpstreamConfig upstream() {
  UpstreamConfig config;
  config.targets.resize(2);
  config.targets[0].host = "192.0.2.1";
  config.targets[0].port = 80;
  config.targets[1].host = "app.example";
  config.targets[1].port = 8080;
  return config;
}

TEST(UpstreamDeclarationTest, what_stands_elsewhere_in_the_file_does_not_count) {
  UpstreamConfig moved = upstream();
  moved.at.line = 77;
  EXPECT_EQ(declaration_of(upstream(), {}), declaration_of(moved, {}));
}

TEST(UpstreamDeclarationTest, every_change_makes_another_text) {
  std::set<std::string> texts{declaration_of(upstream(), {})};
  int changes = 0;
  const auto changed = [&](auto change, HeadLimits heads = {}) {
    UpstreamConfig config = upstream();
    change(config);
    texts.insert(declaration_of(config, heads));
    ++changes;
  };
  changed([](auto& c) { c.targets.pop_back(); });
  changed([](auto& c) { c.targets[0].port = 81; });
  changed([](auto& c) { std::swap(c.targets[0], c.targets[1]); });
  changed([](auto& c) { c.balance = Balance::least_requests; });
  changed([](auto& c) { c.tls.emplace(); });
  changed([](auto& c) { c.tls.emplace().verify = false; });
  changed([](auto& c) { c.tls.emplace().server_name = "x"; });
  changed([](auto& c) { c.connect_timeout = 1s; });
  changed([](auto& c) { c.first_byte_timeout = 1s; });
  changed([](auto& c) { c.idle_timeout = 1s; });
  changed([](auto& c) { c.total_timeout = 1s; });
  changed([](auto& c) { c.connections_max = 1; });
  changed([](auto& c) { c.waiters_max = 1; });
  changed([](auto& c) { c.wait_timeout = 2s; });
  changed([](auto& c) { c.keep_idle = 1; });
  changed([](auto& c) { c.keep_idle_time = 1s; });
  changed([](auto& c) { c.retry = false; });
  changed([](auto& c) { c.eject.failures = 1; });
  changed([](auto& c) { c.eject.window = 1s; });
  changed([](auto& c) { c.eject.time = 1s; });
  HeadLimits fewer;
  fewer.fields_max = 7;
  changed([](auto&) {}, fewer);
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(changes) + 1);
}

TEST(UpstreamDeclarationTest, a_file_counts_by_what_it_holds) {
  const std::string path = ::testing::TempDir() + "declaration_ca.pem";
  UpstreamConfig config = upstream();
  config.tls.emplace().ca.path = path;
  std::ofstream(path) << "one";
  const std::string one = declaration_of(config, {});
  std::ofstream(path) << "one";
  EXPECT_EQ(declaration_of(config, {}), one);
  std::ofstream(path) << "two";
  EXPECT_NE(declaration_of(config, {}), one);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace gatehouse
