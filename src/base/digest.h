// base/digest: SHA-256, for revisions and for names of content.
//
// Errors   none that a caller could mend: a library without SHA-256 ends the process.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view bytes);
  // 64 lower-case hex digits; the object takes no more bytes afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace gatehouse
