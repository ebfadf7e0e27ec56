// gateway/policy_wait: how a policy that waits is resumed, and hears that waiting has no point.
//
// Place    in the frame of on_request_waiting, one at a time. Resumed by the worker's own loop.
// Ends     when what it waits for comes, when the client goes away, and when the exchange's time is
//          over; the last two are false, and the exchange ends whatever the policy then decides.
#pragma once

#include <chrono>

#include "gateway/exchange.h"
#include "http/stream.h"

namespace gatehouse {

class PolicyWait final : private AbortListener {
 public:
  explicit PolicyWait(Exchange& exchange)
      : exchange_(exchange),
        over_(exchange.parts().loop),
        pause_(exchange.parts().loop.timers(), &PolicyWait::on_pause, this) {
    exchange_.on_abort_tell(this);
  }
  ~PolicyWait() { exchange_.on_abort_tell(nullptr); }
  PolicyWait(const PolicyWait&) = delete;
  PolicyWait& operator=(const PolicyWait&) = delete;

  // Whoever the policy asked has answered.
  void resume() { over_.set(); }
  // Waits for resume(); true when that is what came.
  Task<bool> resumed() {
    if (exchange_.client_gone() || exchange_.out_of_time()) co_return false;
    Signal::Awaiter over = over_.wait();
    co_await over;
    over_.reset();
    co_return !exchange_.client_gone() && !exchange_.out_of_time();
  }
  Task<bool> pause(std::chrono::milliseconds time) {
    pause_.arm_in(time);
    Task<bool> waiting = resumed();
    const bool came = co_await waiting;
    pause_.disarm();
    co_return came;
  }

  // While it lives, the request's content is not waited for beyond the exchange's own end.
  class WhileReading final : private AbortListener {
   public:
    explicit WhileReading(Exchange& exchange) : exchange_(exchange) {
      exchange_.on_abort_tell(this);
      if (exchange.client_gone() || exchange.out_of_time()) on_abort(StreamError::aborted);
    }
    ~WhileReading() { exchange_.on_abort_tell(nullptr); }
    WhileReading(const WhileReading&) = delete;
    WhileReading& operator=(const WhileReading&) = delete;

   private:
    void on_abort(StreamError) override { exchange_.stream().body().cancel(); }

    Exchange& exchange_;
  };

 private:
  void on_abort(StreamError) override { over_.set(); }
  static void on_pause(void* self) { static_cast<PolicyWait*>(self)->over_.set(); }

  Exchange& exchange_;
  Signal over_;
  Timer pause_;
};

}  // namespace gatehouse
