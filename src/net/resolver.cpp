#include "net/resolver.h"

#include <ares.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"

namespace gatehouse {

namespace {

// For an order and for equality: two answers with the same addresses are the same answer.
bool before(const SocketAddress& a, const SocketAddress& b) {
  if (a.family() != b.family()) return a.family() < b.family();
  return std::memcmp(a.data(), b.data(), std::min(a.size(), b.size())) < 0;
}

bool same(const SocketAddress& a, const SocketAddress& b) { return !before(a, b) && !before(b, a); }

Error no_server(const std::string& server) {
  return Error{.code = "E0621",
               .what = "`" + server + "` is no address of a name server",
               .help = "write an address and a port, as in `192.0.2.53:53`"};
}

// RFC 6761 §6.3: these names mean this machine, whatever a file or a server would say.
bool is_localhost(std::string_view name) {
  constexpr std::string_view kName = "localhost";
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() < kName.size()) return false;
  const std::string_view last = name.substr(name.size() - kName.size());
  const auto same_letter = [](char a, char b) { return (a | 0x20) == b; };
  if (!std::ranges::equal(last, kName, same_letter)) return false;
  return name.size() == kName.size() || name[name.size() - kName.size() - 1] == '.';
}

// What is known of a name without asking anybody; empty: ask.
std::vector<SocketAddress> known_addresses(const std::string& name, std::uint16_t port) {
  if (const auto literal = SocketAddress::parse(name, port)) return {*literal};
  if (!is_localhost(name)) return {};
  return {*SocketAddress::parse("127.0.0.1", port), *SocketAddress::parse("::1", port)};
}

// c-ares separates servers by commas.
Result<std::string> joined_servers(const std::vector<std::string>& servers) {
  std::string joined;
  for (const std::string& server : servers) {
    const auto parts = split_host_port(server);
    if (!parts || parts->port == 0 || !SocketAddress::parse(parts->host, parts->port)) {
      return fail(no_server(server));
    }
    if (!joined.empty()) joined += ',';
    joined += server;
  }
  return joined;
}

}  // namespace

// Owns the thread and the c-ares channel. Only the thread touches the channel, the sockets and the
// schedule in the watches; what others may do stands under mutex_.
class Resolver::Worker {
 public:
  explicit Worker(const ResolverOptions& options) : options_(options) {}
  ~Worker();

  Status open();
  Result<Id> watch(const std::string& name, std::uint16_t port, OnResolution call);
  void unwatch(Id id);
  std::uint64_t addresses_left_out() const { return left_out_.load(std::memory_order_relaxed); }

 private:
  struct Watch {
    std::string name;
    std::uint16_t port = 0;
    OnResolution call;
    Resolution known = {};
    Monotonic due = {};     // when to ask; Monotonic::max() while asking, and for literals
    Monotonic told = {};    // when the failure was last told
    int failures = 0;       // in a row
    bool answered = false;  // once at least, well or badly
  };
  // Travels through c-ares as its argument; it outlives neither the channel nor the Worker.
  struct Query {
    Worker& worker;
    Id id;
  };

  std::unique_lock<std::mutex> guard();
  void run();
  Monotonic ask_due(Monotonic now);
  void ask(Id id, const std::string& name);
  void wait_and_process(Monotonic next);
  int poll_timeout(Monotonic next) const;
  void on_answer(Id id, int status, const ares_addrinfo* info);
  void on_good(Watch& watch, const ares_addrinfo* info);
  void on_bad(Watch& watch, int status);
  void tell(Watch& watch);
  std::vector<SocketAddress> addresses_of(const ares_addrinfo* info, std::uint16_t port);
  void watch_socket(ares_socket_t socket, bool read, bool write);
  void wake() const;

  static void on_socket(void* self, ares_socket_t socket, int read, int write) {
    static_cast<Worker*>(self)->watch_socket(socket, read != 0, write != 0);
  }
  static void on_addrinfo(void* argument, int status, int timeouts, ares_addrinfo* info);

  const ResolverOptions options_;
  int wakeup_ = -1;
  ares_channel channel_ = nullptr;
  bool library_ = false;
  std::vector<pollfd> sockets_;
  int queries_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> left_out_{0};
  // Held while anybody is called, so that unwatch() can promise silence.
  std::mutex mutex_;
  std::map<Id, std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> gone_;  // unwatched by their own call, which still runs
  Id next_id_ = 1;
  std::thread thread_;
};

