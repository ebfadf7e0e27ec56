// http/http2_testing: a client of HTTP/2 and a session under test on the two ends of a socket pair,
// driven in one thread. For tests alone.
//
// settle() lets both sides run until neither has anything more to say; nothing sleeps.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/http2_session.h"

namespace gatehouse::testing {

using Lines = std::vector<std::pair<std::string, std::string>>;

class Http2Client {
 public:
  struct Answer {
    std::vector<std::string> statuses;
    Lines fields;  // trailers follow
    std::string body;
    bool ended = false;
    int closes = 0;
    std::uint32_t reset = 0xffff;  // the code, when a reset came
  };

  explicit Http2Client(int fd, std::uint32_t window = 65'535, bool auto_credit = true) : fd_(fd) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, auto_credit ? 0 : 1);
    nghttp2_session_client_new2(&codec, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
    nghttp2_submit_settings(codec, NGHTTP2_FLAG_NONE, &entry, 1);
  }
  ~Http2Client() {
    nghttp2_session_del(codec);
    hang_up();
  }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  static Lines get(std::string path = "/") {
    return {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", path}};
  }
  static Lines post(std::string path = "/") {
    Lines lines = get(std::move(path));
    lines[0].second = "POST";
    return lines;
  }

  // With `open` the content comes by send() and end().
  std::int32_t ask(const Lines& lines, bool open = false) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : lines) pairs.push_back(pair_of(name, value));
    nghttp2_data_provider provider{};
    provider.read_callback = on_read;
    const std::int32_t id = nghttp2_submit_request(codec, nullptr, pairs.data(), pairs.size(),
                                                   open ? &provider : nullptr, nullptr);
    (void)answers[id];
    return id;
  }
  void send(std::int32_t id, std::string_view bytes) {
    content_[id].text += bytes;
    nghttp2_session_resume_data(codec, id);
  }
  void end(std::int32_t id, Lines trailers = {}) {
    content_[id].ended = true;
    content_[id].trailers = std::move(trailers);
    nghttp2_session_resume_data(codec, id);
  }
  void reset(std::int32_t id) {
    nghttp2_submit_rst_stream(codec, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  }
  void raw(std::string_view bytes) { raw_ += bytes; }
  void hang_up() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  // Moves what can be moved; true when anything did.
  bool step() {
    bool moved = false;
    while (fd_ >= 0 && !by_hand) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t count = nghttp2_session_mem_send(codec, &bytes);
      if (count <= 0) break;
      unsent_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
    }
    unsent_ += std::exchange(raw_, {});
    if (fd_ >= 0 && writing && !unsent_.empty()) {
      const ssize_t count = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (count > 0) unsent_.erase(0, static_cast<std::size_t>(count));
      moved = count > 0;
    }
    char in[65'536];
    while (fd_ >= 0 && reading) {
      const ssize_t count = ::recv(fd_, in, sizeof in, 0);
      if (count == 0) ended = true;
      if (count <= 0) break;
      moved = true;
      bytes_read += static_cast<std::size_t>(count);
      if (by_hand) came.append(in, static_cast<std::size_t>(count));
      if (by_hand) continue;
      (void)nghttp2_session_mem_recv(codec, reinterpret_cast<std::uint8_t*>(in),
                                     static_cast<std::size_t>(count));
    }
    return moved;
  }

  nghttp2_session* codec = nullptr;
  std::map<std::int32_t, Answer> answers;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;  // last stream, code
  std::size_t sent_content = 0;
  std::size_t bytes_read = 0;
  bool reading = true;
  bool writing = true;
  bool ended = false;
  bool by_hand = false;  // what raw() got is sent and nothing else; what comes is only kept
  std::string came;

 private:
  struct Content {
    std::string text;
    bool ended = false;
    Lines trailers;
  };

  static nghttp2_nv pair_of(const std::string& name, const std::string& value) {
    const auto bytes = [](const std::string& text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    // Not copied by the codec, lest it mend what is meant to be wrong: kept for the client's life.
    static std::vector<std::unique_ptr<std::string>> kept;
    kept.push_back(std::make_unique<std::string>(name));
    std::string& own_name = *kept.back();
    kept.push_back(std::make_unique<std::string>(value));
    std::string& own_value = *kept.back();
    return {bytes(own_name), bytes(own_value), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
  }
  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                       std::uint8_t, void* user) {
    Answer& answer = self(user).answers[frame->hd.stream_id];
    std::string key(reinterpret_cast<const char*>(name), name_bytes);
    std::string text(reinterpret_cast<const char*>(value), value_bytes);
    if (key == ":status") {
      answer.statuses.push_back(text);
    } else {
      answer.fields.emplace_back(std::move(key), std::move(text));
    }
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Client& client = self(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      client.goaways.emplace_back(frame->goaway.last_stream_id, frame->goaway.error_code);
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      client.answers[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    }
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      client.answers[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                     std::size_t count, void* user) {
    self(user).answers[id].body.append(reinterpret_cast<const char*>(bytes), count);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    ++self(user).answers[id].closes;
    return 0;
  }
  static ssize_t on_read(nghttp2_session* codec, std::int32_t id, std::uint8_t* into,
                         std::size_t room, std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Http2Client& client = self(user);
    Content& content = client.content_[id];
    const std::size_t count = content.text.copy(reinterpret_cast<char*>(into), room);
    content.text.erase(0, count);
    client.sent_content += count;
    if (content.text.empty() && content.ended) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!content.trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<nghttp2_nv> pairs;
        for (const auto& [name, value] : content.trailers) pairs.push_back(pair_of(name, value));
        nghttp2_submit_trailer(codec, id, pairs.data(), pairs.size());
      }
    } else if (count == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(count);
  }

  int fd_;
  std::map<std::int32_t, Content> content_;
  std::string unsent_;
  std::string raw_;
};

}  // namespace gatehouse::testing
