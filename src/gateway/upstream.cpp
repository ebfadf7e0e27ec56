#include "gateway/upstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace gatehouse {

// A connection and its place in a target's lists.
class Upstream::Pooled final : public Http1Client::Owner,
                               public boost::intrusive::list_base_hook<> {
 public:
  Pooled(Upstream& upstream, Target& target, std::unique_ptr<Connection> connection)
      : upstream_(upstream),
        target_(target),
        client(std::move(connection), *this, upstream.buffers_, upstream.spec_.client) {}

  void on_done(Http1Client&, bool reusable) override;
  void on_rest_broken(Http1Client&) override;
  void judge();

  Upstream& upstream_;
  Target& target_;
  Http1Client client;
  Monotonic rests_since{};
};

struct Upstream::Target {
  using List = boost::intrusive::list<Pooled>;

  std::size_t endpoint = 0;
  SocketAddress address;
  std::string text;
  std::string tls_name;
  TargetHealth* health = nullptr;
  List idle;  // the most recently used first
  List busy;
  std::size_t connecting = 0;
  bool leaving = false;  // its name no longer stands for it

  std::size_t open() const { return idle.size() + busy.size() + connecting; }
  std::size_t in_flight() const { return busy.size() + connecting; }
};

Upstream::Upstream(Loop& loop, BufferPool& buffers, UpstreamSpec spec, HealthBoard& health)
    : loop_(loop),
      buffers_(buffers),
      spec_(std::move(spec)),
      health_(health),
      known_(spec_.endpoints.size()),
      random_(std::hash<std::string>{}(spec_.name) | 1),
      sweep_(loop.timers(), [](void* self) { static_cast<Upstream*>(self)->sweep(); }, this) {
  for (std::size_t i = 0; i < spec_.endpoints.size(); ++i) {
    const auto& endpoint = spec_.endpoints[i];
    if (const auto address = SocketAddress::parse(endpoint.host, endpoint.port)) {
      set_addresses(i, {*address});
    }
  }
}

Upstream::~Upstream() {
  for (auto* list : {&targets_, &leaving_}) {
    for (auto& target : *list) target->idle.clear_and_dispose([](Pooled* one) { delete one; });
  }
}

Task<Upstream::Opened> Upstream::open_stream(Arena& arena, Method method, bool fresh,
                                             std::string_view avoid) {
  const Monotonic deadline = loop_.now() + spec_.wait_time;
  bool my_turn = waiters_.empty() && granted_ == 0;
  for (bool waited = false; !given_up_; waited = true) {
    if (targets_.empty() && !unresolved()) break;
    Target* const target = my_turn ? choose(avoid) : nullptr;
    if (target != nullptr) {
      if (waited && room() > 1) wake_waiter();  // more than this one may come in
      Pooled* const pooled = fresh ? nullptr : take_idle(*target, arena, method);
      if (pooled != nullptr) {
        co_return Opened{&pooled->client, StreamError::none, arena.copy(target->text)};
      }
      if (target->open() >= spec_.connections_max) discard(target->idle.back());
      Task<Opened> connecting = connect(*target, arena, method);
      const Opened opened = co_await connecting;
      co_return opened;
    }
    if (!waited && waiters_.size() >= spec_.waiters_max) {
      co_return Opened{nullptr, StreamError::no_capacity, {}};
    }
    Task<bool> waiting = wait_for_room(deadline, waited);
    my_turn = co_await waiting;
    if (!my_turn) break;
  }
  const bool nameless = targets_.empty() && !given_up_;
  co_return Opened{nullptr, nameless ? StreamError::name_unknown : StreamError::no_capacity, {}};
}

// The most recently used connection that is still fit; those that are not go.
Upstream::Pooled* Upstream::take_idle(Target& target, Arena& arena, Method method) {
  while (!target.idle.empty()) {
    Pooled& pooled = target.idle.front();
    if (pooled.client.begin(arena, method, true)) {
      target.idle.pop_front();
      target.busy.push_front(pooled);
      return &pooled;
    }
    discard(pooled);
  }
  return nullptr;
}

bool Upstream::unresolved() const {
  return std::find(known_.begin(), known_.end(), false) != known_.end();
}

bool Upstream::usable(const Target& target, Monotonic now) const {
  return target.health == nullptr || !target.health->ejected(now);
}

