#include "net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "net/descriptor.h"

namespace gatehouse {

struct Loop::Batch {
  epoll_event events[kEventsMax];
  int count = 0;
};

Loop::Loop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      timers_(std::chrono::steady_clock::now()) {
  // Two descriptors at start: without them there is no program to report to.
  if (epoll_ < 0 || wakeup_ < 0) std::abort();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeup_, &event) != 0) std::abort();
}

Loop::~Loop() {
  ::close(wakeup_);
  ::close(epoll_);
}

void Loop::run() {
  assert_home();
  while (!stopping_.load(std::memory_order_acquire)) turn();
  stopping_.store(false, std::memory_order_release);
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  (void)!::write(wakeup_, &one, sizeof one);
}

bool Loop::post(std::move_only_function<void()> message) {
  bool first = false;
  {
    const std::lock_guard lock(posts_mutex_);
    if (posts_.size() >= kPostsMax) return false;
    first = posts_.empty();
    posts_.push_back(std::move(message));
  }
  const std::uint64_t one = 1;
  if (first) (void)!::write(wakeup_, &one, sizeof one);
  return true;
}

void Loop::add(Descriptor& descriptor) {
  epoll_event event{};
  event.events =
      descriptor.listening_ ? EPOLLIN | EPOLLET : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &descriptor;
  // Fails only for want of kernel memory or by our own fault; the descriptor then behaves as
  // broken.
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor.fd_, &event) != 0) descriptor.abort();
}

void Loop::remove(Descriptor& descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor.fd_, nullptr);
  if (batch_ == nullptr) return;
  for (int i = 0; i < batch_->count; ++i) {
    if (batch_->events[i].data.ptr == &descriptor) batch_->events[i].events = 0;
  }
}

void Loop::turn() {
  Batch batch;
  int timeout = -1;
  if (!ready_.empty()) {
    timeout = 0;
  } else if (const auto until = timers_.until_next(); until.count() >= 0) {
    timeout = static_cast<int>(until.count());
  }
  const int count = ::epoll_wait(epoll_, batch.events, kEventsMax, timeout);
  batch.count = count > 0 ? count : 0;
  batch_ = &batch;  // before the timers: what they close must leave the batch
  timers_.advance(std::chrono::steady_clock::now());
  bool woken = false;
  for (int i = 0; i < batch.count; ++i) {
    const epoll_event& event = batch.events[i];
    if (event.events == 0) continue;
    if (event.data.ptr == nullptr) {
      woken = true;
    } else {
      static_cast<Descriptor*>(event.data.ptr)->on_events(event.events);
    }
  }
  batch_ = nullptr;
  wake_ready();
  if (woken) {
    std::uint64_t ignored;
    (void)!::read(wakeup_, &ignored, sizeof ignored);
    run_posts();
    wake_ready();
  }
}

void Loop::wake_ready() {
  // What gets ready meanwhile runs too, but a loop that feeds itself must let the sockets have
  // their turn.
  constexpr int kWakesMax = 4096;
  for (int i = 0; i < kWakesMax; ++i) {
    Waiter* const waiter = ready_.pop();
    if (waiter == nullptr) return;
    waiter->wake();
  }
}

void Loop::run_posts() {
  {
    const std::lock_guard lock(posts_mutex_);
    running_.swap(posts_);
  }
  for (auto& message : running_) message();
  running_.clear();
}

}  // namespace gatehouse
