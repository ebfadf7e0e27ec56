#include "store/store.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "store/store_server.h"

namespace gatehouse {
namespace {

constexpr int kNice = 10;  // a request's work goes first

Error is_stopping() { return {"E0808", "the event history is being closed", {}}; }

}  // namespace

struct Store::Shared {
  struct Waiting {
    Done done;
    std::string lines;
  };

  Shared(StoreOptions its_options, const Clock& its_clock)
      : options(std::move(its_options)), clock(its_clock) {}

  void run();
  void take_all(StoreServer& server);
  void finish(StoreServer& server);
  void receive(const std::string& bytes);
  void close(std::uint64_t id, HistoryAnswer answer);
  bool is_unwanted(std::uint64_t id);
  void refuse_all();

  const StoreOptions options;
  const Clock& clock;
  std::atomic<std::uint64_t> committed{0};
  MessageReader from_store;  // the thread's alone
  MessageReader to_store;    // the thread's alone

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::string inbox;  // messages to the store
  std::map<std::uint64_t, Waiting> waiting;
  std::uint64_t last_id = 0;
  StoreState state;
  bool is_ending = false;
  bool has_ended = false;
  std::thread thread;
};

void Store::Shared::run() {
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  ::pthread_setname_np(::pthread_self(), "store");
  {
    StoreServer server(
        options, clock, [this](const std::string& bytes) { receive(bytes); },
        [this](std::uint64_t id) { return is_unwanted(id); });
    for (bool busy = true;;) {
      {
        std::unique_lock lock(mutex);
        if (!busy) changed.wait_for(lock, kNap, [this] { return is_ending || !inbox.empty(); });
        if (is_ending) break;
        to_store.add(inbox);
        inbox.clear();
      }
      take_all(server);
      busy = server.turn();
    }
    refuse_all();
    finish(server);
  }
  const std::lock_guard lock(mutex);
  has_ended = true;
  changed.notify_all();
}

void Store::Shared::take_all(StoreServer& server) {
  while (const auto message = to_store.next()) server.take(*message);
}

// What the journal still has.
void Store::Shared::finish(StoreServer& server) {
  const Monotonic deadline = clock.monotonic() + kStopMax / 2;
  while (server.turn() && clock.monotonic() < deadline) {
  }
}

void Store::Shared::receive(const std::string& bytes) {
  from_store.add(bytes);
  while (auto message = from_store.next()) {
    switch (message->kind) {
      case MessageKind::rows: {
        const std::lock_guard lock(mutex);
        if (const auto found = waiting.find(message->id); found != waiting.end()) {
          found->second.lines += message->payload;
        }
        break;
      }
      case MessageKind::end:
        close(message->id, {.error = {}, .lines = {}, .next = std::move(message->payload)});
        break;
      case MessageKind::failed:
        close(message->id, {.error = parse_error(message->payload), .lines = {}, .next = {}});
        break;
      case MessageKind::state:
        if (auto told = parse_state(message->payload)) {
          committed.store(told->committed, std::memory_order_relaxed);
          const std::lock_guard lock(mutex);
          state = *std::move(told);
        }
        break;
      case MessageKind::query:
      case MessageKind::cancel:
        break;  // never said to the gate
    }
  }
}

void Store::Shared::close(std::uint64_t id, HistoryAnswer answer) {
  Waiting asker;
  {
    const std::lock_guard lock(mutex);
    const auto found = waiting.find(id);
    if (found == waiting.end()) return;
    asker = std::move(found->second);
    waiting.erase(found);
  }
  answer.lines = std::move(asker.lines);
  asker.done(std::move(answer));
}

bool Store::Shared::is_unwanted(std::uint64_t id) {
  const std::lock_guard lock(mutex);
  return is_ending || !waiting.contains(id);
}

void Store::Shared::refuse_all() {
  std::map<std::uint64_t, Waiting> all;
  {
    const std::lock_guard lock(mutex);
    all.swap(waiting);
  }
  for (auto& [id, asker] : all) asker.done({.error = is_stopping(), .lines = {}, .next = {}});
}

Store::Store(StoreOptions options, const Clock& clock)
    : log_(options.log), shared_(std::make_unique<Shared>(std::move(options), clock)) {
  shared_->thread = std::thread([shared = shared_.get()] { shared->run(); });
}

Store::~Store() { stop(); }

std::uint64_t Store::ask(const HistoryQuery& query, Done done) {
  if (shared_ == nullptr) {
    done({.error = is_stopping(), .lines = {}, .next = {}});
    return 0;
  }
  std::unique_lock lock(shared_->mutex);
  const bool is_full = shared_->waiting.size() == kQueriesMax;
  if (shared_->is_ending || is_full) {
    Error refused = is_stopping();
    if (!shared_->is_ending) {
      refused = {"E0808", "too many questions wait for the event history", "ask again later"};
    }
    lock.unlock();
    done({.error = std::move(refused), .lines = {}, .next = {}});
    return 0;
  }
  const std::uint64_t id = ++shared_->last_id;
  shared_->waiting.emplace(id, Shared::Waiting{std::move(done), {}});
  shared_->inbox += to_bytes({MessageKind::query, id, to_json(query)});
  lock.unlock();
  shared_->changed.notify_all();
  return id;
}

void Store::cancel(std::uint64_t id) {
  if (shared_ == nullptr) return;
  shared_->close(id, {.error = Error{std::string(kQueryEnded), "the question was taken back", {}},
                      .lines = {},
                      .next = {}});
}

StoreState Store::state() const {
  if (shared_ == nullptr) return {};
  const std::lock_guard lock(shared_->mutex);
  return shared_->state;
}

std::uint64_t Store::committed() const {
  return shared_ == nullptr ? 0 : shared_->committed.load(std::memory_order_relaxed);
}

void Store::stop() {
  if (shared_ == nullptr || !shared_->thread.joinable()) return;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->is_ending = true;
    shared_->changed.notify_all();
    if (!shared_->changed.wait_for(lock, kStopMax, [this] { return shared_->has_ended; })) {
      lock.unlock();
      return leave_behind();
    }
  }
  shared_->thread.join();
}

// The thread may wake up at any time, so what it uses is never freed.
void Store::leave_behind() {
  log_("the event history does not end; it is left behind, and goes on from the journal next time");
  shared_->refuse_all();
  shared_->thread.detach();
  (void)shared_.release();
}

}  // namespace gatehouse
