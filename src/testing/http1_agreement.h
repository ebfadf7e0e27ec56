// testing/http1_agreement: in what the HTTP/1 readers and their slow twin differ over some bytes.
//
// Each function returns "" where they agree, else a line that says what differs: a test prints it,
// a fuzzer stops at it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "http/http1_body.h"
#include "http/http1_head.h"
#include "testing/http1_twin.h"

namespace gatehouse::testing {

class Difference {
 public:
  template <class A, class B>
  void compare(const char* what, const A& ours, const B& twins) {
    if (text_.empty() && !(ours == twins)) text_ = std::string(what) + " differs";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

inline std::string_view text_of(Framing framing) {
  switch (framing) {
    case Framing::none:
      return "none";
    case Framing::length:
      return "length";
    case Framing::chunked:
      return "chunked";
    case Framing::until_close:
      return "until_close";
    case Framing::stream:
      return "stream";
    case Framing::tunnel:
      return "tunnel";
  }
  return "";
}

inline TwinFields fields_of(const FieldList& list) {
  TwinFields fields;
  for (const Field& field : list) fields.emplace_back(field.name, field.value);
  return fields;
}

inline std::string request_difference(std::string_view bytes, const HeadLimits& limits = {}) {
  const TwinHead twin =
      twin_request(bytes, {limits.head_bytes_max, limits.fields_max, limits.uri_bytes_max});
  Arena arena;
  RequestHead head(arena);
  const HeadError error = parse_request_head(bytes, limits, head);
  Difference difference;
  difference.compare("acceptance", error == HeadError::none, twin.accepted);
  if (error != HeadError::none || !twin.accepted) return difference.text();
  difference.compare("method", head.method_text, twin.method);
  difference.compare("target", head.target, twin.target);
  difference.compare("path", head.raw_path, twin.path);
  difference.compare("has_query", head.has_query, twin.has_query);
  difference.compare("query", head.query, twin.query);
  difference.compare("authority", head.authority, twin.authority);
  difference.compare("version", head.version == Version::http11, twin.minor_version == 1);
  difference.compare("framing", text_of(head.framing), twin.framing);
  difference.compare("content_length", head.content_length, twin.content_length);
  difference.compare("keep_alive", head.keep_alive, twin.keep_alive);
  difference.compare("expect_continue", head.expect_continue, twin.expect_continue);
  difference.compare("upgrade", head.upgrade, twin.upgrade);
  difference.compare("fields", fields_of(head.fields), twin.fields);
  return difference.text();
}

inline std::string response_difference(std::string_view bytes, std::string_view method,
                                       const HeadLimits& limits = {}) {
  const TwinHead twin = twin_response(
      bytes, method, {limits.head_bytes_max, limits.fields_max, limits.uri_bytes_max});
  Arena arena;
  ResponseHead head(arena);
  const HeadError error = parse_response_head(bytes, limits, method_of(method), head);
  Difference difference;
  difference.compare("acceptance", error == HeadError::none, twin.accepted);
  if (error != HeadError::none || !twin.accepted) return difference.text();
  difference.compare("status", head.status, twin.status);
  difference.compare("reason", head.reason, twin.reason);
  difference.compare("upgrade", head.upgrade, twin.upgrade);
  difference.compare("version", head.version == Version::http11, twin.minor_version == 1);
  difference.compare("framing", text_of(head.framing), twin.framing);
  difference.compare("content_length", head.content_length, twin.content_length);
  difference.compare("keep_alive", head.keep_alive, twin.keep_alive);
  difference.compare("fields", fields_of(head.fields), twin.fields);
  return difference.text();
}

// Steps of at most `piece` bytes more at a time.
inline std::string body_difference(std::string_view bytes, std::size_t piece,
                                   const HeadLimits& limits = {}) {
  const TwinBody twin =
      twin_chunked(bytes, {limits.head_bytes_max, limits.fields_max, limits.uri_bytes_max});
  Arena arena;
  ChunkedDecoder decoder(arena, limits);
  std::string content;
  ChunkStep step;
  std::size_t at = 0;
  for (std::size_t have = 0; have != bytes.size() && step.state == ChunkStep::State::need_more;) {
    have += std::min(piece, bytes.size() - have);
    do {
      step = decoder.step(bytes.substr(at, have - at));
      content += step.content;
      at += step.consumed + step.content.size();
    } while (step.state == ChunkStep::State::content);
  }
  Difference difference;
  difference.compare("malformed", step.state == ChunkStep::State::malformed,
                     twin.end == TwinEnd::malformed);
  difference.compare("ended", step.state == ChunkStep::State::ended, twin.end == TwinEnd::reached);
  if (twin.end == TwinEnd::malformed) return difference.text();
  difference.compare("content", content, twin.content);
  if (twin.end != TwinEnd::reached) return difference.text();
  difference.compare("end", at, twin.bytes);
  difference.compare("trailers", decoder.trailers().size() + decoder.trailers_left_out(),
                     twin.trailers.size());
  return difference.text();
}

}  // namespace gatehouse::testing
