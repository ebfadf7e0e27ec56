// config/api_config: published APIs, their routes, and what answers each.
//
//   match    := (methods " ")? path            methods := "*" | method ("|" method)*
//   path     := "/" | ("/" segment)+           segment := text | "{name}"; the last may
//                                            be "*" or "{name*}"
//   host     := "*" | ("*.")? label ("." label)*        label := text | "{name}"
//
// The gateway's router reads the text again in its own form and has the last word.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/option.h"
#include "config/risk_config.h"
#include "config/scalar.h"

namespace gatehouse {

enum class Stage : std::uint8_t { release, pre, test };

template <>
struct Words<Stage> {
  static constexpr std::array list{Word{"release", Stage::release}, Word{"pre", Stage::pre},
                                   Word{"test", Stage::test}};
};

struct MatchConfig {
  std::vector<std::string> methods;  // none: every method
  std::string path;                  // "/orders/{id}", "/files/*"
  std::string text;                  // as it was written
  bool operator==(const MatchConfig&) const = default;
};

template <>
struct Scalar<MatchConfig> {
  static constexpr std::string_view kType = "match";
  static constexpr std::string_view kExpected = "methods and a path";
  static constexpr std::string_view kExample = "GET /orders/{id}";
  static std::optional<MatchConfig> parse(const Node& node);
  static std::string text(const MatchConfig& value) { return value.text; }
  static std::string fault(const Node& node);
};

struct HostConfig {
  std::string text;  // lower case: "shop.example", "*.shop.example", "{tenant}.shop.example"
  Origin at;
  bool operator==(const HostConfig&) const = default;
};

template <>
struct Scalar<HostConfig> {
  static constexpr std::string_view kType = "host";
  static constexpr std::string_view kExpected = "a host";
  static constexpr std::string_view kExample = "{tenant}.shop.example";
  static std::optional<HostConfig> parse(const Node& node);
  static std::string text(const HostConfig& value) { return value.text; }
};

struct TextTemplate {
  std::string text;  // "/internal/{id}": names in braces are filled with what the match captured
  Origin at;
  bool operator==(const TextTemplate&) const = default;
};

template <>
struct Scalar<TextTemplate> {
  static constexpr std::string_view kType = "template";
  static constexpr std::string_view kExpected = "text with `{names}` in it";
  static constexpr std::string_view kExample = "/orders/{id}";
  static std::optional<TextTemplate> parse(const Node& node);
  static std::string text(const TextTemplate& value) { return value.text; }
};

// The names in braces, in order; nothing when a brace has no partner or a name is none.
std::optional<std::vector<std::string>> template_names(std::string_view text);

struct MockConfig {
  static constexpr std::string_view kNoun = "mock";
  std::uint32_t status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  Origin at;

  static constexpr auto options() {
    using C = MockConfig;
    return std::tuple{
        option("status", &C::status, "Status of the answer.").between(200U, 599U),
        option("body", &C::body, "Body of the answer."),
        option("content_type", &C::content_type, "Media type of the body."),
    };
  }
  bool operator==(const MockConfig&) const = default;
};

struct BackendConfig {
  static constexpr std::string_view kNoun = "backend";
  static constexpr std::string_view kPreserve = "preserve";
  Reference http;     // an upstream; empty when the gate itself answers
  TextTemplate path;  // empty: the request's own path
  std::map<std::string, TextTemplate> query;
  TextTemplate host{std::string{kPreserve}, {}};
  std::optional<MockConfig> mock;
  std::optional<DecoyConfig> decoy;
  Origin at;

  static constexpr auto options() {
    using C = BackendConfig;
    return std::tuple{
        option("http", &C::http, "Upstream that the request is forwarded to."),
        option("path", &C::path, "Path to ask for; without it the request's own."),
        option("query", &C::query, "Parameters set in the query that is forwarded."),
        option("host", &C::host, "`preserve` keeps the caller's Host; a template replaces it."),
        option("mock", &C::mock, "A fixed answer in place of an upstream."),
        option("decoy", &C::decoy, "Made-up answers in place of an upstream."),
    };
  }
  bool operator==(const BackendConfig&) const = default;
};

struct SignInConfig {
  static constexpr std::string_view kNoun = "sign_in";
  ExpressionText user;
  ExpressionText failed;
  Origin at;

  static constexpr auto options() {
    using C = SignInConfig;
    return std::tuple{
        option("user", &C::user, "Expression that gives as whom somebody tries to sign in."),
        option("failed", &C::failed, "Expression that tells whether that failed.").required(),
    };
  }
  bool operator==(const SignInConfig&) const = default;
};

struct RouteConfig {
  static constexpr std::string_view kNoun = "route";
  MatchConfig match;
  std::string name;  // without one in the file, match.text
  std::vector<Reference> policies;
  bool encoded_slash = false;
  std::optional<Bytes> body_bytes;
  std::optional<Duration> timeout;
  std::optional<SignInConfig> sign_in;
  std::optional<RouteRiskConfig> risk;
  BackendConfig backend;
  Origin at;

  static constexpr auto options() {
    using C = RouteConfig;
    return std::tuple{
        option("match", &C::match, "Methods and path, such as `GET|POST /orders/{id}`.").required(),
        option("name", &C::name, "Name in events and metrics; without it the match."),
        option("policies", &C::policies, "Policies that a request passes, in this order."),
        option("encoded_slash", &C::encoded_slash,
               "Whether a path may hold `%2F`; elsewhere it is refused with 400."),
        option("body_bytes", &C::body_bytes, "Limit of the body in place of `limits.body_bytes`."),
        option("timeout", &C::timeout, "Limit of the time in place of `limits.request_time`."),
        option("sign_in", &C::sign_in, "Tells events who tries to sign in here, and if it failed."),
        option("risk", &C::risk,
               "What verdicts may do here: `off`, `observe`, `enforce`, or a map of settings."),
        option("backend", &C::backend, "What answers: an upstream, a mock or a decoy.").required(),
    };
  }
  bool operator==(const RouteConfig&) const = default;
};

struct ApiConfig {
  static constexpr std::string_view kNoun = "api";
  std::string name;
  Stage stage = Stage::release;
  std::vector<HostConfig> hosts;
  std::vector<RouteConfig> routes;
  Origin at;

  static constexpr auto options() {
    using C = ApiConfig;
    return std::tuple{
        option("name", &C::name, "Name in events, metrics and the console.").required(),
        option("stage", &C::stage, "Stage that the API is published to."),
        option("hosts", &C::hosts, "Hosts that the API answers for; without it every host."),
        option("routes", &C::routes, "The routes; the most exact match wins, whatever the order.")
            .required(),
    };
  }
  bool operator==(const ApiConfig&) const = default;
};

}  // namespace gatehouse
