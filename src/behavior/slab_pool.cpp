#include "behavior/slab_pool.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace gatehouse {

std::size_t SlabPool::size_class(std::size_t bytes) {
  assert(bytes <= kBytesMax);
  return static_cast<std::size_t>(std::ranges::lower_bound(kSlabSizes, bytes) - kSlabSizes.begin());
}

std::size_t SlabPool::rounded(std::size_t bytes) { return kSlabSizes[size_class(bytes)]; }

SlabPool::Handle SlabPool::take(std::size_t bytes) {
  const std::size_t which = size_class(bytes);
  const std::size_t size = kSlabSizes[which];
  taken_ += size;
  if (const Handle free = free_[which]; free != 0) {
    void* const block = at(free);
    std::memcpy(&free_[which], block, sizeof(Handle));
    std::memset(block, 0, size);
    return free;
  }
  if (used_ + size > kPageBytes) {
    pages_.push_back(std::make_unique<std::byte[]>(kPageBytes));
    used_ = pages_.size() == 1 ? kUnit : 0;  // the very first unit is nobody's: its handle is 0
  }
  const std::size_t unit = (pages_.size() - 1) * kUnitsPerPage + used_ / kUnit;
  used_ += size;
  return static_cast<Handle>(unit);
}

void SlabPool::give_back(Handle handle, std::size_t bytes) {
  if (handle == 0) return;
  const std::size_t which = size_class(bytes);
  taken_ -= kSlabSizes[which];
  std::memcpy(at(handle), &free_[which], sizeof(Handle));
  free_[which] = handle;
}

}  // namespace gatehouse
