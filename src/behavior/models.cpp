#include "behavior/models.h"

#include <array>

#include "behavior/models/buckets.h"
#include "behavior/models/hours.h"
#include "behavior/models/seen.h"

namespace gatehouse {
namespace {

constexpr std::array<Model, 4> kModels = {{
    {ModelKind::seen, "seen", "Which values, and how often each.", kSeenShape, read_seen},
    {ModelKind::hours, "hours", "Active at which hours of the week.", kHoursShape, read_hours},
    {ModelKind::pace, "pace", "How many in a window of time.", kBucketShape, read_buckets},
    {ModelKind::distinct, "distinct", "How many different ones in a window of time.", kBucketShape,
     read_buckets},
}};

}  // namespace

std::span<const Model> models() { return kModels; }

const Model& model(ModelKind kind) { return kModels[static_cast<std::size_t>(kind)]; }

std::optional<ModelKind> model_kind(std::string_view name) {
  for (const Model& each : kModels) {
    if (each.name == name) return each.kind;
  }
  return std::nullopt;
}

}  // namespace gatehouse
