#include "gateway/held_body.h"

#include <algorithm>

#include "gateway/exchange.h"
#include "gateway/policy_wait.h"

namespace gatehouse {

Task<HeldBody::State> HeldBody::hold(std::size_t bytes_max) {
  for (;;) {
    const std::string_view bytes = rest_.peek();
    const std::size_t taken = std::min(bytes.size(), bytes_max - std::min(bytes_max, held_.size()));
    held_.append(bytes.substr(0, taken));
    rest_.consume(taken);
    if (rest_.ended()) co_return State::whole;
    if (taken < bytes.size()) co_return State::more_comes;
    Task<bool> waiting = rest_.more();
    const bool more = co_await waiting;
    if (!more) co_return State::broken;
  }
}

std::string_view HeldBody::peek() {
  const std::string_view left = std::string_view(held_).substr(given_);
  return left.empty() ? rest_.peek() : left;
}

void HeldBody::consume(std::size_t bytes) {
  if (given_ == held_.size()) {
    rest_.consume(bytes);
  } else {
    given_ += bytes;
  }
}

Task<bool> HeldBody::more() {
  if (given_ != held_.size()) co_return true;
  Task<bool> waiting = rest_.more();
  const bool more = co_await waiting;
  co_return more;
}

void HeldBody::cancel() {
  given_ = held_.size();
  rest_.cancel();
}

Task<HeldBody::State> hold_body(Exchange& exchange, std::size_t bytes_max) {
  HeldBody& body = exchange.held_body();
  RequestHead& request = exchange.request();
  if (request.expect_continue) {
    ResponseHead invitation(exchange.arena());
    invitation.status = 100;
    exchange.stream().send_informational(invitation);
    request.expect_continue = false;  // nobody need ask the upstream any more
    request.fields.remove(FieldId::expect);
  }
  PolicyWait::WhileReading stops(exchange);
  Task<HeldBody::State> holding = body.hold(bytes_max);
  const HeldBody::State state = co_await holding;
  co_return state;
}

Task<Decision> hold_whole_body(Exchange& exchange, std::size_t bytes_max) {
  const RequestHead& request = exchange.request();
  const bool announced = request.framing == Framing::length;
  if (announced && request.content_length > bytes_max) {
    co_return Decision::refuse(GateError::body_too_large);
  }
  Task<HeldBody::State> holding = hold_body(exchange, bytes_max);
  const HeldBody::State state = co_await holding;
  if (state == HeldBody::State::whole) co_return Decision::pass();
  if (state == HeldBody::State::more_comes) co_return Decision::refuse(GateError::body_too_large);
  const StreamError error = exchange.body().error();
  const bool late = error == StreamError::none && exchange.out_of_time();
  co_return Decision::refuse(from(late ? StreamError::timed_out_total : error, StreamSide::client));
}

}  // namespace gatehouse
