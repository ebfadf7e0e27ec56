// behavior/names: texts that many places show, each kept once, counted and gone with its last user.
//
// Place    names of entities and of values, for reasons and pages. Nothing is ordered, hashed or
//          decided by an id: ids depend on what came and went before.
// Holds    for each text its bytes in a slab (cut at a character, at most kNameBytesMax), a row of
//          16 bytes and 4 to 8 of an index.
// Full     at names_max of them, or 2^32 - 1 users of one, add() gives kNoName, whose text is
//          empty; counted in refused().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/stable_hash.h"
#include "behavior/slab_pool.h"

namespace gatehouse {

inline constexpr std::uint32_t kNoName = 0;
inline constexpr std::size_t kNameBytesMax = 128;

class Names {
 public:
  Names(const HashKey& key, SlabPool& pool, std::size_t names_max);
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  // One user more of this text.
  std::uint32_t add(std::string_view text);
  // One user less; with the last the text goes, and its id may come to mean another.
  void release(std::uint32_t name);

  // Lives until the name's last user releases it.
  std::string_view text(std::uint32_t name) const;
  std::uint32_t users(std::uint32_t name) const { return rows_[name].users; }
  std::size_t size() const { return size_; }
  std::uint64_t refused() const { return refused_; }
  std::size_t bytes() const { return rows_.capacity() * sizeof(Row) + index_.capacity() * 4; }

 private:
  struct Row {
    SlabPool::Handle at = 0;  // of a free row: the next free one
    std::uint32_t users = 0;
    std::uint32_t hash = 0;
    std::uint32_t bytes = 0;
  };

  std::size_t place_of(std::string_view text, std::uint32_t hash) const;
  void grow();

  const HashKey key_;
  SlabPool& pool_;
  const std::size_t names_max_;
  std::vector<Row> rows_{1};
  std::vector<std::uint32_t> index_;  // 0: nobody; else a row
  std::uint32_t free_ = 0;
  std::size_t size_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace gatehouse
