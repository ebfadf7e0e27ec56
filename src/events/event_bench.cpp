// events/event_bench: what an event costs the worker that makes it and those who read it.
#include <benchmark/benchmark.h>

#include "events/crc32c.h"
#include "events/event.h"
#include "events/event_json.h"
#include "events/event_queue.h"

namespace gatehouse {
namespace {

constexpr Subject kSubject{SubjectKind::address, {1, 2}};

RequestEvent usual() {
  return {.outcome = EventOutcome::served,
          .id = {.low = 7, .high = 8},
          .start_us = 1'790'000'000'000'001,
          .duration_us = 1100,
          .upstream_us = 900,
          .response_bytes = 512,
          .port = 8443,
          .status = 200,
          .attempts = 1,
          .client = "203.0.113.7",
          .method = "GET",
          .scheme = "https",
          .host = "tenant.shop.example",
          .route_pattern = "/orders/{id}",
          .path = "/orders/1234567",
          .query_names = "page,sort",
          .api = "orders",
          .route = "one-order",
          .upstream = "orders",
          .target = "127.0.0.1:9001",
          .http_version = "1.1",
          .tls_version = "1.3",
          .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
          .subjects = {&kSubject, 1}};
}

void encode_event(benchmark::State& state) {
  std::vector<char> bytes(kEventBytesMax);
  std::size_t size = 0;
  for (auto _ : state) {
    size = encode(usual(), bytes);
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(encode_event);

void push_event(benchmark::State& state) {
  Wakeup wakeup;
  EventQueue queue(EventQueue::kBytes, wakeup);
  const RequestEvent event = usual();
  for (auto _ : state) {
    if (queue.push(event)) continue;
    state.PauseTiming();
    queue.drain([](std::span<const char>) {});
    state.ResumeTiming();
  }
}
BENCHMARK(push_event);

void parse_event(benchmark::State& state) {
  std::vector<char> bytes(kEventBytesMax);
  bytes.resize(encode(usual(), bytes));
  for (auto _ : state) benchmark::DoNotOptimize(EventView::parse(bytes));
}
BENCHMARK(parse_event);

void checksum_event(benchmark::State& state) {
  const std::vector<char> bytes(512);
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
}
BENCHMARK(checksum_event);

void render_event(benchmark::State& state) {
  std::vector<char> bytes(kEventBytesMax);
  bytes.resize(encode(usual(), bytes));
  for (auto _ : state) benchmark::DoNotOptimize(to_json(*EventView::parse(bytes)));
}
BENCHMARK(render_event);

}  // namespace
}  // namespace gatehouse
