#include "http/http1_body.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/characters.h"

namespace gatehouse {
namespace {

enum class TrailerKind : std::uint8_t { kept, left_out, refused };

// Names and beginnings of names, of fields that mean something only before the content.
constexpr auto kLeftOut = std::to_array<std::string_view>({
    "age",
    "expires",
    "max-forwards",
    "pragma",
    "range",
    "retry-after",
    "vary",
    "warning",
    "www-authenticate",
});
constexpr auto kLeftOutBeginnings = std::to_array<std::string_view>({
    "access-control-",
    "content-",
    "if-",
    "proxy-",
    "sec-",
    "x-forwarded-",
});

TrailerKind kind_of(const Field& field) {
  switch (static_cast<int>(field.id)) {
    case static_cast<int>(FieldId::connection):
    case static_cast<int>(FieldId::content_length):
    case static_cast<int>(FieldId::host):
    case static_cast<int>(FieldId::keep_alive):
    case static_cast<int>(FieldId::proxy_connection):
    case static_cast<int>(FieldId::te):
    case static_cast<int>(FieldId::trailer):
    case static_cast<int>(FieldId::transfer_encoding):
    case static_cast<int>(FieldId::upgrade):
      return TrailerKind::refused;
    case static_cast<int>(FieldId::other):
      break;
    default:
      return TrailerKind::left_out;
  }
  const std::string_view name = field.name;
  const auto is_it = [name](std::string_view known) { return equals_ignoring_case(name, known); };
  const auto begins = [name](std::string_view known) {
    return equals_ignoring_case(name.substr(0, known.size()), known);
  };
  const bool left_out = std::any_of(kLeftOut.begin(), kLeftOut.end(), is_it) ||
                        std::any_of(kLeftOutBeginnings.begin(), kLeftOutBeginnings.end(), begins);
  return left_out ? TrailerKind::left_out : TrailerKind::kept;
}

}  // namespace

ChunkStep ChunkedDecoder::step(std::string_view bytes) {
  std::size_t i = 0;
  while (i != bytes.size() && at_ != At::ended && at_ != At::malformed) {
    if (at_ == At::data) {
      const std::size_t size = std::min<std::uint64_t>(left_, bytes.size() - i);
      left_ -= size;
      if (left_ == 0) at_ = At::data_return;
      return {ChunkStep::State::content, i, bytes.substr(i, size)};
    }
    at_ = next(bytes[i++]);
  }
  if (at_ == At::malformed) return {ChunkStep::State::malformed, i, {}};
  return {at_ == At::ended ? ChunkStep::State::ended : ChunkStep::State::need_more, i, {}};
}

ChunkedDecoder::At ChunkedDecoder::next(char c) {
  switch (at_) {
    case At::size_start:
    case At::size:
      return next_of_size(c);
    case At::extension:
      return next_of_extension(c);
    case At::size_feed:
      if (c != '\n') return At::malformed;
      digits_ = extension_bytes_ = 0;
      return left_ == 0 ? At::trailer_start : At::data;
    case At::data_return:
      return c == '\r' ? At::data_feed : At::malformed;
    case At::data_feed:
      return c == '\n' ? At::size_start : At::malformed;
    case At::trailer_start:
      if (c == '\r') return At::end_feed;
      return next_of_trailer(c);
    case At::trailer:
      return next_of_trailer(c);
    case At::trailer_feed:
      return c == '\n' && keep(c) ? At::trailer_start : At::malformed;
    case At::end_feed:
      return c == '\n' && read_trailers() ? At::ended : At::malformed;
    case At::data:
    case At::ended:
    case At::malformed:
      break;
  }
  return At::malformed;
}

ChunkedDecoder::At ChunkedDecoder::next_of_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++digits_ > 16 || (left_ >> 59) != 0) return At::malformed;  // 2^63 or more
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return At::size;
  }
  if (digits_ == 0) return At::malformed;
  if (c == '\r') return At::size_feed;
  return c == ';' ? next_of_extension(c) : At::malformed;
}

ChunkedDecoder::At ChunkedDecoder::next_of_extension(char c) {
  if (c == '\r') return At::size_feed;
  const bool fits =
      ++extension_bytes_ <= kExtensionBytesMax && ++extensions_bytes_ <= kExtensionsBytesMax;
  return fits && is_in(c, kValue) ? At::extension : At::malformed;
}

ChunkedDecoder::At ChunkedDecoder::next_of_trailer(char c) {
  if (c != '\r' && !is_in(c, kValue)) return At::malformed;
  if (!keep(c)) return At::malformed;
  return c == '\r' ? At::trailer_feed : At::trailer;
}

bool ChunkedDecoder::keep(char c) {
  constexpr std::size_t kFirstCapacity = 256;
  if (lines_bytes_ == limits_.head_bytes_max) return false;
  if (lines_bytes_ == lines_capacity_) {
    const std::size_t capacity = std::max(lines_capacity_ * 2, kFirstCapacity);
    char* const grown = trailers_.arena().take(capacity);
    if (grown == nullptr) return false;
    if (lines_bytes_ != 0) std::memcpy(grown, lines_, lines_bytes_);
    lines_ = grown;
    lines_capacity_ = capacity;
  }
  lines_[lines_bytes_++] = c;
  return true;
}

bool ChunkedDecoder::read_trailers() {
  if (lines_bytes_ == 0) return true;
  if (parse_field_lines({lines_, lines_bytes_}, limits_, trailers_) != HeadError::none)
    return false;
  bool fine = true;
  trailers_.remove_if([&](const Field& field) {
    const TrailerKind kind = kind_of(field);
    if (kind == TrailerKind::refused) fine = false;
    if (kind == TrailerKind::left_out) ++left_out_;
    return kind != TrailerKind::kept;
  });
  return fine;
}

}  // namespace gatehouse
