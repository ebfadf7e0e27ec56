// http/http2_callbacks: nghttp2 set up for a session, and its callbacks turned into calls of the
// session and its streams. Nothing here runs a handler: what must be told is deferred.
#pragma once

#include <cstdint>

#include "http/message.h"

struct nghttp2_session;

namespace gatehouse {

class Http2Session;
class Http2Stream;

// A codec that has its settings to send. Never null: only want of memory could make it so, and then
// there is no program to report to.
nghttp2_session* new_http2_codec(Http2Session& session);

// An informational head; `lines` begins with `:status`. Names are written in lower case. These
// return nghttp2's error, or 0.
int submit_http2_informational(nghttp2_session* codec, std::int32_t id, const FieldList& lines);

// The final head, and with `content` what the stream's sink gives.
int submit_http2_response(nghttp2_session* codec, Http2Stream& stream, const FieldList& lines,
                          bool content);

}  // namespace gatehouse
