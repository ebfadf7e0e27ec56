#include "gateway/backends/decoy_backend.h"

#include "gateway/backends/decoy_text.h"
#include "gateway/exchange.h"
#include "gateway/policy_wait.h"

namespace gatehouse {
namespace {

constexpr std::string_view kJson = "application/json";

// What is sent is taken, as the real thing would; false when the client went away meanwhile.
Task<bool> take_content(Exchange& exchange) {
  RequestHead& request = exchange.request();
  if (request.expect_continue) {
    ResponseHead invitation(exchange.arena());
    invitation.status = 100;
    exchange.stream().send_informational(invitation);
    request.expect_continue = false;
  }
  const PolicyWait::WhileReading stops(exchange);
  Body& body = exchange.body();
  for (std::size_t taken = 0; taken < DecoyBackend::kContentBytesMax;) {
    const std::size_t bytes = body.peek().size();
    body.consume(bytes);
    taken += bytes;
    if (body.ended()) break;
    Task<bool> waiting = body.more();
    const bool more = co_await waiting;
    if (!more) co_return false;
  }
  co_return true;
}

std::uint16_t status_of(Method method) {
  if (method == Method::post) return 201;
  return method == Method::del ? 204 : 200;
}

}  // namespace

Result<std::unique_ptr<const Backend>> DecoyBackend::read(const DecoyConfig& config) {
  const auto wrong = [&](std::string what, std::string help) {
    return fail({"E0426", std::move(what), std::move(help), config.at.position()});
  };
  if (config.examples.size() > DecoyConfig::kExamplesMax) {
    return wrong("a decoy has " + std::to_string(config.examples.size()) + " examples",
                 "leave at most " + std::to_string(DecoyConfig::kExamplesMax));
  }
  Examples examples;
  for (std::size_t i = 0; i < config.examples.size(); ++i) {
    const std::string& text = config.examples[i];
    auto document =
        text.size() <= DecoyConfig::kExampleBytesMax ? JsonDocument::read(text) : nullptr;
    if (document == nullptr) {
      return wrong("example " + std::to_string(i + 1) + " of a decoy is no JSON of at most 16 KiB",
                   "write one object or list, such as '{\"id\": 17, \"status\": \"sent\"}'");
    }
    examples.push_back(std::move(document));
  }
  return std::make_unique<DecoyBackend>(std::move(examples));
}

Result<std::unique_ptr<const Backend>> DecoyBackend::build(const BackendConfig& config,
                                                           const UpstreamIndex&,
                                                           std::span<const CaptureName>) {
  return read(*config.decoy);
}

Task<void> DecoyBackend::serve(Exchange& exchange) const {
  if (exchange.request().framing != Framing::none) {
    Task<bool> taking = take_content(exchange);
    const bool taken = co_await taking;
    if (!taken) {
      const StreamError error = exchange.body().error();
      const bool late = error == StreamError::none && exchange.out_of_time();
      const GateError why =
          exchange.client_gone()
              ? GateError::client_closed
              : from(late ? StreamError::timed_out_total : error, StreamSide::client);
      Task<void> refusing = exchange.refuse(why);
      co_await refusing;
      co_return;
    }
  }
  const std::uint16_t status = status_of(exchange.request().method);
  const std::string text =
      status == 204 ? std::string{} : decoy_text(exchange.parts().key, exchange.path(), examples_);
  Task<void> answering =
      exchange.answer(status, nullptr, status == 204 ? std::string_view{} : kJson, text);
  co_await answering;
}

}  // namespace gatehouse
