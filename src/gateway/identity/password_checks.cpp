#include "gateway/identity/password_checks.h"

#include <algorithm>
#include <utility>

#include "base/password_hash.h"

namespace gatehouse {

PasswordChecks::PasswordChecks(Compare compare)
    : compare_(compare == nullptr ? &password_holds : compare) {}

PasswordChecks::~PasswordChecks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::uint64_t PasswordChecks::open(PasswordDesk& desk) {
  const std::lock_guard lock(mutex_);
  desks_.emplace(next_desk_, Open{&desk, {}});
  return next_desk_++;
}

void PasswordChecks::close(std::uint64_t desk) {
  const std::lock_guard lock(mutex_);
  desks_.erase(desk);
  std::erase_if(queue_, [&](const Job& job) { return job.desk == desk; });
}

bool PasswordChecks::add(Job job) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kQueueMax) return false;
  while (threads_.size() < kThreads) threads_.emplace_back([this] { run(); });
  queue_.push_back(std::move(job));
  work_.notify_one();
  return true;
}

void PasswordChecks::drop(std::uint64_t desk, const StableHash& digest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, [&](const Job& job) { return job.desk == desk && job.digest == digest; });
}

void PasswordChecks::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const bool holds = compare_(job.password, job.hash);
    wipe(job.password);
    lock.lock();
    const auto open = desks_.find(job.desk);
    if (open == desks_.end()) continue;
    open->second.answers.push_back({job.digest, holds});
    // The desk is open, so its loop is there. A loop that takes no message any more gets this
    // answer with the next.
    (void)job.loop->post([this, desk = job.desk] { deliver(desk); });
  }
}

// On the desk's loop, which alone closes it.
void PasswordChecks::deliver(std::uint64_t desk) {
  std::vector<Answer> answers;
  PasswordDesk* to = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto open = desks_.find(desk);
    if (open == desks_.end()) return;
    to = open->second.desk;
    answers.swap(open->second.answers);
  }
  for (const Answer& one : answers) to->answer(one.digest, one.holds);
}

void PasswordDesk::answer(const StableHash& digest, bool holds) {
  const auto found = waiting_.find(digest);
  if (found == waiting_.end()) return;
  const std::vector<Question*> all = std::move(found->second);
  waiting_.erase(found);
  for (Question* const one : all) {
    one->waits_ = false;
    one->holds_ = holds;
  }
  // Nobody is resumed within the call, so that all of them are still there.
  for (Question* const one : all) one->answered_();
}

PasswordDesk::Asked PasswordDesk::Question::ask(Loop& loop, const StableHash& digest,
                                                std::string_view password,
                                                const std::string& hash) {
  const auto known = desk_.waiting_.find(digest);
  const bool shared = known != desk_.waiting_.end();
  if (!shared && !desk_.checks_.add({desk_.number_, digest, &loop, std::string(password), hash})) {
    return Asked::full;
  }
  desk_.waiting_[digest].push_back(this);
  digest_ = digest;
  waits_ = true;
  return shared ? Asked::shared : Asked::anew;
}

void PasswordDesk::Question::withdraw() {
  if (!std::exchange(waits_, false)) return;
  const auto found = desk_.waiting_.find(digest_);
  std::erase(found->second, this);
  if (!found->second.empty()) return;
  desk_.waiting_.erase(found);
  desk_.checks_.drop(desk_.number_, digest_);
}

}  // namespace gatehouse
