// http/http1_head_bench: what a typical request of twelve fields costs: found, read, made ready to
// forward and written.
#include <benchmark/benchmark.h>

#include <string>

#include "http/http1_head.h"
#include "http/http1_write.h"
#include "http/path.h"

namespace gatehouse {
namespace {

constexpr std::string_view kRequest =
    "GET /api/v2/orders/8731?include=items&page=2 HTTP/1.1\r\n"
    "Host: orders.shop.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Authorization: Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln\r\n"
    "Referer: https://www.shop.example/account/orders\r\n"
    "Origin: https://www.shop.example\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark\r\n"
    "X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n"
    "Cache-Control: no-cache\r\n"
    "\r\n";

void find_the_end(benchmark::State& state) {
  for (auto _ : state) {
    HeadScanner scanner(HeadKind::request);
    benchmark::DoNotOptimize(scanner.scan(kRequest));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRequest.size()));
}
BENCHMARK(find_the_end);

void read_request(benchmark::State& state) {
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    RequestHead head(arena);
    benchmark::DoNotOptimize(parse_request_head(kRequest, {}, head));
    benchmark::DoNotOptimize(head);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kRequest.size()));
}
BENCHMARK(read_request);

void read_and_write_request(benchmark::State& state) {
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    RequestHead head(arena);
    benchmark::DoNotOptimize(parse_request_head(kRequest, {}, head));
    benchmark::DoNotOptimize(canonical_path(head.raw_path, arena));
    remove_hop_by_hop(head.fields);
    benchmark::DoNotOptimize(write_request_head(head, Framing::none, 0, arena, 32));
  }
}
BENCHMARK(read_and_write_request);

}  // namespace
}  // namespace gatehouse
