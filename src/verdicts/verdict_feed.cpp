#include "verdicts/verdict_feed.h"

#include <algorithm>
#include <utility>

namespace gatehouse {

void VerdictMailbox::put(std::uint64_t number, const VerdictSubject& subject,
                         const Change& change) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    number_ = number;
    if (!wants_all_ && waiting_.size() >= waiting_max_ && !waiting_.contains(subject)) {
      waiting_.clear();
      wants_all_ = true;
      missed_.fetch_add(1, std::memory_order_relaxed);
    }
    if (!wants_all_) waiting_.insert_or_assign(subject, change);
    tell = !std::exchange(is_told_, true);
  }
  if (!tell || notify_()) return;
  const std::lock_guard lock(mutex_);
  is_told_ = false;
}

std::uint64_t VerdictMailbox::apply(VerdictTable& table) {
  std::map<VerdictSubject, Change> changes;
  std::uint64_t number = 0;
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    changes.swap(waiting_);
    all = std::exchange(wants_all_, false);
    is_told_ = false;
    number = number_;
  }
  // What arrives between the two locks waits in the mailbox as well, and is applied twice.
  if (all) number = feed_.copy_all(table);
  for (auto& [subject, change] : changes) {
    if (change) {
      table.set(*std::move(change));
    } else {
      table.clear(subject);
    }
  }
  applied_.store(number, std::memory_order_relaxed);
  return number;
}

// The feed's lock is held through every notify.
void VerdictMailbox::close() {
  const std::lock_guard writing(feed_.mutex_);
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  waiting_.clear();
}

VerdictMailbox& VerdictFeed::add_mailbox(std::function<bool()> notify, std::size_t waiting_max) {
  const std::lock_guard lock(mutex_);
  VerdictMailbox& mailbox = mailboxes_.emplace_back(*this, std::move(notify), waiting_max);
  mailbox.wants_all_ = !table_.empty();
  mailbox.number_ = number_;
  return mailbox;
}

std::uint64_t VerdictFeed::set(Verdict verdict) {
  const std::lock_guard lock(mutex_);
  std::optional<VerdictSubject> evicted;
  const VerdictSubject subject = verdict.subject;
  if (!table_.set(verdict, &evicted)) return 0;
  if (evicted) spread(*evicted, std::nullopt);
  spread(subject, std::move(verdict));
  return number_;
}

std::uint64_t VerdictFeed::clear(const VerdictSubject& subject) {
  const std::lock_guard lock(mutex_);
  if (table_.clear(subject)) spread(subject, std::nullopt);
  return number_;
}

void VerdictFeed::spread(const VerdictSubject& subject, const std::optional<Verdict>& change) {
  ++number_;
  for (VerdictMailbox& mailbox : mailboxes_) {
    mailbox.put(number_, subject, change);
  }
}

std::uint64_t VerdictFeed::copy_all(VerdictTable& into) const {
  const std::lock_guard lock(mutex_);
  into.clear_all();
  for (Verdict& row : table_.rows()) into.set(std::move(row));
  return number_;
}

std::vector<Verdict> VerdictFeed::rows() const {
  const std::lock_guard lock(mutex_);
  return table_.rows();
}

std::optional<Verdict> VerdictFeed::find(const VerdictSubject& subject, WallTime now) const {
  const std::lock_guard lock(mutex_);
  const Verdict* const row = table_.find(subject, now);
  return row == nullptr ? std::nullopt : std::optional<Verdict>(*row);
}

std::uint64_t VerdictFeed::number() const {
  const std::lock_guard lock(mutex_);
  return number_;
}

std::uint64_t VerdictFeed::applied() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t least = number_;
  for (const VerdictMailbox& mailbox : mailboxes_) {
    if (!mailbox.is_closed_) least = std::min(least, mailbox.applied());
  }
  return least;
}

std::size_t VerdictFeed::size() const {
  const std::lock_guard lock(mutex_);
  return table_.size();
}

std::uint64_t VerdictFeed::evicted() const {
  const std::lock_guard lock(mutex_);
  return table_.evicted();
}

std::uint64_t VerdictFeed::refused() const {
  const std::lock_guard lock(mutex_);
  return table_.refused();
}

}  // namespace gatehouse
