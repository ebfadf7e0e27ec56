// verdicts/verdict_feed: brings each change of a verdict from the engine to every worker.
//
//   engine ──set/clear──► VerdictFeed ──delta──► VerdictMailbox (one a worker) ──apply──► its table
//
// Place    the engine (and an operator, through the admin API) writes; a worker is told by its
//          `notify` and then applies on its own thread. No lock is taken while serving requests.
// Numbers  each change has the next number; a subject's later change replaces an earlier one that
//          still waits.
// Full     a mailbox at kWaitingMax waiting subjects forgets them and says `all`: the next apply()
//          copies the feed's whole table. The feed's own table is bounded as VerdictTable says; who
//          loses its row there is cleared at the workers too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "verdicts/verdict_table.h"

namespace gatehouse {

class VerdictFeed;

class VerdictMailbox {
 public:
  static constexpr std::size_t kWaitingMax = 10'000;

  VerdictMailbox(VerdictFeed& feed, std::function<bool()> notify, std::size_t waiting_max)
      : feed_(feed), notify_(std::move(notify)), waiting_max_(waiting_max) {}
  VerdictMailbox(const VerdictMailbox&) = delete;
  VerdictMailbox& operator=(const VerdictMailbox&) = delete;

  // The worker: brings the table up to date and gives the number up to which it now is.
  std::uint64_t apply(VerdictTable& table);
  // The worker, before its loop ends: when this returns `notify` is not being called, nor will be.
  void close();
  // Any thread: the number up to which the worker's table is.
  std::uint64_t applied() const { return applied_.load(std::memory_order_relaxed); }
  std::uint64_t missed() const { return missed_.load(std::memory_order_relaxed); }

 private:
  friend class VerdictFeed;
  // Absent: the subject's row goes.
  using Change = std::optional<Verdict>;
  void put(std::uint64_t number, const VerdictSubject& subject, const Change& change);

  VerdictFeed& feed_;
  const std::function<bool()> notify_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::map<VerdictSubject, Change> waiting_;
  std::uint64_t number_ = 0;
  bool wants_all_ = false;
  bool is_told_ = false;
  bool is_closed_ = false;
  std::atomic<std::uint64_t> applied_{0};
  std::atomic<std::uint64_t> missed_{0};
};

class VerdictFeed {
 public:
  explicit VerdictFeed(std::size_t rows_max = VerdictTable::kRowsMax) : table_(rows_max) {}

  // Before the workers start: one for each. `notify` is called on the writing thread, once for all
  // that waits until the worker applies it, and says whether the worker could be told (if not, the
  // next change tries again); it must not call back into the feed. The mailbox lives as long as the
  // feed; the worker applies once as it starts, and then has everything that stands.
  VerdictMailbox& add_mailbox(std::function<bool()> notify,
                              std::size_t waiting_max = VerdictMailbox::kWaitingMax);

  // Any thread; gives the change's number, 0 when the table is full and the verdict was refused.
  std::uint64_t set(Verdict verdict);
  std::uint64_t clear(const VerdictSubject& subject);

  // Any thread.
  std::vector<Verdict> rows() const;
  std::optional<Verdict> find(const VerdictSubject& subject, WallTime now) const;
  std::uint64_t number() const;
  // The change that every worker has by now, and all before it.
  std::uint64_t applied() const;
  std::size_t size() const;
  std::uint64_t evicted() const;
  std::uint64_t refused() const;

 private:
  friend class VerdictMailbox;
  std::uint64_t copy_all(VerdictTable& into) const;
  void spread(const VerdictSubject& subject, const std::optional<Verdict>& change);

  mutable std::mutex mutex_;  // taken before a mailbox's
  VerdictTable table_;
  std::uint64_t number_ = 0;
  std::deque<VerdictMailbox> mailboxes_;
};

}  // namespace gatehouse
