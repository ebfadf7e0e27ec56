// What is promised: names stay fresh within floor and ceiling, the last good answer outlives its
// server, literals and this machine's own names need no server, and who unwatches is left alone.
#include "net/resolver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Answers A questions over UDP from a table; everything else, and every name that isn't in it, has
// no addresses.
class NameServer {
 public:
  struct Answer {
    std::vector<std::string> addresses;
    std::uint32_t ttl = 0;
  };

  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    address_ = SocketAddress::local_of(socket_).to_text();
    thread_ = std::thread([this] { run(); });
  }
  ~NameServer() {
    die();
    ::close(stop_);
  }

  const std::string& address() const { return address_; }
  void set(const std::string& name, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[name] = std::move(answer);
  }
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }
  // From now on its port is closed.
  void die() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(stop_, &one, sizeof one), 8);
    thread_.join();
    ::close(socket_);
  }

 private:
  void run() {
    while (true) {
      pollfd both[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
      if (::poll(both, 2, -1) < 0 || both[1].revents != 0) return;
      unsigned char question[512];
      sockaddr_storage from{};
      socklen_t from_bytes = sizeof from;
      auto* const peer = reinterpret_cast<sockaddr*>(&from);
      const ssize_t bytes = ::recvfrom(socket_, question, sizeof question, 0, peer, &from_bytes);
      if (bytes < 12) continue;
      const std::string reply = answer({reinterpret_cast<char*>(question), std::size_t(bytes)});
      ::sendto(socket_, reply.data(), reply.size(), 0, peer, from_bytes);
    }
  }

  std::string answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    const bool wants_v4 = query[at + 2] == 1;
    const std::string asked = query.substr(12, at + 5 - 12);
    const std::lock_guard lock(mutex_);
    if (wants_v4) ++asked_[name];
    const auto found = answers_.find(name);
    const Answer known = wants_v4 && found != answers_.end() ? found->second : Answer{};
    std::string reply = query.substr(0, 2) + std::string("\x81\x80\x00\x01\x00", 5);
    reply += static_cast<char>(known.addresses.size());
    reply += std::string(4, '\0') + asked;
    for (const std::string& address : known.addresses) {
      const std::uint32_t ttl = htonl(known.ttl);
      in_addr v4{};
      ::inet_pton(AF_INET, address.c_str(), &v4);
      reply += std::string("\xc0\x0c\x00\x01\x00\x01", 6);
      reply.append(reinterpret_cast<const char*>(&ttl), 4);
      reply += std::string("\x00\x04", 2);
      reply.append(reinterpret_cast<const char*>(&v4), 4);
    }
    return reply;
  }

  const int socket_;
  const int stop_;
  std::string address_;
  std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

