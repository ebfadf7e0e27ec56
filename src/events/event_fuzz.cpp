// events/event_fuzz: any bytes as a record, and as a run of journal frames.
//
// Strategy    the input is parsed as a record as it stands, again with its own length put right so
//             that the fields are reached, and as frames.
// Invariants  never crashes or reads past the end; every view lies within the record; what parses
//             is rendered as JSON on one line; frames never claim more bytes than there are.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "events/event.h"
#include "events/event_json.h"
#include "events/journal.h"

namespace {

using gatehouse::EventText;
using gatehouse::EventView;
using gatehouse::kEventBytesMax;
using gatehouse::kEventFixedBytes;
using gatehouse::kEventTexts;
using gatehouse::kFrameHeadBytes;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::vector<char>& record) {
  const auto view = EventView::parse(record);
  if (!view) return;
  for (std::size_t i = 1; i < kEventTexts; ++i) {
    const std::string_view text = view->text(static_cast<EventText>(i));
    if (text.empty()) continue;
    require(text.data() >= record.data());
    require(text.data() + text.size() <= record.data() + record.size());
  }
  require(gatehouse::to_json(*view).find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<char> record(size);
  if (size != 0) std::memcpy(record.data(), data, size);
  std::size_t framed = 0;
  const std::size_t whole = gatehouse::for_each_frame(
      record, [&](std::span<const char> payload) { framed += kFrameHeadBytes + payload.size(); });
  require(whole == framed && whole <= size);
  check(record);
  if (size >= kEventFixedBytes && size <= kEventBytesMax) {
    const auto bytes = static_cast<std::uint16_t>(size);
    const auto fixed_bytes = static_cast<std::uint16_t>(kEventFixedBytes);
    std::memcpy(record.data(), &bytes, sizeof bytes);
    std::memcpy(record.data() + 2, &fixed_bytes, sizeof fixed_bytes);
    check(record);
  }
  return 0;
}