Status Resolver::Worker::open() {
  GH_TRY(const std::string servers, joined_servers(options_.servers));
  wakeup_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wakeup_ < 0) {
    return fail({.code = "E0603",
                 .what = std::string("no descriptor for the resolver: ") + std::strerror(errno),
                 .help = "raise the limit of open files (`ulimit -n`)"});
  }
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  library_ = status == ARES_SUCCESS;
  ares_options settings{};
  settings.flags = ARES_FLAG_EDNS;
  settings.ednspsz = 1232;  // some 70 addresses without TCP, and never a fragment
  settings.timeout = static_cast<int>(options_.timeout.count());
  settings.tries = options_.tries;
  settings.sock_state_cb = &Worker::on_socket;
  settings.sock_state_cb_data = this;
  constexpr int kSet = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                       ARES_OPT_SOCK_STATE_CB;
  if (library_) status = ares_init_options(&channel_, &settings, kSet);
  if (status == ARES_SUCCESS && !servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    return fail({.code = "E0622",
                 .what = std::string("the resolver cannot start: ") + ares_strerror(status),
                 .help = "see that /etc/resolv.conf can be read"});
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

Resolver::Worker::~Worker() {
  stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  // What is still asked for ends here, with a status that on_answer() takes for the end.
  if (channel_ != nullptr) ares_destroy(channel_);
  if (library_) ares_library_cleanup();
  if (wakeup_ >= 0) ::close(wakeup_);
}

Result<Resolver::Id> Resolver::Worker::watch(const std::string& name, std::uint16_t port,
                                             OnResolution call) {
  Id id = 0;
  {
    const std::unique_lock lock = guard();
    if (watches_.size() >= kWatchesMax) {
      return fail({.code = "E0623",
                   .what = "`" + name + "` is one name more than " + std::to_string(kWatchesMax),
                   .help = "name fewer targets, or write some as addresses"});
    }
    id = next_id_++;
    watches_.emplace(
        id, std::make_unique<Watch>(Watch{.name = name, .port = port, .call = std::move(call)}));
  }
  wake();
  return id;
}

void Resolver::Worker::unwatch(Id id) {
  const std::unique_lock lock = guard();
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  if (!lock.owns_lock()) gone_.push_back(std::move(found->second));
  watches_.erase(found);
}

// The mutex, but for a caller who is being called: then this thread holds it already.
std::unique_lock<std::mutex> Resolver::Worker::guard() {
  if (std::this_thread::get_id() == thread_.get_id()) return {};
  return std::unique_lock(mutex_);
}

void Resolver::Worker::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    const Monotonic next = ask_due(std::chrono::steady_clock::now());
    wait_and_process(next);
  }
}

// Asks for what is due and gives the time when the next name will be.
Monotonic Resolver::Worker::ask_due(Monotonic now) {
  std::vector<std::pair<Id, std::string>> due;
  Monotonic next = Monotonic::max();
  {
    const std::lock_guard lock(mutex_);
    for (auto at = watches_.begin(); at != watches_.end();) {
      const Id id = at->first;
      Watch& watch = *at->second;
      ++at;
      if (watch.due > now) {
        next = std::min(next, watch.due);
      } else if (auto known = known_addresses(watch.name, watch.port); !known.empty()) {
        watch.due = Monotonic::max();
        watch.known.addresses = std::move(known);
        tell(watch);
        at = watches_.upper_bound(id);  // the call may have unwatched the next one
      } else if (queries_ + static_cast<int>(due.size()) < kQueriesMax) {
        watch.due = Monotonic::max();
        due.emplace_back(id, watch.name);
      }
    }
    gone_.clear();
  }
  // Without the mutex: c-ares answers some names within the call.
  for (const auto& [id, name] : due) ask(id, name);
  return due.empty() ? next : now;
}

void Resolver::Worker::ask(Id id, const std::string& name) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  ++queries_;
  auto query = std::make_unique<Query>(Query{*this, id});
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Worker::on_addrinfo, query.release());
}

int Resolver::Worker::poll_timeout(Monotonic next) const {
  using std::chrono::milliseconds;
  auto wait = milliseconds(std::chrono::hours(1));
  if (next != Monotonic::max()) {
    const auto until = next - std::chrono::steady_clock::now();
    wait = std::clamp(std::chrono::ceil<milliseconds>(until), milliseconds(0), wait);
  }
  timeval room{};
  if (const timeval* const mine = ares_timeout(channel_, nullptr, &room)) {
    wait = std::min(wait, milliseconds(mine->tv_sec * 1000 + mine->tv_usec / 1000 + 1));
  }
  return static_cast<int>(wait.count());
}

