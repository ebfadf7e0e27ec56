// http/http1_client: our side of one HTTP/1 connection to an upstream: request, response, and
// again.
//
// Place    owned by an upstream's pool; lent to one exchange at a time as a ClientStream.
// Holds    while idle no buffer. The exchange's arena holds the heads in both directions.
// Strict   what comes back is read as strictly as what clients send. Surplus bytes, a second final
//          head, a 101 that nobody asked for, or more than kInformationalMax informational heads
//          make the response malformed and the connection unfit for reuse.
#pragma once

#include "http/http1_reader.h"
#include "http/http1_writer.h"

namespace gatehouse {

class Http1Client final : public LoopBound, public ClientStream, private Waiter {
 public:
  static constexpr int kInformationalMax = 16;

  class Owner {
   public:
    // The exchange is over. `reusable`: clean, and the peer is willing. The owner may destroy the
    // client at once, or keep it and call rest().
    virtual void on_done(Http1Client& client, bool reusable) = 0;
    // A resting connection ended, failed or said something unasked: destroy it.
    virtual void on_rest_broken(Http1Client& client) = 0;

   protected:
    ~Owner() = default;
  };

  struct Limits {
    TransferLimits transfer;
    HeadLimits head;
    std::chrono::milliseconds first_byte_time{30'000};
  };

  Http1Client(std::unique_ptr<Connection> connection, Owner& owner, BufferPool& buffers,
              const Limits& limits);
  ~Http1Client() override = default;

  // Waits in the pool, watched. Time of rest is the owner's business.
  void rest();
  // Takes it out of rest for a new exchange; false when it is no longer fit.
  bool begin(Arena& arena, Method method, bool reused);
  Connection& connection() { return *connection_; }

  // ClientStream
  void send_head(const RequestHead& head, bool end) override;
  Sink& sink() override { return writer_; }
  Task<bool> read_head(ResponseHead& head) override;
  Body& body() override { return reader_; }
  StreamError error() const override;
  bool reused() const override { return reused_; }
  bool sent_anything() const override { return writer_.sent_anything(); }
  bool received_anything() const override { return received_; }
  void abort(StreamError why) override;
  void release() override;

 private:
  void wake() override;  // resting, and something happened
  Task<bool> await_head();
  bool fail(StreamError why);
  static void on_first_byte_late(void* self);

  std::unique_ptr<Connection> connection_;
  Owner& owner_;
  const Limits& limits_;
  Http1Reader reader_;
  Http1Writer writer_;
  Timer first_byte_;
  Arena* arena_ = nullptr;
  Method method_ = Method::other;
  std::string_view upgrade_;  // asked for, in the arena
  StreamError error_ = StreamError::none;
  bool keep_alive_ = true;
  bool reused_ = false;
  bool received_ = false;
  bool final_head_ = false;
  bool late_ = false;
  int informational_ = 0;
};

}  // namespace gatehouse
