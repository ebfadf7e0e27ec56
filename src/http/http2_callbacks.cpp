#include "http/http2_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>

#include "http/http2_session.h"

namespace gatehouse {
namespace {

constexpr int kFlooded = NGHTTP2_ERR_CALLBACK_FAILURE;  // the session knows of which limit

Http2Session& session_of(void* user) { return *static_cast<Http2Session*>(user); }

std::string_view view_of(const std::uint8_t* bytes, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}

bool is_request(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool ends_stream(const nghttp2_frame_hd& head) {
  const bool may = head.type == NGHTTP2_HEADERS || head.type == NGHTTP2_DATA;
  return may && (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

// What a field that the codec refuses has to do with; it tells its name in its message alone.
HeadError error_of_message(std::string_view message) {
  constexpr std::string_view kMark = "name: [";
  const std::size_t at = message.find(kMark);
  if (at == std::string_view::npos) return HeadError::field_name;
  message.remove_prefix(at + kMark.size());
  const std::string_view name = message.substr(0, message.find(']'));
  if (name == ":method") return HeadError::method;
  if (name == ":path") return HeadError::target;
  if (name == ":authority" || name == "host") return HeadError::host;
  if (name.starts_with(':')) return HeadError::start_line;
  if (name == "content-length") return HeadError::content_length;
  const bool connection = name == "te" || name == "connection" || name == "keep-alive" ||
                          name == "proxy-connection" || name == "transfer-encoding" ||
                          name == "upgrade";
  return connection ? HeadError::connection : HeadError::field_name;
}

nghttp2_nv pair_of(const Field& field) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data())), field.name.size(),
          field.value.size(), NGHTTP2_NV_FLAG_NONE};
}

// As the codec takes them: it copies names and values, and writes names in lower case.
std::span<const nghttp2_nv> pairs_of(const FieldList& fields) {
  const std::span<nghttp2_nv> pairs = fields.arena().take_array<nghttp2_nv>(fields.size());
  if (pairs.empty()) return {};
  std::transform(fields.begin(), fields.end(), pairs.begin(), pair_of);
  return pairs;
}

void submit_trailers(nghttp2_session* codec, std::int32_t id, const FieldList& trailers) {
  const std::span<const nghttp2_nv> pairs = pairs_of(trailers);
  (void)nghttp2_submit_trailer(codec, id, pairs.data(), pairs.size());
}

// NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
ssize_t on_content_wanted(nghttp2_session* codec, std::int32_t id, std::uint8_t*, std::size_t room,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<Http2Stream*>(source->ptr);
  const Http2Sink& sink = stream.content();
  const std::size_t bytes = std::min(room, sink.unsent());
  if (bytes == 0 && !sink.finished()) {
    stream.defer_content();
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (sink.finished() && bytes == sink.unsent()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.ends_by_reset()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      stream.on_end_sent();
      (void)nghttp2_submit_rst_stream(codec, NGHTTP2_FLAG_NONE, id, NGHTTP2_PROTOCOL_ERROR);
    } else if (sink.has_trailers()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_trailers(codec, id, sink.trailers_out());
    }
  }
  return static_cast<ssize_t>(bytes);
}

}  // namespace

