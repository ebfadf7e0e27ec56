#include "behavior/memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "behavior/models/hours.h"
#include "verdicts/verdict.h"

namespace gatehouse {
namespace {

constexpr std::size_t kNamesMax = 8'000'000;

bool has_windows(ModelKind model) {
  return model == ModelKind::pace || model == ModelKind::distinct;
}

bool is_notable(const EntityState& state) {
  return state.level >= 1 + static_cast<std::uint8_t>(VerdictLevel::watch);
}

// A block of at least `room` entries of T with what the old one held; gives the new room.
template <class T>
std::uint16_t widen(SlabPool& pool, SlabPool::Handle& at, std::uint16_t room, std::size_t wanted) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::size_t bytes = SlabPool::rounded(wanted * sizeof(T));
  const SlabPool::Handle wider = pool.take(bytes);
  if (at != 0) {
    std::memcpy(pool.at(wider), pool.at(at), room * sizeof(T));
    pool.give_back(at, room * sizeof(T));
  }
  at = wider;
  return static_cast<std::uint16_t>(bytes / sizeof(T));
}

}  // namespace

Memory::Memory(const HashKey& key, FeatureTable& features, std::size_t entities_max)
    : features_(features), names_(key, pool_, kNamesMax), table_(names_, entities_max) {}

Memory::Seats Memory::seat(const Sightings& who, std::int64_t at_us) {
  Seats seats;
  const Sighting* const user = who.find(SubjectKind::user);
  const bool has_user = user != nullptr && user->role == EntityRole::actor;
  for (const Sighting& each : who) {
    Seat seat = table_.take(each, at_us);
    if (seat.evicted) release(*seat.evicted);
    seats.at[seats.size++] = seat.at;
    if (seat.at.is_none() || !has_user || each.subject.kind == SubjectKind::user) continue;
    table_.row(seat.at).facts |= std::uint64_t{1} << (user->subject.hash.high & 63U);
  }
  return seats;
}

EntityState* Memory::state(EntityRef ref) {
  const SlabPool::Handle at = table_.row(ref).models;
  return at == 0 ? nullptr : static_cast<EntityState*>(pool_.at(at));
}

const EntityState* Memory::state(EntityRef ref) const {
  const SlabPool::Handle at = table_.row(ref).models;
  return at == 0 ? nullptr : static_cast<const EntityState*>(pool_.at(at));
}

EntityState& Memory::make_state(EntityRef ref) {
  if (EntityState* const known = state(ref)) return *known;
  const SlabPool::Handle at = pool_.take(sizeof(EntityState));
  table_.row(ref).models = at;
  return *::new (pool_.at(at)) EntityState;
}

Memory::Session* Memory::session(const EntityState& state) {
  return state.session == 0 ? nullptr : static_cast<Session*>(pool_.at(state.session));
}

const Memory::Session* Memory::session(const EntityState& state) const {
  return state.session == 0 ? nullptr : static_cast<const Session*>(pool_.at(state.session));
}

Memory::Window& Memory::window(Session& session, std::uint16_t slot) {
  if (slot >= session.windows_room) {
    session.windows_room = widen<Window>(pool_, session.windows, session.windows_room, slot + 1U);
  }
  return static_cast<Window*>(pool_.at(session.windows))[slot];
}

const Memory::Window* Memory::find_window(const EntityState& state, std::uint16_t slot) const {
  const Session* const open = session(state);
  if (open == nullptr || slot >= open->windows_room) return nullptr;
  return static_cast<const Window*>(pool_.at(open->windows)) + slot;
}

SlabPool::Handle& Memory::counts_of(EntityState& state, std::uint16_t slot) {
  if (slot >= state.counts_room) {
    state.counts_room = widen<SlabPool::Handle>(pool_, state.counts, state.counts_room, slot + 1U);
  }
  return static_cast<SlabPool::Handle*>(pool_.at(state.counts))[slot];
}

SlabPool::Handle Memory::counts_of(const EntityState& state, std::uint16_t slot) const {
  if (slot >= state.counts_room) return 0;
  return static_cast<const SlabPool::Handle*>(pool_.at(state.counts))[slot];
}

