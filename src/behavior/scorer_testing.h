// behavior/scorer_testing: a small world that writes journal records, for tests and the bench.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "behavior/detectors/content_records.h"
#include "events/event.h"

namespace gatehouse::testing {

// One request, in the words of a test.
struct Call {
  std::string_view user = {};
  std::string_view route = "home";
  std::string_view client = "192.0.2.1";
  std::string_view app = "shop";
  std::string_view tried = {};  // as whom a sign-in failed
  std::uint16_t status = 200;
  bool by_verdict = false;
};

inline Subject user_named(std::string_view name) {
  return {SubjectKind::user, stable_hash({}, SubjectKind::user, name)};
}

// Records one behind the other, numbered.
class Records {
 public:
  using Take = std::function<void(const EventView&)>;
  explicit Records(Take take) : take_(std::move(take)) {}

  void call(const Call& call, std::int64_t at_us) {
    const Subject from{SubjectKind::address, stable_hash({}, SubjectKind::address, call.client)};
    give(RequestEvent{.outcome = call.status < 400 ? EventOutcome::served : EventOutcome::refused,
                      .by_verdict = call.by_verdict,
                      .start_us = at_us,
                      .status = call.status,
                      .client = call.client,
                      .method = "GET",
                      .path = "/",
                      .api = "orders",
                      .route = call.route,
                      .user_agent = "curl/8.1",
                      .user = call.user,
                      .app = call.user.empty() ? std::string_view{} : call.app,
                      .verified = !call.user.empty(),
                      .sign_in_user = call.tried,
                      .sign_in = call.tried.empty() ? EventSignIn::none : EventSignIn::failed,
                      .subjects = {&from, 1}},
         at_us);
  }
  // Twelve days of three requests a day; gives back the next morning.
  std::int64_t grow(std::string_view user, std::int64_t start_us) {
    constexpr std::int64_t kMinute = 60'000'000;
    constexpr std::int64_t kDay = 24 * 60 * kMinute;
    for (int day = 0; day < 12; ++day) {
      for (int i = 0; i < 3; ++i) {
        call({.user = user, .route = i == 0 ? "home" : "orders"},
             start_us + day * kDay + i * kMinute);
      }
    }
    return start_us + 12 * kDay;
  }
  void tick(std::int64_t at_us) { give(SystemEvent{.kind = EventKind::tick}, at_us); }
  void content(std::string_view text, std::int64_t at_us) {
    content_records(text, [&](const SystemEvent& record) { give(record, at_us); });
  }
  void about(EventKind kind, std::string_view name, const Subject& subject, std::int64_t at_us,
             std::string_view detail = {}) {
    give(SystemEvent{.kind = kind, .name = name, .detail = detail, .subjects = {&subject, 1}},
         at_us);
  }
  void give(const auto& event, std::int64_t at_us) {
    const std::size_t size = encode(event, bytes_);
    const auto record = std::span(bytes_).first(size);
    stamp(record, ++sequence_, at_us);
    take_(*EventView::parse(record));
  }

 private:
  Take take_;
  std::array<char, kEventBytesMax> bytes_{};
  std::uint64_t sequence_ = 0;
};

}  // namespace gatehouse::testing
