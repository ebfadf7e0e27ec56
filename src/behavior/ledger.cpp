#include "behavior/ledger.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace gatehouse {
namespace {

struct Head {
  std::uint16_t size = 0;
  std::uint16_t room = 0;
  std::int32_t older_milli = 0;
  std::int32_t older_trusted_milli = 0;
  std::int32_t spare = 0;
  std::int64_t older_at_us = 0;
  std::int64_t spare_us = 0;
};
static_assert(sizeof(Head) == 32);

constexpr std::size_t bytes_of(std::size_t rows) {
  return sizeof(Head) + rows * sizeof(Contribution);
}
static_assert(bytes_of(Ledger::kRowsMax) <= SlabPool::kBytesMax);

const Head& head_of(const SlabPool& pool, SlabPool::Handle root) {
  return *static_cast<const Head*>(pool.at(root));
}
Head& head_of(SlabPool& pool, SlabPool::Handle root) { return *static_cast<Head*>(pool.at(root)); }

std::span<Contribution> rows_of(SlabPool& pool, SlabPool::Handle root) {
  Head& head = head_of(pool, root);
  return {reinterpret_cast<Contribution*>(&head + 1), head.size};
}

std::int32_t faded(std::int32_t milli, std::int64_t since_us, std::int64_t half_life_us) {
  if (since_us <= 0 || half_life_us <= 0) return milli;
  const std::int64_t halvings = since_us / half_life_us;
  if (halvings > 31) return 0;
  const auto rest = static_cast<std::uint64_t>(since_us % half_life_us);
  const auto fraction =
      static_cast<std::uint64_t>((Uint128{rest} << 64) / static_cast<std::uint64_t>(half_life_us));
  // 2^-fraction is 2^(1 - fraction) / 2, but for 0.
  const int fall = 63 + static_cast<int>(halvings) + (fraction == 0 ? 0 : 1);
  const Uint128 product = Uint128{static_cast<std::uint32_t>(milli)} * exp2_fraction(~fraction + 1);
  return static_cast<std::int32_t>(product >> fall);
}

std::int32_t worth_of(const Contribution& row, std::int64_t at_us) {
  return faded(row.milli, at_us - row.at_us, row.half_life_us);
}
std::int32_t trusted_of(const Contribution& row, std::int64_t at_us) {
  return faded(row.trusted_milli, at_us - row.at_us, row.half_life_us);
}

std::int64_t ranked(std::int64_t milli, std::size_t rank) {
  const auto k = static_cast<std::int64_t>(rank) + 1;
  return k <= Ledger::kFullRanks ? milli : milli * Ledger::kFullRanks / k;
}

bool is_before(const Ledger::Line& one, const Ledger::Line& other) {
  const auto key = [](const Ledger::Line& line) {
    return std::tuple(-line.now.value, line.row->sequence, line.row->detector, line.row->family);
  };
  return key(one) < key(other);
}

// What each adds to the trusted total, which has an order of its own.
void add_trusted(std::span<Ledger::Line> lines, std::int64_t at_us) {
  std::array<Ledger::Line*, Ledger::kRowsMax> order{};
  std::size_t size = 0;
  for (Ledger::Line& line : lines) {
    line.trusted.value = trusted_of(*line.row, at_us);
    order[size++] = &line;
  }
  std::ranges::sort(std::span(order).first(size), {}, [](const Ledger::Line* line) {
    return std::tuple(-line->trusted.value, line->row->sequence, line->row->detector);
  });
  for (std::size_t rank = 0; rank < size; ++rank) {
    order[rank]->trusted.value = ranked(order[rank]->trusted.value, rank);
  }
}

void fold_least(SlabPool& pool, Names& names, SlabPool::Handle root, std::int64_t at_us) {
  Head& head = head_of(pool, root);
  const auto rows = rows_of(pool, root);
  const auto least = std::ranges::min_element(rows, {}, [at_us](const Contribution& row) {
    return std::tuple(worth_of(row, at_us), row.sequence, row.detector);
  });
  const std::int64_t since = at_us - head.older_at_us;
  head.older_milli =
      faded(head.older_milli, since, Ledger::kOlderHalfLifeUs) + worth_of(*least, at_us);
  head.older_trusted_milli =
      faded(head.older_trusted_milli, since, Ledger::kOlderHalfLifeUs) + trusted_of(*least, at_us);
  head.older_at_us = at_us;
  names.release(least->reason);
  *least = rows.back();
  --head.size;
}

void make_room(SlabPool& pool, Names& names, SlabPool::Handle& root, std::int64_t at_us) {
  const std::size_t size = root == 0 ? 0 : head_of(pool, root).size;
  if (size == Ledger::kRowsMax) return fold_least(pool, names, root, at_us);
  if (root != 0 && size < head_of(pool, root).room) return;
  const std::size_t bytes = SlabPool::rounded(bytes_of(size + 1));
  const SlabPool::Handle wider = pool.take(bytes);
  if (root != 0) {
    std::memcpy(pool.at(wider), pool.at(root), bytes_of(size));
    pool.give_back(root, bytes_of(head_of(pool, root).room));
  }
  root = wider;
  head_of(pool, root).room = static_cast<std::uint16_t>(
      std::min(Ledger::kRowsMax, (bytes - sizeof(Head)) / sizeof(Contribution)));
}

// A row of the same family takes the greater of both; whether that was the new one.
bool raise(Names& names, Contribution& known, const Contribution& row) {
  if (known.times < UINT32_MAX) ++known.times;
  const std::int32_t worth = worth_of(known, row.at_us);
  const std::int32_t trusted = trusted_of(known, row.at_us);
  if (row.milli <= worth && row.trusted_milli <= trusted) {
    names.release(row.reason);
    return false;
  }
  const std::uint32_t times = known.times;
  const bool keeps_worth = worth > row.milli;
  const std::int64_t window_us = known.window_us;
  names.release(known.reason);
  known = row;
  known.milli = std::max(worth, row.milli);
  known.trusted_milli = std::max(trusted, row.trusted_milli);
  known.times = times;
  known.window_us = window_us;
  if (keeps_worth) known.factors = {};
  return true;
}

}  // namespace