Scopes Memory::scopes(EntityRef ref, FeatureId feature, std::uint64_t value) const {
  const DecayMoment& now = features_.moment(feature);
  const Model& kind = model(features_.at(feature).model);
  const EntityState* const known = state(ref);
  const GroupId group = known == nullptr ? kEverybody : known->group;
  const SlabPool::Handle counts = known == nullptr ? 0 : counts_of(*known, features_.slot(feature));
  const Session* const open = known == nullptr ? nullptr : session(*known);
  const CountView view(pool_, counts);
  const SelfCounts learnt(view, {}, now);
  const SelfCounts self(
      view, open == nullptr ? std::span<const DeltaRow>{} : open->delta.rows(pool_, feature), now);
  Scopes scopes{.self = kind.read(self, value),
                .all = kind.read(GroupCounts(groups_.table(feature, kEverybody), now), value),
                .strength = groups_.strength(feature, group, now)};
  if (group != kEverybody) {
    scopes.peers = kind.read(GroupCounts(groups_.table(feature, group), now), value);
  }
  const Evidence own = kind.read(learnt, value);
  scopes.learnt_count = own.count;
  scopes.learnt_total = own.total;
  return scopes;
}

std::uint32_t Memory::amount(EntityRef ref, FeatureId feature) const {
  const EntityState* const known = state(ref);
  const Window* const open =
      known == nullptr ? nullptr : find_window(*known, features_.slot(feature));
  if (open == nullptr) return 0;
  return features_.at(feature).model == ModelKind::pace ? open->pace.count
                                                        : distinct_in(pool_, open->distinct);
}

bool Memory::is_mature(EntityRef ref, FeatureId id, const Scopes& scopes,
                       std::int64_t at_us) const {
  const Feature& feature = features_.at(id);
  return scopes.learnt_total >= Weight::whole(feature.mature_events) &&
         at_us - row(ref).first_us >= feature.mature_age_us;
}

void Memory::touch(EntityRef ref, GroupId group, std::int64_t at_us) {
  EntityState& known = make_state(ref);
  if (!known.has_role && group != kEverybody) known.group = group;
  if (known.session == 0) {
    known.session = pool_.take(sizeof(Session));
    ::new (pool_.at(known.session)) Session;
    session(known)->began_us = at_us;
    ++counts_.sessions_open;
  }
  session(known)->last_us = at_us;
}

void Memory::note(EntityRef ref, FeatureId id, std::uint64_t value, std::int64_t at_us) {
  EntityState& known = make_state(ref);
  Session* const open = session(known);
  if (open == nullptr) return;
  const Feature& feature = features_.at(id);
  const DecayMoment& now = features_.moment(id);
  bool has_room = true;
  switch (feature.model) {
    case ModelKind::seen:
      has_room = open->delta.add(pool_, id, value, now);
      break;
    case ModelKind::hours:
      has_room = note_hour(pool_, open->delta, id, at_us, now);
      break;
    case ModelKind::pace: {
      const EndedWindow ended =
          count_in(window(*open, features_.slot(id)).pace, feature.window_us, at_us);
      has_room = note_window(pool_, open->delta, id, ended, features_.decay(id));
      break;
    }
    case ModelKind::distinct: {
      const EndedWindow ended = add_distinct(pool_, window(*open, features_.slot(id)).distinct,
                                             feature.window_us, at_us, value);
      has_room = note_window(pool_, open->delta, id, ended, features_.decay(id));
      break;
    }
  }
  if (!has_room) ++counts_.overflowed;
}

void Memory::on_due(EntityRef ref, std::int64_t due_us) {
  groups_.on_time(due_us);
  EntityState* const known = state(ref);
  if (known == nullptr) return;
  expire_held(ref, due_us);
  const Session* const open = session(*known);
  if (open == nullptr) return;
  if (due_us >= open->last_us + kIdleUs || due_us >= open->began_us + kSessionUsMax) {
    close_session(ref, due_us);
  }
}

