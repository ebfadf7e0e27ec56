#include "store/retention.h"

#include <algorithm>

namespace gatehouse {
namespace {

constexpr std::int64_t kStepUs = 3600LL * 1'000'000;  // rows of less than this are not worth a step

Result<std::uint64_t> remove(Duck& duck, const std::string& condition, const SqlValue& bound) {
  GH_TRY(auto rows, duck.ask("DELETE FROM events WHERE " + condition, {bound}));
  if (!rows->next()) return 0;
  return static_cast<std::uint64_t>(rows->number<std::int64_t>(0));
}

Result<std::uint64_t> remove_old(HistoryFile& file, std::int64_t keep_us, std::int64_t now_us) {
  GH_TRY(auto rows, file.duck().ask("SELECT min(at_time) FROM events"));
  if (!rows->next() || rows->is_null(0)) return 0;
  const std::int64_t oldest = rows->number<std::int64_t>(0);
  rows.reset();
  const std::int64_t cut = now_us - keep_us;
  if (oldest >= cut - std::min(kStepUs, keep_us / 24)) return 0;
  return remove(file.duck(), "at_time < $1", Timestamp{cut});
}

// Rows lie in the order in which they came, so the lowest places are the oldest.
Result<std::uint64_t> remove_beyond(HistoryFile& file, std::uint64_t keep_bytes) {
  GH_TRY(const std::uint64_t used, file.used_bytes());
  if (used <= keep_bytes) return 0;
  GH_TRY(auto rows, file.duck().ask("SELECT min(rowid), max(rowid) FROM events"));
  if (!rows->next() || rows->is_null(0)) return 0;
  const auto first = rows->number<std::int64_t>(0), last = rows->number<std::int64_t>(1);
  rows.reset();
  const double over = static_cast<double>(used - keep_bytes) / static_cast<double>(used) + 0.1;
  const auto count = static_cast<std::int64_t>(static_cast<double>(last - first + 1) * over);
  return remove(file.duck(), "rowid < $1", first + std::max<std::int64_t>(count, 1));
}

}  // namespace

Result<std::uint64_t> retain_rows(HistoryFile& file, const RetentionLimits& limits,
                                  std::int64_t now_us) {
  GH_TRY(const std::uint64_t old, remove_old(file, limits.keep_us, now_us));
  GH_TRY(const std::uint64_t beyond, remove_beyond(file, limits.keep_bytes));
  if (old + beyond != 0) {
    if (Status written = file.duck().run("CHECKPOINT"); !written) {
      return fail(std::move(written).error());
    }
  }
  return old + beyond;
}

}  // namespace gatehouse
