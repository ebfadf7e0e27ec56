// behavior/models: the kinds of models there are. One line in models.cpp, one file pair in models/.
//
// Place    content names a kind for each feature; what a kind learns are DeltaRows, so learning,
//          holding, taking back and storing are the same for all. Only how an event becomes rows
//          and how counts become evidence differs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "behavior/evidence.h"

namespace gatehouse {

enum class ModelKind : std::uint8_t { seen, hours, pace, distinct };

struct Model {
  ModelKind kind;
  std::string_view name;
  std::string_view what;  // for the reference page
  CountShape shape;
  // Of a value as the kind's note_… puts it into a delta.
  Evidence (*read)(const CountSource& counts, std::uint64_t value);
};

std::span<const Model> models();
const Model& model(ModelKind kind);
std::optional<ModelKind> model_kind(std::string_view name);

}  // namespace gatehouse
