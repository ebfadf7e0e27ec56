// gateway/identity/password_checks: slow hashes, computed on threads of their own.
//
// Place    one a gate, with a desk for each policy and worker. A policy asks at its desk and waits
//          (gateway/policy_wait); the answer comes back to its own loop by message, and only to who
//          still waits.
// Threads  kThreads, started with the first question. A desk and its questions live on one loop.
// Holds    at most kQueueMax questions that nobody has begun; passwords are overwritten once
//          checked. Whoever asks the same as somebody who waits, at one desk, shares the answer.
// Full     ask() says so, and the caller refuses.
// Ends     a question that goes away takes its work along unless that has begun; a desk that closes
//          hears nothing any more.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/stable_hash.h"
#include "net/loop.h"

namespace gatehouse {

class PasswordDesk;

class PasswordChecks {
 public:
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kQueueMax = 64;
  using Compare = bool (*)(std::string_view password, const std::string& hash);

  // `compare` is replaced by tests alone.
  explicit PasswordChecks(Compare compare = nullptr);
  ~PasswordChecks();
  PasswordChecks(const PasswordChecks&) = delete;
  PasswordChecks& operator=(const PasswordChecks&) = delete;

 private:
  friend class PasswordDesk;
  struct Job {
    std::uint64_t desk = 0;
    StableHash digest;  // of what is asked
    Loop* loop = nullptr;
    std::string password;
    std::string hash;
  };
  struct Answer {
    StableHash digest;
    bool holds = false;
  };
  struct Open {
    PasswordDesk* desk = nullptr;
    std::vector<Answer> answers;  // not fetched yet
  };

  std::uint64_t open(PasswordDesk& desk);
  void close(std::uint64_t desk);
  bool add(Job job);
  void drop(std::uint64_t desk, const StableHash& digest);
  void deliver(std::uint64_t desk);
  void run();

  const Compare compare_;
  std::mutex mutex_;  // guards what follows; no hash is computed under it
  std::condition_variable work_;
  bool stopping_ = false;
  std::uint64_t next_desk_ = 1;
  std::map<std::uint64_t, Open> desks_;
  std::deque<Job> queue_;
  std::vector<std::thread> threads_;
};

// Where the policies of one worker ask; lives on that worker's loop.
class PasswordDesk {
 public:
  explicit PasswordDesk(PasswordChecks& checks) : checks_(checks), number_(checks.open(*this)) {}
  ~PasswordDesk() { checks_.close(number_); }
  PasswordDesk(const PasswordDesk&) = delete;
  PasswordDesk& operator=(const PasswordDesk&) = delete;

  enum class Asked : std::uint8_t { anew, shared, full };

  // In the frame of who waits; `answered` is called once, on the loop.
  class Question {
   public:
    Question(PasswordDesk& desk, std::function<void()> answered)
        : desk_(desk), answered_(std::move(answered)) {}
    ~Question() { withdraw(); }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    // `digest` tells questions apart: one for each password, user and hash.
    Asked ask(Loop& loop, const StableHash& digest, std::string_view password,
              const std::string& hash);
    // Nothing until it was answered.
    std::optional<bool> holds() const { return holds_; }

   private:
    friend class PasswordDesk;
    void withdraw();

    PasswordDesk& desk_;
    std::function<void()> answered_;
    StableHash digest_;
    bool waits_ = false;
    std::optional<bool> holds_;
  };

 private:
  friend class PasswordChecks;
  void answer(const StableHash& digest, bool holds);

  PasswordChecks& checks_;
  const std::uint64_t number_;
  std::map<StableHash, std::vector<Question*>> waiting_;
};

}  // namespace gatehouse