void Resolver::Worker::wait_and_process(Monotonic next) {
  std::vector<pollfd> polled = sockets_;
  polled.push_back({.fd = wakeup_, .events = POLLIN, .revents = 0});
  if (::poll(polled.data(), polled.size(), poll_timeout(next)) < 0) return;
  if (polled.back().revents != 0) {
    std::uint64_t ignored;
    (void)!::read(wakeup_, &ignored, sizeof ignored);
  }
  polled.pop_back();
  bool processed = false;
  for (const pollfd& one : polled) {
    if (one.revents == 0) continue;
    const bool broken = (one.revents & (POLLERR | POLLHUP)) != 0;
    const bool readable = broken || (one.revents & POLLIN) != 0;
    const bool writable = (one.revents & POLLOUT) != 0;
    ares_process_fd(channel_, readable ? one.fd : ARES_SOCKET_BAD,
                    writable ? one.fd : ARES_SOCKET_BAD);
    processed = true;
  }
  // Without a socket c-ares only looks whose time is over.
  if (!processed) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::Worker::on_addrinfo(void* argument, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<Query> query(static_cast<Query*>(argument));
  query->worker.on_answer(query->id, status, info);
  if (info != nullptr) ares_freeaddrinfo(info);
}

void Resolver::Worker::on_answer(Id id, int status, const ares_addrinfo* info) {
  --queries_;
  if (stopping_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  if (status == ARES_SUCCESS && info != nullptr && info->nodes != nullptr) {
    on_good(*found->second, info);
  } else {
    on_bad(*found->second, status == ARES_SUCCESS ? ARES_ENODATA : status);
  }
  gone_.clear();
}

void Resolver::Worker::on_good(Watch& watch, const ares_addrinfo* info) {
  int ttl = info->nodes->ai_ttl;
  for (const ares_addrinfo_node* at = info->nodes; at != nullptr; at = at->ai_next) {
    ttl = std::min(ttl, at->ai_ttl);
  }
  const Monotonic now = std::chrono::steady_clock::now();
  watch.due = now + fresh_for(std::chrono::seconds(std::max(ttl, 0)), options_);
  std::vector<SocketAddress> addresses = addresses_of(info, watch.port);
  const bool changed = !std::ranges::equal(addresses, watch.known.addresses, same);
  const bool mended = watch.failures != 0;
  watch.failures = 0;
  watch.known = {.addresses = std::move(addresses), .failure = {}};
  if (changed || mended || !watch.answered) tell(watch);
}

void Resolver::Worker::on_bad(Watch& watch, int status) {
  const Monotonic now = std::chrono::steady_clock::now();
  const auto pause = options_.ttl_min * (1 << std::min(watch.failures, 16));
  watch.due = now + std::clamp<std::chrono::milliseconds>(
                        pause, std::chrono::milliseconds(1),
                        std::max(options_.ttl_max, std::chrono::milliseconds(1)));
  ++watch.failures;
  watch.known.failure = "`" + watch.name + "`: " + ares_strerror(status);
  if (watch.failures > 1 && now - watch.told < kFailureTold) return;
  watch.told = now;
  tell(watch);
}

// REQUIRES: mutex_ is held. The watch may be unwatched by its call; it lives on in gone_.
void Resolver::Worker::tell(Watch& watch) {
  watch.answered = true;
  if (watch.call) watch.call(watch.known);
}

std::vector<SocketAddress> Resolver::Worker::addresses_of(const ares_addrinfo* info,
                                                          std::uint16_t port) {
  std::vector<SocketAddress> addresses;
  for (const ares_addrinfo_node* at = info->nodes; at != nullptr; at = at->ai_next) {
    // Built anew: what c-ares leaves in padding and scope must not make two addresses unlike.
    if (at->ai_family == AF_INET) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      v4.sin_addr = reinterpret_cast<const sockaddr_in*>(at->ai_addr)->sin_addr;
      addresses.emplace_back(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    } else if (at->ai_family == AF_INET6) {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      v6.sin6_addr = reinterpret_cast<const sockaddr_in6*>(at->ai_addr)->sin6_addr;
      addresses.emplace_back(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
    }
  }
  std::ranges::sort(addresses, before);
  const auto doubles = std::ranges::unique(addresses, same);
  addresses.erase(doubles.begin(), doubles.end());
  if (addresses.size() > kAddressesMax) {
    left_out_.fetch_add(addresses.size() - kAddressesMax, std::memory_order_relaxed);
    addresses.resize(kAddressesMax);
  }
  return addresses;
}

void Resolver::Worker::watch_socket(ares_socket_t socket, bool read, bool write) {
  const auto at = std::ranges::find(sockets_, socket, &pollfd::fd);
  if (!read && !write) {
    if (at != sockets_.end()) sockets_.erase(at);
    return;
  }
  pollfd& one = at != sockets_.end() ? *at : sockets_.emplace_back();
  one.fd = socket;
  one.events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

void Resolver::Worker::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wakeup_, &one, sizeof one);
}

Resolver::Resolver(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Resolver::~Resolver() = default;

Result<std::unique_ptr<Resolver>> Resolver::start(const ResolverOptions& options) {
  auto worker = std::make_unique<Worker>(options);
  if (Status opened = worker->open(); !opened) return fail(std::move(opened).error());
  return std::unique_ptr<Resolver>(new Resolver(std::move(worker)));
}

Result<Resolver::Id> Resolver::watch(const std::string& name, std::uint16_t port,
                                     OnResolution call) {
  return worker_->watch(name, port, std::move(call));
}

void Resolver::unwatch(Id id) { worker_->unwatch(id); }

std::uint64_t Resolver::addresses_left_out() const { return worker_->addresses_left_out(); }

std::chrono::milliseconds Resolver::fresh_for(std::chrono::seconds ttl,
                                              const ResolverOptions& options) {
  // A TTL of years must not overflow, nor one of nothing ask without pause.
  const std::chrono::milliseconds asked = std::min(ttl, std::chrono::seconds(86'400 * 7));
  const auto most = std::max(options.ttl_max, std::chrono::milliseconds(1));
  const auto least = std::clamp(options.ttl_min, std::chrono::milliseconds(1), most);
  return std::max(std::clamp(asked, least, most) * 9 / 10, std::chrono::milliseconds(1));
}

}  // namespace gatehouse