MilliPoints Contribution::worth(std::int64_t moment_us) const {
  return {worth_of(*this, moment_us)};
}

bool Ledger::pay(SlabPool& pool, Names& names, SlabPool::Handle& root, const Contribution& row,
                 std::int64_t family_window_us) {
  if (root != 0) {
    for (Contribution& known : rows_of(pool, root)) {
      if (known.family != row.family || row.at_us - known.window_us >= family_window_us) continue;
      return raise(names, known, row);
    }
  }
  make_room(pool, names, root, row.at_us);
  ++head_of(pool, root).size;
  Contribution& added = rows_of(pool, root).back();
  added = row;
  added.window_us = row.at_us;
  return true;
}

void Ledger::free(SlabPool& pool, Names& names, SlabPool::Handle& root) {
  if (root == 0) return;
  for (const Contribution& row : rows_of(pool, root)) names.release(row.reason);
  pool.give_back(root, bytes_of(head_of(pool, root).room));
  root = 0;
}

std::span<const Contribution> Ledger::rows(const SlabPool& pool, SlabPool::Handle root) {
  if (root == 0) return {};
  const Head& head = head_of(pool, root);
  return {reinterpret_cast<const Contribution*>(&head + 1), head.size};
}

Ledger::Lines Ledger::lines(const SlabPool& pool, SlabPool::Handle root, std::int64_t at_us) {
  Lines lines;
  for (const Contribution& row : rows(pool, root)) {
    lines.all[lines.size++] = {&row, row.worth(at_us)};
  }
  const auto shown = std::span(lines.all).first(lines.size);
  std::ranges::sort(shown, is_before);
  for (std::size_t rank = 0; rank < shown.size(); ++rank) {
    shown[rank].now.value = ranked(shown[rank].now.value, rank);
  }
  add_trusted(shown, at_us);
  if (root == 0 || head_of(pool, root).older_milli == 0) return lines;
  const Head& head = head_of(pool, root);
  const std::int64_t since = at_us - head.older_at_us;
  const std::int64_t older = faded(head.older_milli, since, kOlderHalfLifeUs);
  const std::int64_t trusted = faded(head.older_trusted_milli, since, kOlderHalfLifeUs);
  lines.all[lines.size++] = {nullptr, {ranked(older, kRowsMax)}, {ranked(trusted, kRowsMax)}};
  return lines;
}

LedgerTotal Ledger::total(const SlabPool& pool, SlabPool::Handle root, std::int64_t at_us) {
  LedgerTotal total;
  if (root == 0) return total;
  std::array<std::int32_t, kRowsMax> all, trusted;
  std::size_t size = 0;
  for (const Contribution& row : rows(pool, root)) {
    all[size] = worth_of(row, at_us);
    trusted[size++] = trusted_of(row, at_us);
  }
  const auto sum = [size](std::array<std::int32_t, kRowsMax>& worths) {
    std::sort(worths.begin(), worths.begin() + static_cast<std::ptrdiff_t>(size), std::greater<>());
    MilliPoints points;
    for (std::size_t rank = 0; rank < size; ++rank) points.value += ranked(worths[rank], rank);
    return points;
  };
  total = {sum(all), sum(trusted)};
  const Head& head = head_of(pool, root);
  const std::int64_t since = at_us - head.older_at_us;
  total.all.value += ranked(faded(head.older_milli, since, kOlderHalfLifeUs), kRowsMax);
  total.trusted.value += ranked(faded(head.older_trusted_milli, since, kOlderHalfLifeUs), kRowsMax);
  return total;
}

void Ledger::sweep(SlabPool& pool, Names& names, SlabPool::Handle& root, std::int64_t at_us) {
  if (root == 0) return;
  auto rows = rows_of(pool, root);
  std::size_t kept = 0;
  for (const Contribution& row : rows) {
    if (worth_of(row, at_us) > 0) {
      rows[kept++] = row;
    } else {
      names.release(row.reason);
    }
  }
  Head& head = head_of(pool, root);
  head.size = static_cast<std::uint16_t>(kept);
  const bool has_older = faded(head.older_milli, at_us - head.older_at_us, kOlderHalfLifeUs) > 0;
  if (kept == 0 && !has_older) free(pool, names, root);
}

}  // namespace gatehouse
