// behavior/slab_pool: blocks of a few sizes in pages; a handle instead of a pointer.
//
// Place    under every list, sketch and name of the engine: no value has a heap node of its own,
//          and pages can be written out and read back elsewhere, since a handle stays what it is.
// Holds    blocks of kSlabSizes bytes, cut from pages of 64 KiB; a block that is given back serves
//          the next of its size. What a page's end is too short for is lost: at most 12.5%, for the
//          largest size, and 0.5% on average for those below 400 bytes.
// Full     2^32 blocks of 16 bytes (64 GiB). Whoever takes blocks has a limit of its own far below.
// Threads  one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace gatehouse {

// Sixteen bytes of a head and as many entries of 8, 16 or 24 bytes as a list grows through.
inline constexpr std::array<std::uint16_t, 18> kSlabSizes = {
    16, 32, 48, 64, 80, 112, 144, 208, 272, 400, 528, 784, 1040, 1552, 2064, 3088, 6160, 8192};

class SlabPool {
 public:
  // Where a block lies; 0 is none.
  using Handle = std::uint32_t;
  static constexpr std::size_t kPageBytes = 64 * 1024;
  static constexpr std::size_t kBytesMax = kSlabSizes.back();

  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  // A block of at least so many bytes, all zero, aligned to 16. `bytes` is at most kBytesMax.
  Handle take(std::size_t bytes);
  // `bytes` as it was taken, or anything of the same size class. 0 is given back for nothing.
  void give_back(Handle handle, std::size_t bytes);

  // Lives until the block is given back.
  void* at(Handle handle) {
    return pages_[handle / kUnitsPerPage].get() + (handle % kUnitsPerPage) * kUnit;
  }
  const void* at(Handle handle) const {
    return pages_[handle / kUnitsPerPage].get() + (handle % kUnitsPerPage) * kUnit;
  }

  // What a block of so many bytes really takes.
  static std::size_t rounded(std::size_t bytes);

  std::size_t bytes_taken() const { return taken_; }  // in blocks that are out
  std::size_t bytes_resident() const { return pages_.size() * kPageBytes; }

 private:
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kUnitsPerPage = kPageBytes / kUnit;

  static std::size_t size_class(std::size_t bytes);

  std::vector<std::unique_ptr<std::byte[]>> pages_;
  std::size_t used_ = kPageBytes;  // of the last page
  std::array<Handle, kSlabSizes.size()> free_{};
  std::size_t taken_ = 0;
};

}  // namespace gatehouse
