// What is promised: a fresh descriptor that doesn't block and whose client is known; a pause
// instead of a busy loop while there are no descriptors; a Unix socket for its owner alone, and
// never one that belongs to somebody else.
#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "net/loop.h"
#include "net/unix_address.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;

struct ListenerTest : ::testing::Test, Listener::Owner {
  ~ListenerTest() override {
    for (const int fd : accepted) ::close(fd);
    for (const int fd : clients) ::close(fd);
    std::filesystem::remove(path);
  }
  void on_accept(int fd, const SocketAddress& client) override {
    accepted.push_back(fd);
    last = client.to_text();
  }
  void on_exhausted(int error) override { errors.push_back(error); }

  void listen() {
    auto opened = Listener::open(*SocketAddress::parse("127.0.0.1", 0));
    ASSERT_TRUE(opened) << opened.error().what;
    address = SocketAddress::local_of(*opened);
    listener = std::make_unique<Listener>(loop, *opened, *this);
  }
  void connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(fd, address.data(), address.size()), 0);
    clients.push_back(fd);
  }
  template <class Condition>
  void until(Condition&& come) {
    while (!come()) {
      (void)loop.post([this] { loop.stop(); });
      loop.run();
    }
  }

  Loop loop;
  SocketAddress address = *SocketAddress::parse("127.0.0.1", 0);
  std::unique_ptr<Listener> listener;
  std::vector<int> accepted;
  std::vector<int> clients;
  std::vector<int> errors;
  std::string last;
  const std::string path =
      std::string(::testing::TempDir()) + "listener_" + std::to_string(::getpid());
};

TEST_F(ListenerTest, hands_over_what_was_accepted_without_blocking) {
  listen();
  connect();
  until([this] { return accepted.size() == 1; });
  EXPECT_NE(::fcntl(accepted[0], F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(accepted[0], F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(last, SocketAddress::local_of(clients[0]).to_text());
}

TEST_F(ListenerTest, takes_more_than_one_turn_takes) {
  listen();
  for (int i = 0; i < Listener::kAcceptsATurn + 6; ++i) connect();
  until([this] { return accepted.size() == clients.size(); });
}

// UBSan looks at vtables through a pipe of its own, and takes its absence for a fault.
#if defined(__has_feature)
constexpr bool kNeedsDescriptors = __has_feature(undefined_behavior_sanitizer);
#else
constexpr bool kNeedsDescriptors = false;
#endif

TEST_F(ListenerTest, pauses_without_descriptors_and_goes_on_when_there_are_some) {
  if (kNeedsDescriptors) GTEST_SKIP() << "the sanitizer itself needs descriptors";
  listen();
  connect();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);  // the lowest that is free
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  until([this] { return errors.size() == 2; });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(errors[0], EMFILE);
  EXPECT_TRUE(accepted.empty());
  until([this] { return accepted.size() == 1; });
}

TEST_F(ListenerTest, an_address_of_another_machine_is_an_error) {
  const auto opened = Listener::open(*SocketAddress::parse("192.0.2.1", 8080));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "E0601");
  EXPECT_THAT(opened.error().what, HasSubstr("`192.0.2.1:8080`"));
}

TEST_F(ListenerTest, a_unix_socket_is_its_owners_alone) {
  const auto opened = Listener::open_unix(path);
  ASSERT_TRUE(opened) << opened.error().what;
  struct stat made{};
  ASSERT_EQ(::stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0600U);
  ::close(*opened);
}

TEST_F(ListenerTest, a_unix_socket_that_was_left_behind_is_replaced_and_a_live_one_is_not) {
  const auto first = Listener::open_unix(path);
  ASSERT_TRUE(first);
  const auto second = Listener::open_unix(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "E0602");
  EXPECT_THAT(second.error().what, HasSubstr("another program listens on it"));
  ::close(*first);
  const auto third = Listener::open_unix(path);
  ASSERT_TRUE(third) << third.error().what;
  ::close(*third);
}

TEST_F(ListenerTest, a_file_of_another_kind_is_left_alone) {
  std::ofstream(path) << "precious";
  const auto opened = Listener::open_unix(path);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what, HasSubstr("a file of another kind"));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

}  // namespace
}  // namespace gatehouse
