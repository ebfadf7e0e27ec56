// base/digest: SHA-256, for revisions, names of content, and keys kept as digests.
//
// Errors   none that a caller could mend: a library without SHA-256 ends the process.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view bytes);
  // 64 lower-case hex digits; the object takes no more bytes afterwards.
  std::string hex();
  // Of these bytes alone; the object may be asked again and again, and allocates nothing.
  Sha256Digest digest_of(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

// Takes as long whatever the bytes are; for two of one length.
bool equal_in_constant_time(std::string_view one, std::string_view other);

}  // namespace gatehouse
