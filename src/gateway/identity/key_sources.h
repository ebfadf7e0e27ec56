// gateway/identity/key_sources: the key sets of the process, kept fresh off the workers.
//
// Place    one object for the whole gate. A policy opens its source when it is built and looks at
//          current() again only when version() has moved: one atomic read a request, and a lock
//          when the keys have changed.
// Holds    one source for each declaration; it outlives reloads while a policy holds it. A set that
//          can't be renewed stays: the last good one counts until there is a better.
// Thread   one for all sources, started with the first of them: files are looked at each kTick,
//          addresses fetched as KeyRefresh says, one fetch a source at a time.
// Errors   to the log when they begin and each kToldAgain while they last, and in figures().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/identity/key_place.h"
#include "gateway/identity/key_set.h"
#include "net/resolver.h"

namespace gatehouse {

class TlsClient;

// What a policy declares of its keys; equal ones share a source.
struct KeySourceSpec {
  KeyPlace place;
  std::string ca;  // PEM file of roots; empty: the system's
  std::chrono::milliseconds refresh_min{60'000};
  std::chrono::milliseconds refresh_max{3'600'000};
  std::chrono::milliseconds timeout{5'000};
  bool operator==(const KeySourceSpec&) const = default;
};

class KeySource {
 public:
  struct Current {
    std::shared_ptr<const KeySet> keys;  // null: there never was a set
    std::uint64_t version = 0;
  };
  explicit KeySource(KeySourceSpec spec) : spec_(std::move(spec)) {}

  // Any thread.
  const KeySourceSpec& spec() const { return spec_; }
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  Current current() const;
  // A token named a key that the set lacks: it is asked for again, soon but not at once.
  void missed() { missed_.store(true, std::memory_order_relaxed); }

 private:
  friend class KeySources;
  // False when it is the set that it has.
  bool take(std::shared_ptr<const KeySet> keys, std::uint64_t version);

  const KeySourceSpec spec_;
  std::atomic<std::uint64_t> version_{0};  // of the set; 0: none yet
  std::atomic<bool> missed_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const KeySet> keys_;
  std::uint64_t fetches_ = 0;
  std::uint64_t failures_ = 0;
  bool is_failing_ = false;
  std::uint32_t holders_ = 0;
};

class KeySources {
 public:
  static constexpr std::chrono::milliseconds kTick{250};
  static constexpr std::chrono::seconds kToldAgain{60};
  using Log = std::function<void(std::string_view)>;

  explicit KeySources(Log log);
  // Ends the thread. Nobody holds a source any more.
  ~KeySources();
  KeySources(const KeySources&) = delete;
  KeySources& operator=(const KeySources&) = delete;

  // A policy's hold on a source.
  class Hold {
   public:
    Hold() = default;
    Hold(KeySources& owner, KeySource& source) : owner_(&owner), source_(&source) {}
    Hold(Hold&& other) noexcept
        : owner_(other.owner_), source_(std::exchange(other.source_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (source_ != nullptr) owner_->release(*source_);
    }
    KeySource* get() const { return source_; }

   private:
    KeySources* owner_ = nullptr;
    KeySource* source_ = nullptr;
  };

  // Any thread, never on the request path. `known` is the set that the config's check has read of a
  // file, so that the first request finds it; null for an address.
  Hold open(const KeySourceSpec& spec, std::shared_ptr<const TlsClient> tls,
            std::shared_ptr<const KeySet> known);
  void set_resolver(const ResolverOptions& options);

  struct Figures {
    std::string place;
    std::size_t keys = 0;
    std::uint64_t fetches = 0;
    std::uint64_t failures = 0;
    bool is_failing = false;
  };
  // Declarations of one place share a row.
  std::vector<Figures> figures() const;

 private:
  class Keeper;  // the thread's own part
  struct Opened {
    std::unique_ptr<KeySource> source;
    std::shared_ptr<const TlsClient> tls;
  };

  void release(KeySource& source);
  void run();
  bool publish(KeySource& source, const std::string& text, std::string& failure);

  const Log log_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Opened> sources_;
  ResolverOptions resolver_;
  std::uint64_t versions_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
};

}  // namespace gatehouse
