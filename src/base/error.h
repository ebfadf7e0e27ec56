// base/error: what went wrong, where in a person's own text, and how to mend it.
//
// A function that can fail returns Result<T> and is marked [[nodiscard]] (GCC 12's std::expected is
// not by itself). An Error is made once, where the most is known; each caller on the way up may add
// what it was doing. Diagnostics (many errors of one text) and their printing live in
// base/diagnostics.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse {

// A place in a text. Lines and columns count from 1; line 0 means that no place is known.
struct SourcePosition {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;  // how many columns the carets mark

  bool operator==(const SourcePosition&) const = default;
};

struct [[nodiscard]] Error {
  std::string code;        // stable and documented: "E0203"
  std::string what;        // lower case, no full stop, the reader's own words in backticks
  std::string help = {};   // an order: "set …", "remove …", "did you mean …?"
  SourcePosition at = {};  // empty where no text of a person is involved
  std::string label = {};  // a few words behind the carets: "not a setting of this kind of policy"
  std::vector<std::string> during = {};  // innermost step first

  Error&& while_doing(std::string step) && {
    during.push_back(std::move(step));
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace gatehouse

// Binds the value or returns the error. For plain functions only: a coroutine writes it out, since
// it must co_return.
#define GH_TRY(declaration, expression)                                            \
  auto GH_UNIQUE_(gh_result_, __LINE__) = (expression);                            \
  if (!GH_UNIQUE_(gh_result_, __LINE__))                                           \
    return ::gatehouse::fail(std::move(GH_UNIQUE_(gh_result_, __LINE__)).error()); \
  declaration = *std::move(GH_UNIQUE_(gh_result_, __LINE__))
#define GH_UNIQUE_(a, b) GH_UNIQUE2_(a, b)
#define GH_UNIQUE2_(a, b) a##b
