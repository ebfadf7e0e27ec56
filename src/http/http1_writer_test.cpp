// http1_writer: what arrives is one sound message however small the pieces are that a socket takes.
#include "http/http1_writer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "base/arena.h"

namespace gatehouse {
namespace {

struct Http1WriterTest : ::testing::Test {
  Http1WriterTest() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return;
    const int least = 1;  // the kernel makes its minimum of it
    ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    peer = pair[1];
    connection.emplace(loop, pair[0], nullptr);
    writer.emplace(*connection, limits);
  }
  ~Http1WriterTest() override { ::close(peer); }

  // A head with the room behind it that start() wants.
  std::string_view head(std::string_view text) {
    char* const place = arena.take(text.size() + Http1Writer::kFramingBytes);
    text.copy(place, text.size());
    return {place, text.size()};
  }

  void receive(std::size_t bytes_max) {
    std::string piece(bytes_max, '\0');
    const ssize_t bytes = ::recv(peer, piece.data(), piece.size(), MSG_DONTWAIT);
    if (bytes > 0) received.append(piece, 0, static_cast<std::size_t>(bytes));
  }

  // The peer reads whenever nothing more is taken.
  Task<void> send_all(std::string_view content, std::size_t piece) {
    while (!content.empty()) {
      const std::size_t taken = writer->write(content.substr(0, piece));
      content.remove_prefix(taken);
      if (taken != 0) continue;
      receive(1 << 20);
      Task<bool> draining = writer->drained();
      const bool drained = co_await draining;
      EXPECT_TRUE(drained);
      if (!drained) break;
    }
  }

  Task<void> send_message(std::string_view content, std::size_t piece, const FieldList* trailers) {
    Task<void> sending = send_all(content, piece);
    co_await sending;
    writer->finish(trailers);
    while (!writer->is_flushed()) {
      receive(1 << 20);
      writer->flush();
    }
    receive(1 << 20);
    loop.stop();
  }

  Loop loop;
  Arena arena;
  TransferLimits limits;
  std::optional<Connection> connection;
  std::optional<Http1Writer> writer;
  int peer = -1;
  std::string received;
};

// Undoes chunks; empty when they are not sound to the last byte.
std::string unchunked(std::string_view body, std::string_view end) {
  std::string content;
  for (;;) {
    const std::size_t line = body.find("\r\n");
    if (line == body.npos) return {};
    const std::size_t size = std::stoul(std::string(body.substr(0, line)), nullptr, 16);
    if (size == 0) return body == end ? content : std::string{};
    body.remove_prefix(line + 2);
    if (body.size() < size + 2 || body.substr(size, 2) != "\r\n") return {};
    content += body.substr(0, size);
    body.remove_prefix(size + 2);
  }
}

std::string content_of(std::size_t bytes) {
  std::string content(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<char>('a' + i * 7 % 26);
  return content;
}

TEST_F(Http1WriterTest, Chunks_are_sound_whatever_the_socket_takes) {
  const std::string content = content_of(300'000);
  for (const std::size_t piece : {1UL << 20, 5'000UL, 999UL}) {
    received.clear();
    writer->start(head("HEAD\r\n\r\n"), Framing::chunked, 0);
    start(send_message(content, piece, nullptr));
    loop.run();
    ASSERT_TRUE(received.starts_with("HEAD\r\n\r\n"));
    EXPECT_TRUE(unchunked(received.substr(8), "0\r\n\r\n") == content) << piece;
    EXPECT_EQ(writer->bytes_total(), content.size());
  }
}

TEST_F(Http1WriterTest, A_head_longer_than_the_socket_takes_keeps_its_place_before_the_chunks) {
  const std::string long_head = "HEAD\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n";
  writer->start(head(long_head), Framing::chunked, 0);
  start(send_message("hello", 5, nullptr));
  loop.run();
  EXPECT_TRUE(received == long_head + "5\r\nhello\r\n0\r\n\r\n");
}

TEST_F(Http1WriterTest, Trailers_of_any_size_follow_a_head_that_is_still_unsent) {
  const std::string long_head = "HEAD\r\nX: " + std::string(60'000, 'x') + "\r\n\r\n";
  const std::string value(5'000, 'v');
  FieldList trailers(arena);
  ASSERT_TRUE(trailers.add(FieldId::other, "X-Sum", value));
  writer->start(head(long_head), Framing::chunked, 0);
  writer->flush();
  start(send_message({}, 1, &trailers));
  loop.run();
  EXPECT_TRUE(received == long_head + "0\r\nX-Sum: " + value + "\r\n\r\n");
}

TEST_F(Http1WriterTest, A_chunk_goes_out_with_its_end) {
  writer->start(head("HEAD\r\n\r\n"), Framing::chunked, 0);
  EXPECT_EQ(writer->write("hello"), 5U);
  receive(100);
  EXPECT_EQ(received, "HEAD\r\n\r\n5\r\nhello\r\n");
  EXPECT_TRUE(writer->is_flushed());
}

TEST_F(Http1WriterTest, A_trailer_that_would_end_a_line_is_left_out) {
  FieldList trailers(arena);
  ASSERT_TRUE(trailers.add(FieldId::other, "X-Bad", "a\r\nInjected: b"));
  ASSERT_TRUE(trailers.add(FieldId::other, "X-Good", "c"));
  writer->start(head("H\r\n\r\n"), Framing::chunked, 0);
  writer->finish(&trailers);
  receive(100);
  EXPECT_EQ(received, "H\r\n\r\n0\r\nX-Good: c\r\n\r\n");
}

TEST_F(Http1WriterTest, More_than_the_promised_length_is_never_sent) {
  writer->start(head("H\r\n\r\n"), Framing::length, 5);
  EXPECT_EQ(writer->write("hello and more"), 5U);
  EXPECT_EQ(writer->write("and more"), 0U);
  EXPECT_EQ(writer->error(), StreamError::malformed);
  receive(100);
  EXPECT_EQ(received, "H\r\n\r\nhello");
}

TEST_F(Http1WriterTest, Less_than_the_promised_length_breaks_the_connection) {
  writer->start(head("H\r\n\r\n"), Framing::length, 5);
  EXPECT_EQ(writer->write("hell"), 4U);
  writer->finish(nullptr);
  EXPECT_EQ(writer->error(), StreamError::aborted);
  EXPECT_TRUE(connection->descriptor().aborted());
}

}  // namespace
}  // namespace gatehouse