// What a watch was told, waited for by a condition with a deadline.
class Told {
 public:
  Resolver::OnResolution listener() {
    return [this](const Resolution& resolution) {
      const std::lock_guard lock(mutex_);
      told_.push_back(resolution);
      changed_.notify_all();
    };
  }
  template <class Condition>
  std::optional<Resolution> until(Condition condition) {
    std::unique_lock lock(mutex_);
    std::optional<Resolution> found;
    changed_.wait_for(lock, 10s, [&] {
      for (; seen_ < told_.size() && !found; ++seen_) {
        if (condition(told_[seen_])) found = told_[seen_];
      }
      return found.has_value();
    });
    return found;
  }
  std::optional<Resolution> next() {
    return until([](const Resolution&) { return true; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Resolution> told_;
  std::size_t seen_ = 0;
};

std::vector<std::string> texts(const std::optional<Resolution>& resolution) {
  std::vector<std::string> all;
  if (!resolution) return {"nothing was told"};
  for (const SocketAddress& address : resolution->addresses) all.push_back(address.to_text());
  return all;
}

struct ResolverTest : ::testing::Test {
  NameServer server;
  const ResolverOptions options{
      .servers = {server.address()}, .ttl_min = 5ms, .ttl_max = 20ms, .timeout = 500ms, .tries = 2};
  Told told;
  std::unique_ptr<Resolver> resolver = *Resolver::start(options);
};

TEST_F(ResolverTest, a_name_becomes_its_addresses_in_a_fixed_order_without_doubles) {
  server.set("orders.test", {{"192.0.2.9", "192.0.2.1", "192.0.2.9"}});
  ASSERT_TRUE(resolver->watch("orders.test", 81, told.listener()));
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.1:81", "192.0.2.9:81"));
}

TEST_F(ResolverTest, a_changed_and_a_removed_address_are_told) {
  server.set("orders.test", {{"192.0.2.1", "192.0.2.2"}, 3600});
  ASSERT_TRUE(resolver->watch("orders.test", 81, told.listener()));
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.1:81", "192.0.2.2:81"));
  server.set("orders.test", {{"192.0.2.2"}, 3600});  // an hour, but the ceiling is 20 ms
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.2:81"));
  server.set("orders.test", {{"192.0.2.3"}, 0});
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.3:81"));
}

TEST_F(ResolverTest, an_answer_that_stays_the_same_is_told_once) {
  server.set("orders.test", {{"192.0.2.1"}});
  ASSERT_TRUE(resolver->watch("orders.test", 81, told.listener()));
  ASSERT_TRUE(told.next());
  // Another name that is asked for as often shows that time has passed.
  Told other;
  server.set("other.test", {{"192.0.2.7"}});
  ASSERT_TRUE(resolver->watch("other.test", 81, other.listener()));
  ASSERT_TRUE(other.next());
  const int asked = server.asked("orders.test");
  for (int i = 0; server.asked("orders.test") < asked + 3 && i < 1000; ++i) {
    server.set("other.test", {{i % 2 == 0 ? "192.0.2.8" : "192.0.2.7"}});
    ASSERT_TRUE(other.next());
  }
  EXPECT_GE(server.asked("orders.test"), asked + 3);
  EXPECT_EQ(told.count(), 1u);
}

TEST_F(ResolverTest, the_last_good_answer_outlives_its_server) {
  server.set("orders.test", {{"192.0.2.1"}});
  ASSERT_TRUE(resolver->watch("orders.test", 81, told.listener()));
  ASSERT_TRUE(told.next());
  server.die();
  const auto failed = told.next();
  EXPECT_THAT(texts(failed), ElementsAre("192.0.2.1:81"));
  ASSERT_TRUE(failed);
  EXPECT_THAT(failed->failure, ::testing::HasSubstr("`orders.test`: "));
}

TEST_F(ResolverTest, a_name_without_addresses_fails_at_once_and_its_mending_is_told) {
  ASSERT_TRUE(resolver->watch("late.test", 81, told.listener()));
  const auto failed = told.next();
  ASSERT_TRUE(failed);
  EXPECT_TRUE(failed->addresses.empty());
  EXPECT_FALSE(failed->failure.empty());
  server.set("late.test", {{"192.0.2.1"}});
  const auto mended = told.next();
  EXPECT_THAT(texts(mended), ElementsAre("192.0.2.1:81"));
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->failure, "");
  EXPECT_EQ(told.count(), 2u) << "a failure that lasts is told once in a while, not at every try";
}

TEST_F(ResolverTest, a_literal_is_answered_without_a_query) {
  server.die();
  ASSERT_TRUE(resolver->watch("2001:db8::1", 81, told.listener()));
  EXPECT_THAT(texts(told.next()), ElementsAre("[2001:db8::1]:81"));
  ASSERT_TRUE(resolver->watch("192.0.2.1", 81, told.listener()));
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.1:81"));
}

TEST_F(ResolverTest, localhost_needs_neither_server_nor_file) {
  server.die();
  for (const char* const name : {"localhost", "LocalHost.", "shop.localhost"}) {
    ASSERT_TRUE(resolver->watch(name, 81, told.listener()));
    EXPECT_THAT(texts(told.next()), ElementsAre("127.0.0.1:81", "[::1]:81")) << name;
  }
}

TEST_F(ResolverTest, a_name_that_only_looks_like_localhost_is_asked_for) {
  server.set("notlocalhost", {{"192.0.2.1"}});
  ASSERT_TRUE(resolver->watch("notlocalhost", 81, told.listener()));
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.1:81"));
}

TEST_F(ResolverTest, who_unwatches_is_not_called_any_more) {
  server.set("orders.test", {{"192.0.2.1"}});
  const auto id = resolver->watch("orders.test", 81, told.listener());
  ASSERT_TRUE(id && told.next());
  resolver->unwatch(*id);
  const std::size_t before = told.count();
  server.set("orders.test", {{"192.0.2.2"}});
  Told other;
  ASSERT_TRUE(resolver->watch("orders.test", 81, other.listener()));
  EXPECT_THAT(texts(other.next()), ElementsAre("192.0.2.2:81"));
  EXPECT_EQ(told.count(), before);
}

TEST_F(ResolverTest, a_call_may_unwatch_itself_and_watch_anew) {
  server.set("orders.test", {{"192.0.2.1"}});
  std::atomic<Resolver::Id> own{0};
  const auto id = resolver->watch("orders.test", 81, [&](const Resolution&) {
    resolver->unwatch(own.load());
    EXPECT_TRUE(resolver->watch("192.0.2.5", 82, told.listener()));
  });
  ASSERT_TRUE(id);
  own.store(*id);
  EXPECT_THAT(texts(told.next()), ElementsAre("192.0.2.5:82"));
}

TEST_F(ResolverTest, addresses_beyond_the_limit_are_left_out_and_counted) {
  NameServer::Answer many;
  for (int i = 1; i <= 70; ++i) many.addresses.push_back("192.0.2." + std::to_string(i));
  server.set("many.test", many);
  ASSERT_TRUE(resolver->watch("many.test", 81, told.listener()));
  const auto answer = told.next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->addresses.size(), Resolver::kAddressesMax);
  EXPECT_EQ(resolver->addresses_left_out() % 6, 0u);
  EXPECT_GE(resolver->addresses_left_out(), 6u);
}

TEST_F(ResolverTest, one_name_too_many_is_refused) {
  for (std::size_t i = 0; i < Resolver::kWatchesMax; ++i) {
    ASSERT_TRUE(resolver->watch("192.0.2.1", 81, [](const Resolution&) {}));
  }
  const auto refused = resolver->watch("orders.test", 81, told.listener());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "`orders.test` is one name more than 1000");
}

TEST(ResolverOptionsTest, a_server_without_an_address_or_a_port_is_refused) {
  for (const std::string server : {"ns.example:53", "192.0.2.53", "192.0.2.53:0", "[::1]"}) {
    const auto refused = Resolver::start({.servers = {server}});
    ASSERT_FALSE(refused) << server;
    EXPECT_EQ(refused.error().what, "`" + server + "` is no address of a name server");
  }
}

TEST(ResolverOptionsTest, an_answer_is_renewed_before_its_end_within_floor_and_ceiling) {
  const ResolverOptions options{.ttl_min = 5s, .ttl_max = 5min};
  EXPECT_EQ(Resolver::fresh_for(0s, options), 4500ms);
  EXPECT_EQ(Resolver::fresh_for(10s, options), 9s);
  EXPECT_EQ(Resolver::fresh_for(24h, options), 270s);
  EXPECT_EQ(Resolver::fresh_for(std::chrono::seconds::max(), options), 270s);
}

}  // namespace
}  // namespace gatehouse
