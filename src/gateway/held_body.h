// gateway/held_body: a request's content that a policy has read before the backend does.
//
// Place    hold_body() in a policy that waits; Exchange::body() gives what was held and then the
//          rest, so that no backend knows of it.
// Holds    at most the bytes that the policy names, for the life of the exchange.
// Full     the policy decides: hold_whole_body() refuses with 413, hold_body() says: more_comes.
// Waits    as long as the stream's own body does; it ends when the client goes away and when the
//          exchange's time is over.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/policy.h"
#include "http/stream.h"

namespace gatehouse {

class HeldBody final : public Body {
 public:
  enum class State : std::uint8_t { whole, more_comes, broken };

  explicit HeldBody(Body& rest) : rest_(rest) {}

  // Takes in what comes, until it ends or there are more than so many bytes.
  Task<State> hold(std::size_t bytes_max);
  std::string_view held() const { return held_; }

  // Body: what was held, then the rest.
  std::string_view peek() override;
  void consume(std::size_t bytes) override;
  bool ended() const override { return given_ == held_.size() && rest_.ended(); }
  Task<bool> more() override;
  void cancel() override;
  StreamError error() const override { return rest_.error(); }
  std::uint64_t bytes_total() const override { return rest_.bytes_total(); }
  const FieldList& trailers() const override { return rest_.trailers(); }

 private:
  Body& rest_;
  std::string held_;
  std::size_t given_ = 0;
};

// Holds as much of the exchange's content as there is, up to so many bytes; the state says how it
// stands then. The client that waits to be asked for its content is asked.
Task<HeldBody::State> hold_body(Exchange& exchange, std::size_t bytes_max);
// The same for a policy that wants all or nothing: the refusal that fits, or pass.
Task<Decision> hold_whole_body(Exchange& exchange, std::size_t bytes_max);

}  // namespace gatehouse
