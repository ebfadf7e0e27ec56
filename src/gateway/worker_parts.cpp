#include "gateway/worker_parts.h"

#include <sys/random.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace gatehouse {

std::string_view DateText::text(std::int64_t wall_us) {
  const std::int64_t second = wall_us / 1'000'000;
  if (second != second_) {
    second_ = second;
    const std::time_t time = second;
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    std::strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &utc);  // of the C locale
  }
  return text_;
}

RequestIds::RequestIds() {
  std::uint64_t random[2];
  if (::getrandom(random, sizeof random, 0) != sizeof random) std::abort();
  high_ = random[0];
  count_ = random[1];
}

RequestId RequestIds::next() {
  // SplitMix64's finalizer (Steele, Lea, Flood 2014) is a bijection: ids of a worker never repeat.
  std::uint64_t z = ++count_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return {z ^ (z >> 31), high_};
}

void write_hex(const RequestId& id, char* into) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int half = 0; half < 2; ++half) {
    const std::uint64_t bits = half == 0 ? id.high : id.low;
    for (int i = 0; i < 16; ++i) *into++ = kDigits[(bits >> (60 - 4 * i)) & 15];
  }
}

}  // namespace gatehouse
