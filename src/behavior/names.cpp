#include "behavior/names.h"

#include <algorithm>
#include <cstring>

#include "base/utf8.h"

namespace gatehouse {
namespace {

constexpr std::size_t kIndexMin = 16;

std::string_view cut(std::string_view text) {
  if (text.size() <= kNameBytesMax) return text;
  const std::string_view head = text.substr(0, kNameBytesMax);
  return head.substr(0, first_not_utf8(head));
}

}  // namespace

Names::Names(const HashKey& key, SlabPool& pool, std::size_t names_max)
    : key_(key), pool_(pool), names_max_(names_max), index_(kIndexMin) {}

std::string_view Names::text(std::uint32_t name) const {
  const Row& row = rows_[name];
  if (name == kNoName || row.users == 0) return {};
  return {static_cast<const char*>(pool_.at(row.at)), row.bytes};
}

// Where the text stands in the index, or the free place where it would.
std::size_t Names::place_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = index_.size() - 1;
  std::size_t place = hash & mask;
  while (index_[place] != 0) {
    const std::uint32_t name = index_[place];
    if (rows_[name].hash == hash && this->text(name) == text) break;
    place = (place + 1) & mask;
  }
  return place;
}

std::uint32_t Names::add(std::string_view whole) {
  const std::string_view text = cut(whole);
  if (text.empty()) return kNoName;
  const auto hash = static_cast<std::uint32_t>(sip_hash_128(key_, text).low);
  std::size_t place = place_of(text, hash);
  if (const std::uint32_t known = index_[place]; known != 0) {
    if (rows_[known].users == UINT32_MAX) return ++refused_, kNoName;
    ++rows_[known].users;
    return known;
  }
  if (size_ >= names_max_) return ++refused_, kNoName;
  if ((size_ + 1) * 4 > index_.size() * 3) {
    grow();
    place = place_of(text, hash);
  }
  std::uint32_t name = free_;
  if (name != 0) {
    free_ = rows_[name].at;
  } else {
    name = static_cast<std::uint32_t>(rows_.size());
    rows_.emplace_back();
  }
  Row& row = rows_[name];
  row = {.at = pool_.take(text.size()),
         .users = 1,
         .hash = hash,
         .bytes = static_cast<std::uint32_t>(text.size())};
  std::memcpy(pool_.at(row.at), text.data(), text.size());
  index_[place] = name;
  ++size_;
  return name;
}

void Names::release(std::uint32_t name) {
  Row& row = rows_[name];
  if (name == kNoName || row.users == 0) return;
  --row.users;
  if (row.users > 0) return;
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = row.hash & mask;
  while (index_[hole] != name) hole = (hole + 1) & mask;
  // Whoever was pushed past the hole moves into it.
  for (std::size_t next = (hole + 1) & mask; index_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = rows_[index_[next]].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    index_[hole] = index_[next];
    hole = next;
  }
  index_[hole] = 0;
  pool_.give_back(row.at, row.bytes);
  row = {.at = free_};
  free_ = name;
  --size_;
}

void Names::grow() {
  std::vector<std::uint32_t> wider(index_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (const std::uint32_t name : index_) {
    if (name == 0) continue;
    std::size_t place = rows_[name].hash & mask;
    while (wider[place] != 0) place = (place + 1) & mask;
    wider[place] = name;
  }
  index_ = std::move(wider);
}

}  // namespace gatehouse
