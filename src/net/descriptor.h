// net/descriptor: an owned, non-blocking file descriptor on a loop, and who waits for it.
//
// Edge-triggered: a direction is believed ready until a call says it would block and blocked() is
// told so. One waiter a direction. abort() makes both directions ready for ever, so that who waits
// finds out by its next call.
#pragma once

#include "net/loop.h"

namespace gatehouse {

enum class Direction : std::uint8_t { read, write };

class Descriptor : public LoopBound {
 public:
  // Takes ownership of an open, non-blocking descriptor. `listening` ones are watched for reading
  // alone.
  Descriptor(Loop& loop, int fd, bool listening = false);
  ~Descriptor();

  int fd() const { return fd_; }
  Loop& loop() { return loop_; }

  bool ready(Direction direction) const {
    return aborted_ || (direction == Direction::read ? readable_ : writable_);
  }
  // The last call in that direction would have blocked.
  void blocked(Direction direction) {
    (direction == Direction::read ? readable_ : writable_) = false;
  }
  // A read gave less than was asked for: nothing more is there, unless the peer has already sent
  // its end.
  void drained() { readable_ = ended_ || hung_up_; }

  // Wakes the waiter once the direction is ready. REQUIRES: !ready(direction), and nobody waits in
  // that direction.
  void wait(Direction direction, Waiter& waiter) { slot(direction).set(waiter); }
  // Nobody waits in that direction any more.
  void forget(Direction direction) { (void)slot(direction).take(); }
  bool awaited(Direction direction) { return slot(direction).taken(); }

  // The peer's end or an error was seen: a read gives it without waiting.
  bool peer_ended() const { return ended_ || hung_up_; }
  bool hung_up() const { return hung_up_; }
  // Woken (once) when the connection breaks in both directions, even if nobody reads; null to stop.
  void on_hang_up(Waiter* waiter);

  // Wakes who waits in that direction, as if it had become ready.
  void nudge(Direction direction) { wake(direction); }

  void abort();
  bool aborted() const { return aborted_; }

  class Awaiter : public CoroutineWaiter {
   public:
    Awaiter(Descriptor& descriptor, Direction direction)
        : descriptor_(descriptor), direction_(direction) {}
    bool await_ready() const noexcept { return descriptor_.ready(direction_); }
    void await_suspend(std::coroutine_handle<> self) {
      handle = self;
      descriptor_.wait(direction_, *this);
    }
    void await_resume() const noexcept {}

   private:
    Descriptor& descriptor_;
    Direction direction_;
  };
  Awaiter until_ready(Direction direction) { return Awaiter{*this, direction}; }

 private:
  friend class Loop;
  void on_events(std::uint32_t events);
  void wake(Direction direction);
  WaitSlot& slot(Direction direction) { return direction == Direction::read ? reader_ : writer_; }

  Loop& loop_;
  const int fd_;
  const bool listening_;
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;
  bool hung_up_ = false;
  bool aborted_ = false;
  WaitSlot reader_;
  WaitSlot writer_;
  WaitSlot hang_up_;
};

}  // namespace gatehouse