std::int64_t Memory::next_due(const EntityState& known) const {
  std::int64_t next = known.crossing_us;
  if (const Session* const open = session(known)) {
    next = std::min({next, open->last_us + kIdleUs, open->began_us + kSessionUsMax});
  }
  if (known.held != 0) {
    const auto* const held = static_cast<const Held*>(pool_.at(known.held));
    next = std::min(next, held->all[0].closed_us + kHeldUs);
  }
  return next;
}

void Memory::schedule(EntityRef ref) {
  EntityState* const known = state(ref);
  if (known == nullptr) return;
  const std::int64_t next = next_due(*known);
  if (next >= known->due_us) return;
  known->due_us = next;
  const EntityRow& of = row(ref);
  timers_.add(next, {of.kind, of.hash});
}

void Memory::close_session(EntityRef ref, std::int64_t at_us) {
  EntityState& known = *state(ref);
  Session& open = *session(known);
  features_.set_moment(at_us);
  end_windows(row(ref).kind, open);
  const bool is_mature =
      known.sessions >= kMatureSessions && at_us - row(ref).first_us >= kMatureUs;
  const bool is_held = is_notable(known) && is_mature;
  Delta delta = open.delta;
  open.delta = {};
  drop_session(known);
  count_recent(known, is_held, at_us);
  if (is_held) return hold(ref, delta, at_us);
  commit(ref, delta);
  ++counts_.sessions_committed;
}

void Memory::end_windows(SubjectKind kind, Session& open) {
  const auto slots = features_.by_slot(kind);
  auto* const windows = open.windows == 0 ? nullptr : static_cast<Window*>(pool_.at(open.windows));
  for (std::size_t slot = 0; slot < std::min<std::size_t>(open.windows_room, slots.size());
       ++slot) {
    const FeatureId id = slots[slot];
    const Feature& feature = features_.at(id);
    if (!has_windows(feature.model)) continue;
    const EndedWindow ended = feature.model == ModelKind::pace
                                  ? end_window(windows[slot].pace, feature.window_us)
                                  : end_distinct(pool_, windows[slot].distinct, feature.window_us);
    if (!note_window(pool_, open.delta, id, ended, features_.decay(id))) ++counts_.overflowed;
  }
}

void Memory::commit(EntityRef ref, Delta& delta) {
  EntityState& known = *state(ref);
  std::span<const DeltaRow> rows = delta.rows(pool_);
  while (!rows.empty()) {
    const FeatureId id = rows[0].feature;
    const auto mine = delta.rows(pool_, id);
    rows = rows.subspan(mine.size());
    SlabPool::Handle& counts = counts_of(known, features_.slot(id));
    if (!features_.is_active(id)) {
      free_counts(pool_, counts);
      continue;
    }
    apply(pool_, counts, model(features_.at(id).model).shape, mine, Lesson::learn);
    groups_.add(id, known.group, mine, Lesson::learn);
    if (features_.at(id).model != ModelKind::seen) continue;
    const CountView view(pool_, counts);
    const DecayMoment& now = features_.moment(id);
    groups_.sample(id, known.group,
                   strength_sample_q8(view.distinct(), value_of(view.total(), view.period(), now)),
                   now);
  }
  delta.clear(pool_);
  ++known.sessions;
}

void Memory::hold(EntityRef ref, Delta delta, std::int64_t at_us) {
  EntityState& known = *state(ref);
  if (known.held == 0) {
    known.held = pool_.take(sizeof(Held));
    ::new (pool_.at(known.held)) Held;
  }
  Held& held = *static_cast<Held*>(pool_.at(known.held));
  if (held.size == kHeldMax) {
    held.all[0].delta.clear(pool_);
    std::ranges::move(held.all.begin() + 1, held.all.end(), held.all.begin());
    --held.size;
    ++counts_.held_discarded;
  }
  held.all[held.size++] = {at_us, delta};
  ++counts_.sessions_held;
}

