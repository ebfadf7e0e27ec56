// behavior/detectors/content_records: a content's text in the journal, in pieces, and put together
// again.
//
// A record holds at most kPieceBytes of text, so the text comes in several, in order, one behind
// the other: kind `content`, name "detectors 1/3", detail the piece, count the piece's number. A
// journal therefore replays without any file beside it. One empty piece, "detectors 1/1", is a
// content without detectors.
// Errors   a piece out of turn, or one too many bytes: what was gathered is dropped; said by the
//          caller, who counts it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "events/event.h"

namespace gatehouse {

inline constexpr std::string_view kDetectorsName = "detectors";

// Calls `record` for each, in order.
void content_records(std::string_view text, const std::function<void(const SystemEvent&)>& record);

class ContentPieces {
 public:
  static constexpr std::size_t kPieceBytes = 1000;

  enum class Taken { other, piece, whole, fault };
  // `whole`: text() is the content's.
  Taken take(const EventView& record);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t next_ = 1;
  std::size_t pieces_ = 0;
};

}  // namespace gatehouse
