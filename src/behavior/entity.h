// behavior/entity: everybody and everything that the engine keeps state of.
//
// Place    resolve names who takes part in an event; take() finds or makes their rows. What a row's
//          `models` points to belongs to the caller, who frees it when the row is evicted.
// Holds    64 fixed partitions by the low bits of the stable hash, whatever the threads: in each a
//          flat table of rows of 64 bytes, an index of 4 to 8 a row, and two lists by last sight,
//          of the verified and of the others. The kind is in the hash already.
// Unproved a name or address that nothing proves is counted by the doorkeeper, without a row, until
//          it was seen three times. Once proved a row stays so.
// Full     each partition has room for its 64th. A verified newcomer takes the place of the one not
//          verified that was quiet longest, or else of the verified one; an unverified newcomer
//          never that of a verified one: it is refused. Both are counted.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/stable_hash.h"
#include "behavior/doorkeeper.h"
#include "behavior/names.h"
#include "events/event.h"

namespace gatehouse {

inline constexpr std::size_t kPartitions = 64;

constexpr std::size_t partition_of(const StableHash& hash) { return hash.low % kPartitions; }

// What somebody or something has to do with an event.
enum class EntityRole : std::uint8_t {
  actor,    // who did it: token, user, app
  device,   // what with
  origin,   // where from: an address
  target,   // what was asked: an API
  claimed,  // as whom somebody tried to sign in, and did not
};

struct Sighting {
  Subject subject;
  EntityRole role = EntityRole::actor;
  bool is_verified = false;
  std::string_view name;  // lives as long as the event's bytes
};

// Where a row is: a partition and a slot in it. Good until the row is evicted; nothing may be
// ordered by it.
struct EntityRef {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t value = kNone;

  bool is_none() const { return value == kNone; }
  std::size_t partition() const { return value % kPartitions; }
  std::uint32_t slot() const { return value / kPartitions; }
  bool operator==(const EntityRef&) const = default;
};

struct EntityRow {
  StableHash hash = {};
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  std::uint32_t name = kNoName;
  SlabPool::Handle models = 0;  // the caller's
  std::uint64_t facts = 0;      // the caller's
  std::uint32_t older = EntityRef::kNone;
  std::uint32_t newer = EntityRef::kNone;
  SubjectKind kind = SubjectKind::none;  // none: the row is free
  bool is_verified = false;
};
static_assert(sizeof(EntityRow) == 64);

struct Seat {
  EntityRef at = {};  // none: it has no state (yet)
  bool is_new = false;
  std::optional<EntityRow> evicted = {};  // who had to go
};

struct EntityCounts {
  std::size_t entities = 0;
  std::size_t unverified = 0;
  std::uint64_t evicted = 0;
  std::uint64_t knocked = 0;  // sights of unproved names that were only counted
  std::uint64_t refused = 0;  // unverified, and no unverified one to make room
};

class EntityTable {
 public:
  static constexpr std::size_t kEntitiesMax = 4'000'000;

  EntityTable(Names& names, std::size_t entities_max = kEntitiesMax);
  EntityTable(const EntityTable&) = delete;
  EntityTable& operator=(const EntityTable&) = delete;

  // The row of one who was seen, its last sight renewed.
  Seat take(const Sighting& sighting, std::int64_t at_us);
  std::optional<EntityRef> find(const Subject& subject) const;
  EntityRow& row(EntityRef ref) { return partitions_[ref.partition()].rows[ref.slot()]; }
  const EntityRow& row(EntityRef ref) const {
    return partitions_[ref.partition()].rows[ref.slot()];
  }
  // Takes a row out, as for an erasure.
  EntityRow forget(EntityRef ref);

  // From the one that was quiet longest: first the unverified, then the verified.
  template <class Visit>
  void for_each(std::size_t partition, const Visit& visit) const {
    const Partition& part = partitions_[partition];
    for (const Ends& list : part.lists) {
      for (std::uint32_t at = list.oldest; at != EntityRef::kNone; at = part.rows[at].newer) {
        visit(part.rows[at]);
      }
    }
  }

  // `count` rows of a partition by their slots, from `first` on; false: there are none behind.
  template <class Visit>
  bool for_some(std::size_t partition, std::size_t first, std::size_t count,
                const Visit& visit) const {
    const std::vector<EntityRow>& rows = partitions_[partition].rows;
    const std::size_t end = std::min(rows.size(), first + count);
    for (std::size_t slot = first; slot < end; ++slot) {
      if (rows[slot].kind != SubjectKind::none) visit(rows[slot]);
    }
    return end < rows.size();
  }

  EntityCounts counts() const;
  std::size_t bytes() const;

 private:
  struct Ends {
    std::uint32_t oldest = EntityRef::kNone;
    std::uint32_t newest = EntityRef::kNone;
  };
  struct Partition {
    std::vector<EntityRow> rows;
    std::vector<std::uint32_t> index;  // a slot + 1; 0: nobody
    std::array<Ends, 2> lists;         // by is_verified
    std::uint32_t free = EntityRef::kNone;
    std::size_t size = 0;
    std::size_t unverified = 0;
  };

  static EntityRef ref(std::size_t partition, std::uint32_t slot);
  static std::size_t place_of(const Partition& part, const Subject& subject);
  static void grow(Partition& part);
  static void link(Partition& part, std::uint32_t slot);
  static void unlink(Partition& part, std::uint32_t slot);
  EntityRow remove(Partition& part, std::uint32_t slot);
  std::uint32_t insert(Partition& part, const Sighting& sighting, std::int64_t at_us);

  Names& names_;
  const std::size_t partition_max_;
  std::array<Partition, kPartitions> partitions_;
  Doorkeeper doorkeeper_;
  EntityCounts counts_;
};

}  // namespace gatehouse