// Null when every target that may be used is at its cap.
Upstream::Target* Upstream::choose(std::string_view avoid) {
  const Monotonic now = loop_.now();
  const auto has_room = [&](const Target& target) {
    return !target.idle.empty() || target.open() < spec_.connections_max;
  };
  const std::size_t count = targets_.size();
  if (count == 0) return nullptr;
  if (count == 1) return has_room(*targets_[0]) ? targets_[0].get() : nullptr;
  const bool all_out = std::none_of(targets_.begin(), targets_.end(),
                                    [&](const auto& one) { return usable(*one, now); });
  const auto fits = [&](const Target& target) {
    return (all_out || usable(target, now)) && has_room(target);
  };
  if (spec_.least_requests) {
    random_ ^= random_ << 13, random_ ^= random_ >> 7, random_ ^= random_ << 17;
    const std::size_t first = (random_ & 0xffff'ffff) % count;
    Target& one = *targets_[first];
    Target& other = *targets_[(first + 1 + (random_ >> 32) % (count - 1)) % count];
    Target& less = one.in_flight() <= other.in_flight() ? one : other;
    Target& more = &less == &one ? other : one;
    for (Target* const target : {&less, &more}) {
      if (fits(*target) && target->text != avoid) return target;
    }
  }
  Target* avoided = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    Target& target = *targets_[turn_++ % count];
    if (!fits(target)) continue;
    if (target.text != avoid) return &target;
    avoided = &target;
  }
  return avoided;
}

// Streams that could be opened now.
std::size_t Upstream::room() const {
  const Monotonic now = loop_.now();
  std::size_t room = 0;
  for (const auto& target : targets_) {
    if (!usable(*target, now)) continue;
    room += target->idle.size() + spec_.connections_max -
            std::min(target->open(), spec_.connections_max);
  }
  return room;
}

Task<Upstream::Opened> Upstream::connect(Target& target, Arena& arena, Method method) {
  StreamError error = StreamError::connect_failed;
  std::unique_ptr<Connection> connection = dial(target, error);
  if (connection == nullptr) {
    if (error == StreamError::connect_failed) failed(target);
    wake_waiter();
    co_return Opened{nullptr, error, arena.copy(target.text)};
  }
  Opening opening(loop_, *connection);
  openings_.push_back(opening);
  opening.timer.arm_in(spec_.connect_time);
  ++target.connecting;
  Task<bool> connecting = connection->connected();
  const bool connected = co_await connecting;
  bool shaken = false;
  if (connected) {
    Task<bool> shaking = connection->handshake();
    shaken = co_await shaking;
  }
  opening.timer.disarm();
  openings_.erase(openings_.iterator_to(opening));
  --target.connecting;
  if (!shaken || opening.late) {
    error = opening.late ? StreamError::connect_timed_out
            : connected  ? StreamError::tls_failed
                         : StreamError::connect_failed;
    if (!given_up_) failed(target);
    wake_waiter();
    co_return Opened{nullptr, error, arena.copy(target.text)};
  }
  auto* const pooled = new Pooled(*this, target, std::move(connection));
  target.busy.push_front(*pooled);
  (void)pooled->client.begin(arena, method, false);
  co_return Opened{&pooled->client, StreamError::none, arena.copy(target.text)};
}

