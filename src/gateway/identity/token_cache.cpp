#include "gateway/identity/token_cache.h"

#include <utility>

namespace gatehouse {
namespace {

constexpr std::size_t kEntryBytes = 128;  // of slot, table and count, beside the token itself

}  // namespace

std::shared_ptr<const VerifiedToken> TokenCache::find(const StableHash& digest,
                                                      std::uint64_t version, WallTime now) {
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end()) return nullptr;
  Slot& slot = slots_[found->second];
  if (slot.version != version || now >= slot.token->until) {
    remove(found->second);
    return nullptr;
  }
  slot.asked_for = true;
  return slot.token;
}

void TokenCache::add(const StableHash& digest, std::uint64_t version,
                     std::shared_ptr<const VerifiedToken> token) {
  const std::size_t bytes = token->bytes() + kEntryBytes;
  if (bytes > bytes_max_ || entries_max_ == 0) return;
  if (const auto known = by_digest_.find(digest); known != by_digest_.end()) remove(known->second);
  make_room(bytes);
  by_digest_.emplace(digest, slots_.size());
  slots_.push_back({digest, version, std::move(token), bytes, false});
  bytes_ += bytes;
}

// Each step takes the mark from one or removes one, so two rounds are the most.
void TokenCache::make_room(std::size_t bytes) {
  while (slots_.size() >= entries_max_ || bytes_ + bytes > bytes_max_) {
    if (hand_ >= slots_.size()) hand_ = 0;
    if (std::exchange(slots_[hand_].asked_for, false)) {
      ++hand_;
    } else {
      remove(hand_);
    }
  }
}

// The last takes the place of the one that goes.
void TokenCache::remove(std::size_t slot) {
  bytes_ -= slots_[slot].bytes;
  by_digest_.erase(slots_[slot].digest);
  if (slot + 1 != slots_.size()) {
    slots_[slot] = std::move(slots_.back());
    by_digest_[slots_[slot].digest] = slot;
  }
  slots_.pop_back();
}

}  // namespace gatehouse
