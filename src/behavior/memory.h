// behavior/memory: what the engine remembers of each entity: its session, what was learnt, what is
// held back, its ledger.
//
// Place    scorer brings an event's sightings, reads scopes() before note() has added the event,
//          and calls on_due() for each timer. No event writes a model: it writes the session's
//          delta, and the session's end decides what becomes of that.
// Session  of one entity: from its first event to kIdleUs after its last, at most kSessionUsMax.
// Ends     committed: learnt at self, and by the groups for the next epoch. Held, if the entity is
//          notable then and was mature: for kHeldUs, until a person dismisses the case (committed)
//          or accepts it, or time passes (discarded: what ages out is not learnt). An entity of
//          which over 30% of at least kDisputedSessions sessions of late were held is disputed.
// Mature   an entity known for kMatureUs with kMatureSessions committed sessions.
// Users    an address, device or app knows with how many users it was seen, by 64 bits of hashes.
// Holds    for each entity 64 bytes of row and, once something is noted or paid, 80 of state, 4 a
//          feature ever learnt, the counts, and while a session is open its delta and windows.
// Full     kHeldMax sessions held: the oldest is discarded. Rows: see entity; who is evicted is
//          forgotten whole, its open session too. All counted.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "behavior/entity.h"
#include "behavior/feature.h"
#include "behavior/groups.h"
#include "behavior/ledger.h"
#include "behavior/models/distinct.h"
#include "behavior/models/pace.h"
#include "behavior/surprise.h"
#include "behavior/timers.h"

namespace gatehouse {

struct EntityState {
  SlabPool::Handle counts = 0;  // a handle of counts for each slot
  SlabPool::Handle session = 0;
  SlabPool::Handle ledger = 0;
  SlabPool::Handle held = 0;
  GroupId group = kEverybody;
  std::int64_t due_us = INT64_MAX;       // of the one timer that counts
  std::int64_t crossing_us = INT64_MAX;  // when its level will be another
  std::int64_t standing_us = 0;          // until when its level was published
  std::int64_t level_since_us = 0;       // when it came to the level at which it is
  std::int64_t disputed_us = 0;          // the last session was counted then
  std::uint32_t sessions = 0;            // committed
  std::uint16_t recent = 0;              // of kRecentUs, fading
  std::uint16_t recent_held = 0;
  std::uint16_t counts_room = 0;
  std::uint8_t level = 0;  // 0: none, else 1 + VerdictLevel
  bool has_role = false;   // its group was told, not taken from its app
};
static_assert(sizeof(EntityState) <= 80);

struct MemoryCounts {
  EntityCounts entities;
  std::uint64_t sessions_open = 0;
  std::uint64_t sessions_committed = 0;
  std::uint64_t sessions_held = 0;
  std::uint64_t held_committed = 0;
  std::uint64_t held_discarded = 0;
  std::uint64_t overflowed = 0;  // values that a session's delta had no room for
  std::uint64_t disputed = 0;    // how often an entity became so
};

class Memory {
 public:
  static constexpr std::int64_t kIdleUs = 30LL * 60 * 1'000'000;
  static constexpr std::int64_t kSessionUsMax = 12LL * 3600 * 1'000'000;
  static constexpr std::int64_t kHeldUs = 7 * Feature::kDayUs;
  static constexpr std::size_t kHeldMax = 8;
  static constexpr std::int64_t kMatureUs = 7 * Feature::kDayUs;
  static constexpr std::uint32_t kMatureSessions = 10;
  static constexpr std::int64_t kRecentUs = 14 * Feature::kDayUs;
  static constexpr std::uint16_t kDisputedSessions = 5;

  Memory(const HashKey& key, FeatureTable& features, std::size_t entities_max);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // The rows of all who take part; who was pushed out is forgotten.
  struct Seats {
    std::array<EntityRef, Sightings::kMax> at{};
    std::size_t size = 0;
  };
  Seats seat(const Sightings& who, std::int64_t at_us);

