#include "base/arena.h"

#include <algorithm>

#include "base/frame_pool.h"

namespace gatehouse {

Arena::~Arena() { release(); }

void Arena::release() {
  free_all_but_first();
  if (first_ != nullptr) FramePool::release(first_, first_->bytes);
  first_ = last_ = nullptr;
  at_ = end_ = nullptr;
  taken_ = 0;
}

char* Arena::take(std::size_t bytes) {
  if (bytes > kBytesMax - taken_) return nullptr;
  bytes = (bytes + 15) & ~std::size_t{15};
  const bool fits = at_ != nullptr && bytes <= static_cast<std::size_t>(end_ - at_);
  if (!fits) grow(bytes);
  char* const taken = at_;
  at_ += bytes;
  taken_ += bytes;
  return taken;
}

std::string_view Arena::copy(std::string_view text) {
  char* const place = take(text.size());
  if (place == nullptr) return {};
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

std::string_view Arena::join(std::initializer_list<std::string_view> parts) {
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  char* const place = take(bytes);
  if (place == nullptr) return {};
  char* at = place;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {place, bytes};
}

void Arena::reset() {
  free_all_but_first();
  taken_ = 0;
  if (first_ != nullptr && first_->bytes > kBlockBytes) {
    // One large text came first: its block is not worth keeping.
    FramePool::release(first_, first_->bytes);
    first_ = nullptr;
  }
  last_ = first_;
  at_ = end_ = nullptr;
  if (first_ == nullptr) return;
  at_ = reinterpret_cast<char*>(first_) + sizeof(Block);
  end_ = reinterpret_cast<char*>(first_) + first_->bytes;
}

void Arena::grow(std::size_t bytes) {
  const std::size_t whole = std::max(kBlockBytes, bytes + sizeof(Block));
  Block* const block = static_cast<Block*>(FramePool::allocate(whole));
  block->next = nullptr;
  block->bytes = whole;
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
  at_ = reinterpret_cast<char*>(block) + sizeof(Block);
  end_ = reinterpret_cast<char*>(block) + whole;
}

void Arena::free_all_but_first() {
  if (first_ == nullptr) return;
  for (Block* block = first_->next; block != nullptr;) {
    Block* const next = block->next;
    FramePool::release(block, block->bytes);
    block = next;
  }
  first_->next = nullptr;
}

}  // namespace gatehouse