// A connection under way; null with the error when there is none.
std::unique_ptr<Connection> Upstream::dial(const Target& target, StreamError& error) {
  const int fd = ::socket(target.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = StreamError::no_capacity;
    return nullptr;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ssl_st* const tls = spec_.tls == nullptr ? nullptr : spec_.tls->connect(target.tls_name);
  if (spec_.tls != nullptr && tls == nullptr) {
    error = StreamError::tls_failed;  // never in the clear instead
  } else if (::connect(fd, target.address.data(), target.address.size()) == 0 ||
             errno == EINPROGRESS) {
    return std::make_unique<Connection>(loop_, fd, tls);
  }
  TlsClient::forget(tls);
  ::close(fd);
  return nullptr;
}

Task<bool> Upstream::wait_for_room(Monotonic deadline, bool again) {
  Queued queued(loop_);
  if (again) {
    waiters_.push_front(queued);
  } else {
    waiters_.push_back(queued);
  }
  queued.timer.arm(deadline);
  Signal::Awaiter signalled = queued.signal.wait();
  co_await signalled;
  if (queued.is_linked()) waiters_.erase(waiters_.iterator_to(queued));
  if (queued.granted) --granted_;
  co_return queued.granted;
}

void Upstream::wake_waiter() {
  if (waiters_.empty()) return;
  Queued& first = waiters_.front();
  waiters_.pop_front();
  first.granted = true;
  ++granted_;
  first.signal.set();
}

void Upstream::give_up() {
  given_up_ = true;
  while (!waiters_.empty()) wake_waiter();
  for (Opening& opening : openings_) opening.connection.abort();
}

void Upstream::failed(Target& target) {
  const Monotonic now = loop_.now();
  if (target.health == nullptr || !target.health->failed(now, spec_.eject)) return;
  const auto out = static_cast<std::size_t>(std::count_if(
      targets_.begin(), targets_.end(), [&](const auto& one) { return !usable(*one, now); }));
  if ((out + 1) * 2 > targets_.size()) return;
  target.health->eject(now, spec_.eject);
  target.idle.clear_and_dispose([](Pooled* one) { delete one; });
}

void Upstream::Pooled::on_done(Http1Client&, bool reusable) {
  target_.busy.erase(target_.busy.iterator_to(*this));
  Upstream& upstream = upstream_;
  judge();
  if (reusable && !target_.leaving && !upstream.retired_ &&
      target_.idle.size() < upstream.spec_.keep_idle) {
    rests_since = upstream.loop_.now();
    target_.idle.push_front(*this);
    client.rest();
    if (!upstream.sweep_.armed()) upstream.sweep_.arm_in(upstream.spec_.keep_idle_time);
  } else {
    // The exchange still stands on the stream's frame: gone by the end of the turn.
    struct Gone final : Waiter {
      explicit Gone(Pooled* one) : pooled(one) {}
      void wake() override {
        --pooled->upstream_.closing_;
        delete this;
      }
      std::unique_ptr<Pooled> pooled;
    };
    ++upstream.closing_;
    upstream.loop_.defer(*new Gone(this));
  }
  upstream.wake_waiter();
}

// What the exchange says of the target. A connection that rested and closed says nothing, nor does
// our own abort.
void Upstream::Pooled::judge() {
  const StreamError error = client.error();
  if (error == StreamError::none || error == StreamError::aborted) return;
  const bool rested = error == StreamError::closed && client.reused();
  if (!rested || client.received_anything()) upstream_.failed(target_);
}

void Upstream::Pooled::on_rest_broken(Http1Client&) { upstream_.discard(*this); }

void Upstream::discard(Pooled& pooled) {
  pooled.target_.idle.erase(pooled.target_.idle.iterator_to(pooled));
  delete &pooled;
}

// Closes what has rested too long, the longest first; forgets targets that have left.
void Upstream::sweep() {
  const Monotonic now = loop_.now();
  Monotonic next = Monotonic::max();
  for (auto* list : {&targets_, &leaving_}) {
    for (auto& target : *list) {
      while (!target->idle.empty()) {
        const Monotonic due = target->idle.back().rests_since + spec_.keep_idle_time;
        if (!retired_ && due > now) {
          next = std::min(next, due);
          break;
        }
        discard(target->idle.back());
      }
    }
  }
  std::erase_if(leaving_, [](const auto& target) { return target->open() == 0; });
  if (!leaving_.empty()) next = std::min(next, now + spec_.keep_idle_time);
  if (next != Monotonic::max()) sweep_.arm(next);
}

void Upstream::set_addresses(std::size_t endpoint, const std::vector<SocketAddress>& addresses) {
  assert_home();
  known_[endpoint] = true;
  const auto& [host, port] = spec_.endpoints[endpoint];
  std::vector<std::unique_ptr<Target>> next;
  for (auto& target : targets_) {
    const bool stays = target->endpoint != endpoint ||
                       std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
                         return address.to_text() == target->text;
                       });
    if (!stays) target->idle.clear_and_dispose([](Pooled* one) { delete one; });
    target->leaving = !stays;
    (stays ? next : leaving_).push_back(std::move(target));
  }
  targets_ = std::move(next);
  for (const SocketAddress& address : addresses) {
    const std::string text = address.to_text();
    if (std::any_of(targets_.begin(), targets_.end(), [&](const auto& one) {
          return one->endpoint == endpoint && one->text == text;
        })) {
      continue;
    }
    auto target = std::make_unique<Target>();
    target->endpoint = endpoint;
    target->address = address;
    target->text = text;
    target->tls_name = host;
    target->health = health_.of(spec_.name, text);
    targets_.push_back(std::move(target));
  }
  if (!leaving_.empty() && !sweep_.armed()) sweep_.arm_in(spec_.keep_idle_time);
  // There is room, or no hope of it: each finds out for itself.
  while (!waiters_.empty()) wake_waiter();
}

void Upstream::retire() {
  retired_ = true;
  sweep();
}

bool Upstream::gone() const {
  const Counts now = counts();
  return now.open == 0 && now.waiting == 0 && granted_ == 0 && closing_ == 0;
}

Upstream::Counts Upstream::counts() const {
  Counts counts;
  counts.waiting = waiters_.size();
  for (const auto* list : {&targets_, &leaving_}) {
    for (const auto& target : *list) {
      counts.open += target->open();
      counts.idle += target->idle.size();
      counts.ejected += usable(*target, loop_.now()) ? 0 : 1;
    }
  }
  return counts;
}

}  // namespace gatehouse
