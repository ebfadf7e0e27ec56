// gateway/identity/sign_in: tells from a route's requests and answers who tried to sign in, and
// whether that failed.
//
// Place    a route's `sign_in`, compiled with the snapshot. The exchange looks on while the content
//          goes to the backend, and asks once the answer's status is known and the exchange ends.
// Reads    what request_facts reads, `response.status`, and `request.body`: the fields of a form or
//          the texts of a JSON object.
// Buffers  nothing before it is forwarded; a copy of the first kBytesMax, overwritten at the end.
// Full     of content beyond that nothing is known; JSON is read whole or not at all.
// Secrets  only what `user` gives goes into the event.
// Fails    open: what can't be told is no try. E043x for expressions that don't fit.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "config/api_config.h"
#include "expr/program.h"
#include "http/stream.h"

namespace gatehouse {

class Exchange;

// The content on its way, with a copy of how it begins.
class WatchedBody final : public Body {
 public:
  static constexpr std::size_t kBytesMax = 16 * 1024;

  explicit WatchedBody(Body& body) : body_(body) {}
  ~WatchedBody();
  WatchedBody(const WatchedBody&) = delete;
  WatchedBody& operator=(const WatchedBody&) = delete;

  std::string_view seen() const { return seen_; }

  std::string_view peek() override { return body_.peek(); }
  void consume(std::size_t bytes) override;
  bool ended() const override { return body_.ended(); }
  Task<bool> more() override { return body_.more(); }
  void cancel() override { body_.cancel(); }
  StreamError error() const override { return body_.error(); }
  std::uint64_t bytes_total() const override { return body_.bytes_total(); }
  const FieldList& trailers() const override { return body_.trailers(); }

 private:
  Body& body_;
  std::string seen_;
};

struct SignInTry {
  std::string_view user;  // in the exchange's arena; empty: not told
  bool ok = false;
};

class SignIn {
 public:
  // Null when the diagnostics got an error.
  static std::unique_ptr<const SignIn> read(const SignInConfig& config, const std::string& where,
                                            Diagnostics& diagnostics);

  bool reads_body() const { return reads_body_; }
  // Nothing: it can't be told. `seen` is how the content begins.
  std::optional<SignInTry> look(Exchange& exchange, std::string_view seen) const;

 private:
  SignIn(std::optional<Program> user, Program failed, bool reads_body)
      : user_(std::move(user)), failed_(std::move(failed)), reads_body_(reads_body) {}

  const std::optional<Program> user_;
  const Program failed_;
  const bool reads_body_;
};

}  // namespace gatehouse