  // Of a value as the feature's model takes it. The moment is the feature table's.
  Scopes scopes(EntityRef ref, FeatureId feature, std::uint64_t value) const;
  // Of pace and distinct: the amount in the open window.
  std::uint32_t amount(EntityRef ref, FeatureId feature) const;
  bool is_mature(EntityRef ref, FeatureId feature, const Scopes& scopes, std::int64_t at_us) const;
  // With how many users an address, device or app was seen; beyond 64 it says 64.
  int users(EntityRef ref) const { return std::popcount(row(ref).facts); }

  // Opens the session if need be and adds what the event says; `group` of its peers.
  void touch(EntityRef ref, GroupId group, std::int64_t at_us);
  // Pace and distinct are noted before they are read, the others after: an open window is no
  // lesson, and a value must not vouch for itself.
  void note(EntityRef ref, FeatureId feature, std::uint64_t value, std::int64_t at_us);

  // What falls due at this moment, but for the crossing, which is the scorer's.
  void on_due(EntityRef ref, std::int64_t due_us);
  // Sees to it that the entity's next moment is asked for.
  void schedule(EntityRef ref);
  std::optional<Timers::Due> take_due(std::int64_t now_us) { return timers_.take(now_us); }

  // A case was dismissed (its evidence is learnt) or accepted (it goes). How many sessions.
  std::size_t decide(EntityRef ref, bool is_dismissed);
  void set_role(EntityRef ref, GroupId group);

  std::optional<EntityRef> find(const Subject& subject) const { return table_.find(subject); }
  const EntityRow& row(EntityRef ref) const { return table_.row(ref); }
  // nullptr: nothing was noted or paid yet. A state lives until its entity is evicted.
  EntityState* state(EntityRef ref);
  const EntityState* state(EntityRef ref) const;
  EntityState& make_state(EntityRef ref);
  bool is_disputed(const EntityState& state) const;
  // Of so many rows those with a state; false: there are none behind (see entity).
  template <class Visit>
  bool for_some(std::size_t partition, std::size_t first, std::size_t count,
                const Visit& visit) const {
    return table_.for_some(partition, first, count, [&](const EntityRow& row) {
      if (row.models != 0) visit(row, *static_cast<const EntityState*>(pool_.at(row.models)));
    });
  }
  void forget(EntityRef ref);

  SlabPool& pool() { return pool_; }
  const SlabPool& pool() const { return pool_; }
  Names& names() { return names_; }
  const Names& names() const { return names_; }
  Groups& groups() { return groups_; }
  const Groups& groups() const { return groups_; }
  MemoryCounts counts() const;
  std::size_t bytes() const;

 private:
  struct Window {
    PaceWindow pace;
    DistinctWindow distinct;
  };
  struct Session {
    std::int64_t began_us = 0;
    std::int64_t last_us = 0;
    Delta delta;
    SlabPool::Handle windows = 0;
    std::uint16_t windows_room = 0;
  };
  struct HeldSession {
    std::int64_t closed_us = 0;
    Delta delta;
  };
  struct Held {
    std::uint64_t size = 0;
    std::array<HeldSession, kHeldMax> all;
  };

  Session* session(const EntityState& state);
  const Session* session(const EntityState& state) const;
  Window& window(Session& session, std::uint16_t slot);
  const Window* find_window(const EntityState& state, std::uint16_t slot) const;
  SlabPool::Handle& counts_of(EntityState& state, std::uint16_t slot);
  SlabPool::Handle counts_of(const EntityState& state, std::uint16_t slot) const;

  void close_session(EntityRef ref, std::int64_t at_us);
  void end_windows(SubjectKind kind, Session& session);
  void commit(EntityRef ref, Delta& delta);
  void hold(EntityRef ref, Delta delta, std::int64_t at_us);
  void expire_held(EntityRef ref, std::int64_t at_us);
  void count_recent(EntityState& state, bool is_held, std::int64_t at_us);
  std::int64_t next_due(const EntityState& state) const;
  void drop_session(EntityState& state);
  void release(EntityRow& row);

  FeatureTable& features_;
  SlabPool pool_;
  Names names_;
  EntityTable table_;
  Groups groups_;
  Timers timers_;
  MemoryCounts counts_;
};

}  // namespace gatehouse
