// net/loop_bound: says in the type that an object lives on one loop, and checks it in debug builds.
//
// There are no locks on the request path: what two loops must both know travels as a value by
// Loop::post.
#pragma once

#include <cassert>
#include <thread>

namespace gatehouse {

class LoopBound {
 public:
  LoopBound(const LoopBound&) = delete;
  LoopBound& operator=(const LoopBound&) = delete;

 protected:
  LoopBound() = default;
  ~LoopBound() { assert_home(); }
  void assert_home() const {
#ifndef NDEBUG
    assert(std::this_thread::get_id() == home_);
#endif
  }

 private:
#ifndef NDEBUG
  const std::thread::id home_ = std::this_thread::get_id();
#endif
};

}  // namespace gatehouse
