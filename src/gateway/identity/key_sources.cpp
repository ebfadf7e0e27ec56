#include "gateway/identity/key_sources.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "config/surroundings.h"
#include "gateway/identity/key_fetch.h"
#include "gateway/identity/key_refresh.h"

namespace gatehouse {

KeySource::Current KeySource::current() const {
  const std::lock_guard lock(mutex_);
  return {keys_, version_.load(std::memory_order_relaxed)};
}

bool KeySource::take(std::shared_ptr<const KeySet> keys, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  is_failing_ = false;
  if (keys_ != nullptr && keys->digest() == keys_->digest()) return false;
  keys_ = std::move(keys);
  version_.store(version, std::memory_order_release);
  return true;
}

// What the keys' thread knows of the sources beside what all may see.
class KeySources::Keeper {
 public:
  explicit Keeper(KeySources& owner)
      : owner_(owner),
        tick_(loop_.timers(), [](void* self) { static_cast<Keeper*>(self)->tick(); }, this) {
    tick_.arm_in(std::chrono::milliseconds{0});
  }
  ~Keeper() { resolver_.reset(); }

  void run() { loop_.run(); }

 private:
  struct Kept {
    Kept(KeySource& its_source, std::uint64_t its_number)
        : source(its_source),
          number(its_number),
          refresh(source.spec().refresh_min, source.spec().refresh_max) {}
    KeySource& source;
    const std::uint64_t number;  // never used again: a late message may ask for it
    KeyRefresh refresh;
    std::unique_ptr<KeyFetch> fetch;  // of an address
    std::optional<Resolver::Id> watch;
    bool is_fetching = false;
    struct Print {
      std::int64_t modified_ns = -1;
      std::int64_t bytes = -1;
      std::uint64_t inode = 0;
      bool operator==(const Print&) const = default;
    } print;  // of the file as it was last read
    std::string told;
    Monotonic told_at{};
  };

  void tick() {
    const bool is_stopping = owner_.stopping_;
    take_sources();
    if (is_stopping) {
      end();
    } else {
      for (const auto& one : kept_) look_after(*one);
    }
    tick_.arm_in(is_stopping ? std::chrono::milliseconds{10} : kTick);
  }

  // Sources that are new, and those that nobody holds any more.
  void take_sources() {
    const std::lock_guard lock(owner_.mutex_);
    for (const Opened& opened : owner_.sources_) {
      const bool known = std::any_of(kept_.begin(), kept_.end(), [&](const auto& one) {
        return &one->source == opened.source.get();
      });
      if (!known) keep(*opened.source, opened.tls);
    }
    std::erase_if(kept_, [this](const auto& one) {
      {
        const std::lock_guard inner(one->source.mutex_);
        if (one->source.holders_ != 0) return false;
      }
      if (one->is_fetching || (one->fetch != nullptr && !one->fetch->gone())) return false;
      if (one->watch) resolver_->unwatch(*one->watch);
      std::erase_if(owner_.sources_,
                    [&](const Opened& opened) { return opened.source.get() == &one->source; });
      return true;
    });
    wanted_resolver_ = owner_.resolver_;
  }

  void keep(KeySource& source, const std::shared_ptr<const TlsClient>& tls) {
    kept_.push_back(std::make_unique<Kept>(source, ++numbers_));
    const KeySourceSpec& spec = source.spec();
    if (!spec.place.is_address()) return;
    kept_.back()->fetch = std::make_unique<KeyFetch>(KeyFetch::Parts{loop_, buffers_, health_},
                                                     spec.place, tls, spec.timeout);
  }

  void look_after(Kept& kept) {
    if (kept.fetch == nullptr) {
      look_at_file(kept);
      return;
    }
    if (kept.source.missed_.exchange(false, std::memory_order_relaxed)) kept.refresh.missed();
    if (!kept.refresh.is_due(loop_.now())) return;
    if (!watch_name(kept)) return;
    kept.refresh.began(loop_.now());
    kept.is_fetching = true;
    start(fetch(kept));
  }

  // The name of an address is resolved as those of targets are; false with a failure told.
  bool watch_name(Kept& kept) {
    const KeyPlace& place = kept.source.spec().place;
    if (SocketAddress::parse(place.host, place.port)) return true;
    if (resolver_ != nullptr && wanted_resolver_ != options_) {
      resolver_.reset();
      for (const auto& one : kept_) one->watch.reset();
    }
    if (resolver_ == nullptr) {
      auto resolver = Resolver::start(wanted_resolver_);
      if (!resolver) return refuse(kept, resolver.error().what);
      resolver_ = *std::move(resolver);
      options_ = wanted_resolver_;
    }
    if (kept.watch) return true;
    const auto number = kept.number;
    auto id = resolver_->watch(place.host, place.port, [this, number](const Resolution& now) {
      loop_.post([this, number, addresses = now.addresses] { on_addresses(number, addresses); });
    });
    if (!id) return refuse(kept, id.error().what);
    kept.watch = *id;
    return true;
  }
  void on_addresses(std::uint64_t number, const std::vector<SocketAddress>& addresses) {
    for (const auto& one : kept_) {
      if (one->number == number) one->fetch->set_addresses(addresses);
    }
  }
  bool refuse(Kept& kept, const std::string& why) {
    kept.refresh.failed(loop_.now());
    failed(kept, why);
    return false;
  }

