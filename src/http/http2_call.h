// http/http2_call: a member function called later by the loop, at most once for each time it was
// asked for.
//
// Place    sessions and streams of HTTP/2 wake themselves with it: nothing that may call back
//          runs inside a callback of the codec. Unlinks itself when its owner is destroyed.
#pragma once

#include <utility>

#include "net/descriptor.h"

namespace gatehouse {

template <class Owner>
class Http2Call final : public Waiter {
 public:
  Http2Call(Owner& owner, void (Owner::*call)()) : owner_(owner), call_(call) {}

  // Later in this turn, from the top of the stack.
  void defer(Loop& loop) {
    if (!std::exchange(pending_, true)) loop.defer(*this);
  }
  // When the direction is ready; later in this turn if it is.
  void defer_until(Descriptor& descriptor, Direction direction) {
    if (descriptor.ready(direction)) {
      defer(descriptor.loop());
    } else if (!std::exchange(pending_, true)) {
      descriptor.wait(direction, *this);
    }
  }
  bool pending() const { return pending_; }

  void wake() override {
    pending_ = false;
    (owner_.*call_)();
  }

 private:
  Owner& owner_;
  void (Owner::* const call_)();
  bool pending_ = false;
};

}  // namespace gatehouse
