// http/http2_head: a request head read from HTTP/2's decoded fields, as strictly as one of HTTP/1
// (RFC 9113 §8).
//
// Place    a stream feeds it field by field; what it fills is what all others see.
// Holds    copies in the exchange's arena. Cookie crumbs until the end, then one field of them.
// Full     HeadLimits, a field counting 32 bytes more than its text (RFC 9113 §6.5.2); then 431.
// Errors   the first one stays. What was understood besides it is in the head, for the event.
//
// The codec checks most of this as well. What passes both may be written as HTTP/1 unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/http1_head.h"

namespace gatehouse {

class Http2HeadReader {
 public:
  static constexpr std::size_t kFieldOverheadBytes = 32;

  Http2HeadReader(RequestHead& out, const HeadLimits& limits);

  void add(std::string_view name, std::string_view value);
  // Something was wrong that only the codec saw.
  void refuse(HeadError error) {
    if (error_ == HeadError::none) error_ = error;
  }
  // All fields are there; `end`: no content follows.
  [[nodiscard]] HeadError finish(bool end);

  std::size_t bytes() const { return bytes_; }

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void add_regular(std::string_view name, std::string_view value);
  HeadError look_at(const Field& field);
  HeadError read_target();
  HeadError read_authority();
  HeadError join_cookies();
  bool keep(std::string_view text, std::string_view& copy);

  RequestHead& out_;
  const HeadLimits& limits_;
  FieldList crumbs_;
  std::optional<std::string_view> scheme_;
  std::optional<std::string_view> authority_;
  std::optional<std::string_view> path_;
  std::optional<std::string_view> host_;
  bool has_length_ = false;
  bool expects_continue_ = false;
  bool regular_seen_ = false;
  std::size_t bytes_ = 0;
  HeadError error_ = HeadError::none;
};

// Adds the decoded trailers to `out` by the rules of those of HTTP/1 (http/http1_body); false when
// they are malformed.
[[nodiscard]] bool read_http2_trailers(const FieldList& decoded, const HeadLimits& limits,
                                       FieldList& out);

}  // namespace gatehouse
