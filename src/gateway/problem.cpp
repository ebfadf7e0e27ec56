#include "gateway/problem.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>

#include "base/utf8.h"

namespace gatehouse {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// Writes when it has a buffer and only counts when it has none, so that one walk serves both.
class Out {
 public:
  explicit Out(char* to) : to_(to) {}

  void raw(std::string_view text) {
    if (to_ != nullptr) std::copy(text.begin(), text.end(), to_ + size_);
    size_ += text.size();
  }

  void escaped(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t length = character_bytes(text.substr(at));
      if (length == 0) {
        raw("\\ufffd");
        ++at;
      } else if (length == 1) {
        one(text[at++]);
      } else {
        raw(text.substr(at, length));
        at += length;
      }
    }
  }

  std::size_t size() const { return size_; }

 private:
  void one(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      raw("\\");
      raw({&c, 1});
    } else if (byte < 0x20 || byte == 0x7f) {
      const std::array<char, 6> escape{'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      raw({escape.data(), escape.size()});
    } else {
      raw({&c, 1});
    }
  }

  char* to_;
  std::size_t size_ = 0;
};

// The caller doesn't know whether a connection was reused; what counts for it is whether doing the
// request twice could matter.
std::string_view client_retry(Retry retry) {
  switch (retry) {
    case Retry::no:
      return "no";
    case Retry::yes:
      return "yes";
    case Retry::only_if_connection_reused:
      return "if_idempotent";
  }
  return "no";
}

void write(const Problem& problem, Out& out) {
  const GateErrorRow& row = row_of(problem.error);
  const std::uint16_t code = problem.status != 0 ? problem.status : row.status;
  const std::array<char, 3> status{static_cast<char>('0' + code / 100),
                                   static_cast<char>('0' + code / 10 % 10),
                                   static_cast<char>('0' + code % 10)};
  const auto member = [&](std::string_view name, std::string_view value) {
    out.raw(name);
    out.escaped(value);
    out.raw("\"");
  };
  out.raw("{\"type\":\"urn:gatehouse:error:");
  out.raw(row.code);
  member("\",\"title\":\"", row.title);
  out.raw(",\"status\":");
  out.raw({status.data(), status.size()});
  if (!problem.detail.empty()) member(",\"detail\":\"", problem.detail);
  if (!problem.instance.empty()) member(",\"instance\":\"", problem.instance);
  member(",\"code\":\"", row.code);
  member(",\"request_id\":\"", problem.request_id);
  member(",\"retry\":\"", client_retry(row.retry));
  out.raw("}\n");
}

}  // namespace

std::string_view problem_json(const Problem& problem, Arena& arena) {
  Out counting(nullptr);
  write(problem, counting);
  char* const memory = arena.take(counting.size());
  if (memory == nullptr) return {};
  Out writing(memory);
  write(problem, writing);
  return {memory, writing.size()};
}

}  // namespace gatehouse
