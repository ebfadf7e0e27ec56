// gateway/backends/forwarding: one request on its way to an upstream, and the answer on its way
// back.
//
// Lives    in the frame of HttpBackend::serve; at its end nothing of it runs any more.
// Runs     the answer in serve's own coroutine; a request's content, and a tunnel's, in a second
//          one beside it, so that an early answer or a half-close is nothing special.
#pragma once

#include <optional>

#include "gateway/backends/http_backend.h"
#include "gateway/exchange.h"

namespace gatehouse {

class Forwarding final : private AbortListener {
 public:
  Forwarding(Exchange& exchange, const HttpBackend& backend);
  ~Forwarding();

  Task<void> run();

 private:
  enum class Try : std::uint8_t { answered, again, over };

  Task<Try> attempt(bool fresh);
  Task<Try> await_answer();
  Task<void> relay(ResponseHead& head);
  Task<void> relay_body(Body& from, Sink& to);
  Task<void> upload();
  Task<void> stop_upload();
  bool may_retry(StreamError error) const;
  Task<void> fail(StreamError error, StreamSide side);
  void on_abort(StreamError why) override;
  static void on_no_continue(void* self);

  Exchange& exchange_;
  const HttpBackend& backend_;
  Upstream& upstream_;
  RequestHead head_;
  ClientStream* stream_ = nullptr;
  StreamError stopped_ = StreamError::none;  // by the client or the clock
  StreamError upload_error_ = StreamError::none;
  bool has_body_ = false;
  bool tunnel_ = false;
  bool uploading_ = false;
  bool stop_ = false;
  bool continued_ = false;  // a 100 went to the client
  Signal upload_done_;
  Signal may_upload_;
  Timer continue_timer_;
};

}  // namespace gatehouse
