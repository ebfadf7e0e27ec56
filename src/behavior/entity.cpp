#include "behavior/entity.h"

#include <algorithm>

namespace gatehouse {
namespace {

constexpr std::size_t kIndexMin = 16;

std::size_t home_of(const StableHash& hash, std::size_t mask) {
  return static_cast<std::size_t>(hash.low / kPartitions) & mask;
}

}  // namespace

EntityTable::EntityTable(Names& names, std::size_t entities_max)
    : names_(names), partition_max_(std::max<std::size_t>(1, entities_max / kPartitions)) {}

EntityRef EntityTable::ref(std::size_t partition, std::uint32_t slot) {
  return {slot * static_cast<std::uint32_t>(kPartitions) + static_cast<std::uint32_t>(partition)};
}

// Where the subject stands in the index, or the free place where it would.
std::size_t EntityTable::place_of(const Partition& part, const Subject& subject) {
  const std::size_t mask = part.index.size() - 1;
  std::size_t place = home_of(subject.hash, mask);
  for (; part.index[place] != 0; place = (place + 1) & mask) {
    const EntityRow& row = part.rows[part.index[place] - 1];
    if (row.hash == subject.hash && row.kind == subject.kind) break;
  }
  return place;
}

std::optional<EntityRef> EntityTable::find(const Subject& subject) const {
  const std::size_t partition = partition_of(subject.hash);
  const Partition& part = partitions_[partition];
  if (part.index.empty()) return std::nullopt;
  const std::uint32_t found = part.index[place_of(part, subject)];
  return found == 0 ? std::nullopt : std::optional(ref(partition, found - 1));
}

Seat EntityTable::take(const Sighting& sighting, std::int64_t at_us) {
  const std::size_t partition = partition_of(sighting.subject.hash);
  Partition& part = partitions_[partition];
  if (const auto known = find(sighting.subject)) {
    EntityRow& row = part.rows[known->slot()];
    unlink(part, known->slot());
    row.last_us = std::max(row.last_us, at_us);
    if (sighting.is_verified && !row.is_verified) {
      row.is_verified = true;
      --part.unverified;
    }
    link(part, known->slot());
    return {.at = *known};
  }
  if (!sighting.is_verified && !doorkeeper_.knock(sighting.subject.hash, at_us)) {
    ++counts_.knocked;
    return {};
  }
  Seat seat{.is_new = true};
  if (part.size >= partition_max_) {
    std::uint32_t leaves = part.lists[0].oldest;
    if (leaves == EntityRef::kNone && sighting.is_verified) leaves = part.lists[1].oldest;
    if (leaves == EntityRef::kNone) {
      ++counts_.refused;
      return {};
    }
    seat.evicted = remove(part, leaves);
    ++counts_.evicted;
  }
  seat.at = ref(partition, insert(part, sighting, at_us));
  return seat;
}

std::uint32_t EntityTable::insert(Partition& part, const Sighting& sighting, std::int64_t at_us) {
  if ((part.size + 1) * 4 > part.index.size() * 3) grow(part);
  std::uint32_t slot = part.free;
  if (slot != EntityRef::kNone) {
    part.free = part.rows[slot].older;
  } else {
    slot = static_cast<std::uint32_t>(part.rows.size());
    part.rows.emplace_back();
  }
  part.rows[slot] = {.hash = sighting.subject.hash,
                     .first_us = at_us,
                     .last_us = at_us,
                     .name = names_.add(sighting.name),
                     .kind = sighting.subject.kind,
                     .is_verified = sighting.is_verified};
  part.index[place_of(part, sighting.subject)] = slot + 1;
  link(part, slot);
  ++part.size;
  if (!sighting.is_verified) ++part.unverified;
  return slot;
}

EntityRow EntityTable::forget(EntityRef ref) {
  return remove(partitions_[ref.partition()], ref.slot());
}

EntityRow EntityTable::remove(Partition& part, std::uint32_t slot) {
  unlink(part, slot);
  const EntityRow gone = part.rows[slot];
  const std::size_t mask = part.index.size() - 1;
  std::size_t hole = place_of(part, {gone.kind, gone.hash});
  // Whoever was pushed past the hole moves into it.
  for (std::size_t next = (hole + 1) & mask; part.index[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = home_of(part.rows[part.index[next] - 1].hash, mask);
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    part.index[hole] = part.index[next];
    hole = next;
  }
  part.index[hole] = 0;
  names_.release(gone.name);
  part.rows[slot] = {.older = part.free};
  part.free = slot;
  --part.size;
  if (!gone.is_verified) --part.unverified;
  return gone;
}

void EntityTable::grow(Partition& part) {
  std::vector<std::uint32_t> wider(std::max(kIndexMin, part.index.size() * 2));
  const std::size_t mask = wider.size() - 1;
  for (const std::uint32_t entry : part.index) {
    if (entry == 0) continue;
    std::size_t place = home_of(part.rows[entry - 1].hash, mask);
    while (wider[place] != 0) place = (place + 1) & mask;
    wider[place] = entry;
  }
  part.index = std::move(wider);
}

// As the newest of its list.
void EntityTable::link(Partition& part, std::uint32_t slot) {
  EntityRow& row = part.rows[slot];
  Ends& list = part.lists[row.is_verified ? 1 : 0];
  row.older = list.newest;
  row.newer = EntityRef::kNone;
  (list.newest == EntityRef::kNone ? list.oldest : part.rows[list.newest].newer) = slot;
  list.newest = slot;
}

void EntityTable::unlink(Partition& part, std::uint32_t slot) {
  const EntityRow& row = part.rows[slot];
  Ends& list = part.lists[row.is_verified ? 1 : 0];
  (row.older == EntityRef::kNone ? list.oldest : part.rows[row.older].newer) = row.newer;
  (row.newer == EntityRef::kNone ? list.newest : part.rows[row.newer].older) = row.older;
}

EntityCounts EntityTable::counts() const {
  EntityCounts counts = counts_;
  for (const Partition& part : partitions_) {
    counts.entities += part.size;
    counts.unverified += part.unverified;
  }
  return counts;
}

std::size_t EntityTable::bytes() const {
  std::size_t bytes = Doorkeeper::kCells / 2;
  for (const Partition& part : partitions_) {
    bytes += part.rows.capacity() * sizeof(EntityRow) + part.index.capacity() * 4;
  }
  return bytes;
}

}  // namespace gatehouse