struct Http2Callbacks {
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    Http2Session& session = session_of(user);
    const auto idle = [&session](std::uint32_t cost, Limit limit) {
      return session.spend(session.idle_frames_, cost, limit) ? 0 : kFlooded;
    };
    switch (head->type) {
      case NGHTTP2_PING:
        if ((head->flags & NGHTTP2_FLAG_ACK) != 0) return 0;
        return idle(Http2Session::kPingCost, Limit::http2_pings);
      case NGHTTP2_SETTINGS:
        return idle(Http2Session::kIdleFrameCost, Limit::http2_settings);
      case NGHTTP2_PRIORITY:
        return idle(Http2Session::kIdleFrameCost, Limit::http2_priorities);
      default:
        return 0;
    }
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (!is_request(*frame)) return 0;
    Http2Session& session = session_of(user);
    session.field_error_ = HeadError::none;
    return session.begin_stream(frame->hd.stream_id) ? 0 : kFlooded;
  }

  // NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                       std::uint8_t, void* user) {
    Http2Session& session = session_of(user);
    Http2Stream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (is_request(*frame)) {
      stream->on_field(view_of(name, name_bytes), view_of(value, value_bytes));
      const std::size_t most = session.limits().head.head_bytes_max * Http2Session::kHeadOvershoot;
      if (stream->head_bytes() <= most) return 0;
      session.on_flood(Limit::http2_head_bytes);
      return kFlooded;
    }
    stream->on_trailer(view_of(name, name_bytes), view_of(value, value_bytes));
    return 0;
  }

  // The codec would leave such a field out; to us the message is malformed.
  // NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
  static int on_invalid_header(nghttp2_session* codec, const nghttp2_frame* frame,
                               const std::uint8_t* name, std::size_t name_bytes,
                               const std::uint8_t* value, std::size_t value_bytes,
                               std::uint8_t flags, void* user) {
    const int result = on_header(codec, frame, name, name_bytes, value, value_bytes, flags, user);
    Http2Stream* const stream = session_of(user).find(frame->hd.stream_id);
    if (stream != nullptr && is_request(*frame)) stream->note(HeadError::forbidden_byte);
    return result;
  }

  static int on_error(nghttp2_session*, int error, const char* text, std::size_t bytes,
                      void* user) {
    if (error == NGHTTP2_ERR_HTTP_HEADER) {
      session_of(user).field_error_ = error_of_message({text, bytes});
    }
    return 0;
  }

  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int why, void* user) {
    Http2Session& session = session_of(user);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Http2Stream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) {
      if (is_request(*frame)) session.on_refused_stream(why == NGHTTP2_ERR_REFUSED_STREAM);
      return 0;
    }
    const HeadError seen = session.field_error_;
    if (session.opening_ == stream) session.on_head_whole();
    stream->on_malformed(seen);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Session& session = session_of(user);
    Http2Stream* const stream =
        frame->hd.stream_id == 0 ? nullptr : session.find(frame->hd.stream_id);
    const bool ends = ends_stream(frame->hd);
    if (stream != nullptr && is_request(*frame)) {
      session.on_head_whole();
      stream->on_head(ends);
    } else if (stream != nullptr && ends) {
      stream->on_body_end();
    } else if (frame->hd.type == NGHTTP2_DATA && frame->hd.length <= frame->data.padlen) {
      const auto cost = Http2Session::kIdleFrameCost;
      if (!session.spend(session.idle_frames_, cost, Limit::http2_empty_frames)) return kFlooded;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      if (stream != nullptr) stream->note_peer_reset();
      if (!session.spend(session.peer_resets_, 1, Limit::http2_resets)) return kFlooded;
    } else if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
      session.on_settings();
    } else if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      session.on_ping_answer();
    }
    return 0;
  }

  // NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
  static int on_data(nghttp2_session* codec, std::uint8_t, std::int32_t id,
                     const std::uint8_t* bytes, std::size_t count, void* user) {
    Http2Stream* const stream = session_of(user).find(id);
    if (stream != nullptr) {
      stream->on_body(view_of(bytes, count));
    } else {
      (void)nghttp2_session_consume(codec, id, count);
    }
    return 0;
  }

  static int on_frame_sent(nghttp2_session* codec, const nghttp2_frame* frame, void* user) {
    Http2Session& session = session_of(user);
    const std::int32_t id = frame->hd.stream_id;
    if (ends_stream(frame->hd)) {
      if (Http2Stream* const stream = session.find(id)) stream->on_end_sent();
      // The answer is whole and the request isn't: nobody wants the rest (RFC 9113 §8.1).
      if (nghttp2_session_get_stream_remote_close(codec, id) == 0) {
        (void)nghttp2_submit_rst_stream(codec, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
      }
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      const std::uint32_t code = frame->rst_stream.error_code;
      const bool by_choice =
          code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL || code == NGHTTP2_INTERNAL_ERROR;
      if (!by_choice && !session.spend(session.own_resets_, 1, Limit::http2_forced_resets)) {
        (void)nghttp2_session_terminate_session(codec, NGHTTP2_ENHANCE_YOUR_CALM);
      }
    } else if (frame->hd.type == NGHTTP2_GOAWAY &&
               frame->goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM) {
      session.on_flood(Limit::http2_settings);  // the codec's own: too many in one frame
    }
    return 0;
  }

  static int on_frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Http2Stream* const stream = session_of(user).find(frame->hd.stream_id);
    if (stream != nullptr) stream->break_off(StreamError::aborted);
    return 0;
  }

  static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    Http2Stream* const stream = session_of(user).find(id);
    if (stream != nullptr) stream->on_closed(code != NGHTTP2_NO_ERROR);
    return 0;
  }

  // NOLINTNEXTLINE(readability-function-size): the parameters are nghttp2's.
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_head,
                       std::size_t bytes, nghttp2_data_source* source, void* user) {
    constexpr std::size_t kFrameHeadBytes = 9;
    Http2Session& session = session_of(user);
    if (!session.out_has_room(kFrameHeadBytes + bytes)) return NGHTTP2_ERR_WOULDBLOCK;
    char* const at = session.out_.get() + session.out_end_;
    std::memcpy(at, frame_head, kFrameHeadBytes);
    auto& sink = static_cast<Http2Stream*>(source->ptr)->content();
    if (bytes != 0) {
      // Broken since it was asked: the stream is reset, and so is this frame.
      if (bytes > sink.unsent()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      sink.take({at + kFrameHeadBytes, bytes});
    }
    session.out_end_ += kFrameHeadBytes + bytes;
    return 0;
  }

  static void set(nghttp2_session_callbacks* to) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(to, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(to, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(to, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(to, on_invalid_header);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(to, on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(to, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(to, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(to, on_frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(to, on_frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(to, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(to, send_data);
    nghttp2_session_callbacks_set_error_callback2(to, on_error);
  }
};

nghttp2_session* new_http2_codec(Http2Session& session) {
  constexpr std::size_t kHeadBytesMax = 256 * 1024;  // of what we send
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  nghttp2_session* codec = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
    std::abort();
  }
  Http2Callbacks::set(callbacks);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, Http2Session::kUntakenMax);
  nghttp2_option_set_max_settings(option, Http2Session::kSettingsMax);
  nghttp2_option_set_max_continuations(option, Http2Session::kContinuationsMax);
  nghttp2_option_set_max_send_header_block_length(option, kHeadBytesMax);
  if (nghttp2_session_server_new2(&codec, callbacks, &session, option) != 0) std::abort();
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);

  const SessionLimits& limits = session.limits();
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, Http2Body::kWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(limits.head.head_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  (void)nghttp2_submit_settings(codec, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  (void)nghttp2_session_set_local_window_size(codec, NGHTTP2_FLAG_NONE, 0,
                                              Http2Session::kWindowBytes);
  return codec;
}

int submit_http2_informational(nghttp2_session* codec, std::int32_t id, const FieldList& lines) {
  const std::span<const nghttp2_nv> pairs = pairs_of(lines);
  if (pairs.empty()) return NGHTTP2_ERR_NOMEM;
  return nghttp2_submit_headers(codec, NGHTTP2_FLAG_NONE, id, nullptr, pairs.data(), pairs.size(),
                                nullptr);
}

int submit_http2_response(nghttp2_session* codec, Http2Stream& stream, const FieldList& lines,
                          bool content) {
  const std::span<const nghttp2_nv> pairs = pairs_of(lines);
  if (pairs.empty()) return NGHTTP2_ERR_NOMEM;
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = on_content_wanted;
  return nghttp2_submit_response(codec, stream.id(), pairs.data(), pairs.size(),
                                 content ? &provider : nullptr);
}

}  // namespace gatehouse
