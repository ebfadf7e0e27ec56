// gateway/identity/key_fetch: one GET for a key set, timed and bounded.
//
// Place    on the keys' thread alone, one a source; at most one fetch of it is under way.
// Reads    the answer as strictly as any upstream's. Only 200 counts: no redirect is followed.
// Holds    a connection while a fetch lasts, and at most KeySet::kBytesMax of the answer.
// Errors   a few words on why there is no answer, for the log.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "gateway/identity/key_place.h"
#include "gateway/upstream.h"

namespace gatehouse {

struct FetchedKeys {
  std::string text;
  std::optional<std::chrono::milliseconds> max_age;  // as Cache-Control says
  std::string failure;                               // empty: there is a text
};

class KeyFetch final : public LoopBound {
 public:
  struct Parts {
    Loop& loop;
    BufferPool& buffers;
    HealthBoard& health;
  };

  // `tls` for https.
  KeyFetch(const Parts& parts, const KeyPlace& place, std::shared_ptr<const TlsClient> tls,
           std::chrono::milliseconds timeout);

  Task<FetchedKeys> fetch();
  // The addresses that the host's name stands for.
  void set_addresses(const std::vector<SocketAddress>& addresses) {
    upstream_.set_addresses(0, addresses);
  }
  // Ends what is under way, for good.
  void give_up();
  bool gone() const { return stream_ == nullptr && upstream_.gone(); }

 private:
  Task<std::string> exchange(Arena& arena, FetchedKeys& into);
  void on_late();

  const KeyPlace place_;
  const std::chrono::milliseconds timeout_;
  Upstream upstream_;
  Timer timer_;
  ClientStream* stream_ = nullptr;
};

}  // namespace gatehouse