void Memory::expire_held(EntityRef ref, std::int64_t at_us) {
  EntityState& known = *state(ref);
  if (known.held == 0) return;
  Held& held = *static_cast<Held*>(pool_.at(known.held));
  std::size_t gone = 0;
  while (gone < held.size && held.all[gone].closed_us + kHeldUs <= at_us) {
    held.all[gone++].delta.clear(pool_);
  }
  counts_.held_discarded += gone;
  std::move(held.all.begin() + static_cast<std::ptrdiff_t>(gone),
            held.all.begin() + static_cast<std::ptrdiff_t>(held.size), held.all.begin());
  held.size -= gone;
  if (held.size != 0) return;
  pool_.give_back(known.held, sizeof(Held));
  known.held = 0;
}

std::size_t Memory::decide(EntityRef ref, bool is_dismissed) {
  EntityState* const known = state(ref);
  if (known == nullptr) return 0;
  Session* const open = session(*known);
  if (open != nullptr && !is_dismissed) open->delta.clear(pool_);
  if (known->held == 0) return 0;
  Held& held = *static_cast<Held*>(pool_.at(known->held));
  const std::size_t size = held.size;
  for (HeldSession& each : std::span(held.all).first(size)) {
    if (is_dismissed) {
      commit(ref, each.delta);
    } else {
      each.delta.clear(pool_);
    }
  }
  (is_dismissed ? counts_.held_committed : counts_.held_discarded) += size;
  if (is_dismissed) known->recent_held = 0;
  pool_.give_back(known->held, sizeof(Held));
  known->held = 0;
  return size;
}

void Memory::count_recent(EntityState& known, bool is_held, std::int64_t at_us) {
  const bool was_disputed = is_disputed(known);
  if (at_us - known.disputed_us >= kRecentUs) {
    known.recent /= 2;
    known.recent_held /= 2;
    known.disputed_us = at_us;
  }
  if (known.recent < UINT16_MAX) {
    ++known.recent;
    if (is_held) ++known.recent_held;
  }
  if (is_disputed(known) && !was_disputed) ++counts_.disputed;
}

bool Memory::is_disputed(const EntityState& known) const {
  return known.recent >= kDisputedSessions && known.recent_held * 10 > known.recent * 3;
}

void Memory::set_role(EntityRef ref, GroupId group) {
  EntityState& known = make_state(ref);
  known.group = group;
  known.has_role = group != kEverybody;
}

void Memory::drop_session(EntityState& known) {
  Session* const open = session(known);
  if (open == nullptr) return;
  open->delta.clear(pool_);
  for (std::size_t slot = 0; slot < open->windows_room; ++slot) {
    end_distinct(pool_, static_cast<Window*>(pool_.at(open->windows))[slot].distinct, 1);
  }
  pool_.give_back(open->windows, open->windows_room * sizeof(Window));
  pool_.give_back(known.session, sizeof(Session));
  known.session = 0;
  --counts_.sessions_open;
}

void Memory::release(EntityRow& row) {
  if (row.models == 0) return;
  EntityState& known = *static_cast<EntityState*>(pool_.at(row.models));
  drop_session(known);
  Ledger::free(pool_, names_, known.ledger);
  if (known.held != 0) {
    Held& held = *static_cast<Held*>(pool_.at(known.held));
    for (HeldSession& each : std::span(held.all).first(held.size)) each.delta.clear(pool_);
    pool_.give_back(known.held, sizeof(Held));
  }
  for (std::uint16_t slot = 0; slot < known.counts_room; ++slot) {
    free_counts(pool_, counts_of(known, slot));
  }
  pool_.give_back(known.counts, known.counts_room * sizeof(SlabPool::Handle));
  pool_.give_back(row.models, sizeof(EntityState));
  row.models = 0;
}

void Memory::forget(EntityRef ref) {
  EntityRow gone = table_.forget(ref);
  release(gone);
}

MemoryCounts Memory::counts() const {
  MemoryCounts counts = counts_;
  counts.entities = table_.counts();
  return counts;
}

std::size_t Memory::bytes() const {
  return pool_.bytes_resident() + names_.bytes() + table_.bytes() + groups_.bytes() +
         timers_.bytes();
}

}  // namespace gatehouse