  Task<void> fetch(Kept& kept) {
    Task<FetchedKeys> fetching = kept.fetch->fetch();
    FetchedKeys fetched = co_await fetching;
    kept.is_fetching = false;
    const Monotonic now = loop_.now();
    const bool is_taken =
        fetched.failure.empty() && owner_.publish(kept.source, fetched.text, fetched.failure);
    if (is_taken) {
      kept.told.clear();
      kept.refresh.succeeded(now, fetched.max_age);
    } else {
      kept.refresh.failed(now);
      if (!owner_.stopping_) failed(kept, fetched.failure);
    }
  }

  void look_at_file(Kept& kept) {
    const std::string& path = kept.source.spec().place.file.path;
    struct stat status{};
    Kept::Print print;
    if (::stat(path.c_str(), &status) == 0) {
      print = {status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_size,
               status.st_ino};
    }
    if (print == kept.print && kept.told.empty()) return;
    const bool is_same = print == kept.print;
    if (is_same && loop_.now() < kept.told_at + kToldAgain) return;
    kept.print = print;
    const auto text = SystemSurroundings{}.file(path, KeySet::kBytesMax);
    std::string failure = text ? "" : text.error().what;
    if (text && owner_.publish(kept.source, *text, failure)) {
      kept.told.clear();
    } else {
      failed(kept, failure);
    }
  }

  void failed(Kept& kept, const std::string& why) {
    bool has_keys = false;
    {
      const std::lock_guard lock(kept.source.mutex_);
      ++kept.source.failures_;
      kept.source.is_failing_ = true;
      has_keys = kept.source.keys_ != nullptr;
    }
    if (why == kept.told && loop_.now() < kept.told_at + kToldAgain) return;
    kept.told = why;
    kept.told_at = loop_.now();
    owner_.log_(fmt::format("keys of {}: {}; {}", kept.source.spec().place.shown(), why,
                            has_keys ? "the last good set stays in use"
                                     : "there is none yet, so that requests are refused"));
  }

  void end() {
    for (const auto& one : kept_) {
      if (one->fetch != nullptr) one->fetch->give_up();
    }
    const bool is_over = std::all_of(kept_.begin(), kept_.end(), [](const auto& one) {
      return !one->is_fetching && (one->fetch == nullptr || one->fetch->gone());
    });
    if (is_over) loop_.stop();
  }

  KeySources& owner_;
  Loop loop_;
  BufferPool buffers_;
  HealthBoard health_;
  ResolverOptions wanted_resolver_;
  ResolverOptions options_;
  std::unique_ptr<Resolver> resolver_;
  std::vector<std::unique_ptr<Kept>> kept_;
  std::uint64_t numbers_ = 0;
  Timer tick_;
};

KeySources::KeySources(Log log) : log_(std::move(log)) {}

KeySources::~KeySources() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

KeySources::Hold KeySources::open(const KeySourceSpec& spec, std::shared_ptr<const TlsClient> tls,
                                  std::shared_ptr<const KeySet> known) {
  const std::lock_guard lock(mutex_);
  auto found = std::find_if(sources_.begin(), sources_.end(),
                            [&](const Opened& one) { return one.source->spec() == spec; });
  if (found == sources_.end()) {
    sources_.push_back({std::make_unique<KeySource>(spec), std::move(tls)});
    found = sources_.end() - 1;
    if (known != nullptr) found->source->take(std::move(known), ++versions_);
  }
  {
    const std::lock_guard inner(found->source->mutex_);
    ++found->source->holders_;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  return {*this, *found->source};
}

void KeySources::release(KeySource& source) {
  const std::lock_guard inner(source.mutex_);
  --source.holders_;
}

void KeySources::run() {
  Keeper keeper(*this);
  keeper.run();
}

void KeySources::set_resolver(const ResolverOptions& options) {
  const std::lock_guard lock(mutex_);
  resolver_ = options;
}

// True when the text is a set, be it new or the same; else `failure` says why not.
bool KeySources::publish(KeySource& source, const std::string& text, std::string& failure) {
  {
    const std::lock_guard lock(source.mutex_);
    ++source.fetches_;
  }
  auto keys = KeySet::read(text);
  if (!keys) {
    failure = keys.error().what;
    return false;
  }
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    version = ++versions_;
  }
  const std::size_t count = (*keys)->keys().size();
  const std::size_t passed_over = (*keys)->passed_over();
  if (source.take(*std::move(keys), version)) {
    log_(fmt::format("keys of {}: {} in use{}", source.spec().place.shown(), count,
                     passed_over == 0 ? "" : fmt::format(", {} passed over", passed_over)));
  }
  return true;
}

std::vector<KeySources::Figures> KeySources::figures() const {
  const std::lock_guard lock(mutex_);
  std::vector<Figures> all;
  for (const Opened& opened : sources_) {
    const KeySource& source = *opened.source;
    const std::string place = source.spec().place.shown();
    auto row = std::find_if(all.begin(), all.end(),
                            [&](const Figures& one) { return one.place == place; });
    if (row == all.end()) row = all.insert(all.end(), Figures{.place = place});
    const std::lock_guard inner(source.mutex_);
    row->keys = std::max(row->keys, source.keys_ == nullptr ? 0 : source.keys_->keys().size());
    row->fetches += source.fetches_;
    row->failures += source.failures_;
    row->is_failing = row->is_failing || source.is_failing_;
  }
  return all;
}

}  // namespace gatehouse
