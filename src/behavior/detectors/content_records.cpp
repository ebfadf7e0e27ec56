#include "behavior/detectors/content_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "behavior/detectors/content.h"

namespace gatehouse {
namespace {

// Of "detectors 2/3" the 2 and the 3.
struct Place {
  std::size_t number = 0;
  std::size_t pieces = 0;
};

std::optional<Place> place_of(std::string_view name) {
  if (!name.starts_with(kDetectorsName)) return std::nullopt;
  name.remove_prefix(kDetectorsName.size());
  if (!name.starts_with(' ')) return std::nullopt;
  Place place;
  const char* const end = name.data() + name.size();
  const auto first = std::from_chars(name.data() + 1, end, place.number);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '/') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, place.pieces);
  if (second.ec != std::errc{} || second.ptr != end) return std::nullopt;
  return place;
}

}  // namespace

void content_records(std::string_view text, const std::function<void(const SystemEvent&)>& record) {
  constexpr std::size_t kBytes = ContentPieces::kPieceBytes;
  const std::size_t pieces = std::max<std::size_t>(1, (text.size() + kBytes - 1) / kBytes);
  for (std::size_t number = 1; number <= pieces; ++number) {
    const std::string name = fmt::format("{} {}/{}", kDetectorsName, number, pieces);
    record({.kind = EventKind::content,
            .count = number,
            .name = name,
            .detail = text.substr((number - 1) * kBytes, kBytes)});
  }
}

ContentPieces::Taken ContentPieces::take(const EventView& record) {
  const auto place = place_of(record.text(EventText::name));
  if (!place) return Taken::other;
  if (place->number == 1) {
    text_.clear();
    next_ = 1;
    pieces_ = place->pieces;
  }
  const std::string_view piece = record.text(EventText::detail);
  const bool is_next = place->number == next_ && place->pieces == pieces_ &&
                       place->number <= place->pieces && !record.truncated();
  if (!is_next || text_.size() + piece.size() > kContentBytesMax) {
    next_ = 0;  // none follows until a first one comes
    return Taken::fault;
  }
  text_ += piece;
  ++next_;
  return place->number == place->pieces ? Taken::whole : Taken::piece;
}

}  // namespace gatehouse
