#include "store/messages.h"

#include <cassert>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>

namespace gatehouse {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kAfterLength = kMessageHeadBytes - sizeof(std::uint32_t);

bool is_known(std::uint8_t kind) {
  switch (static_cast<MessageKind>(kind)) {
    case MessageKind::query:
    case MessageKind::cancel:
    case MessageKind::rows:
    case MessageKind::end:
    case MessageKind::failed:
    case MessageKind::state:
      return true;
  }
  return false;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The numbers of a state and their names on the way.
constexpr std::tuple kCounts{
    std::pair{"sequence", &StoreState::sequence},
    std::pair{"committed", &StoreState::committed},
    std::pair{"rows", &StoreState::rows},
    std::pair{"failures", &StoreState::failures},
    std::pair{"missed", &StoreState::missed},
    std::pair{"removed", &StoreState::removed},
    std::pair{"bytes", &StoreState::bytes},
    std::pair{"set_aside", &StoreState::set_aside},
    std::pair{"queries", &StoreState::queries},
    std::pair{"queries_failed", &StoreState::queries_failed},
};

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

std::string to_bytes(const StoreMessage& message) {
  assert(message.payload.size() + kAfterLength <= kMessageBytesMax);
  const auto length = static_cast<std::uint32_t>(kAfterLength + message.payload.size());
  std::string bytes(kMessageHeadBytes, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes[4] = static_cast<char>(message.kind);
  std::memcpy(bytes.data() + 5, &message.id, sizeof message.id);
  return bytes + message.payload;
}

void MessageReader::add(std::string_view bytes) {
  if (broken_) return;
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(bytes);
}

std::optional<StoreMessage> MessageReader::next() {
  const std::string_view unread = std::string_view(bytes_).substr(at_);
  if (broken_ || unread.size() < sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, unread.data(), sizeof length);
  if (length < kAfterLength || length > kMessageBytesMax) broken_ = true;
  if (unread.size() >= kMessageHeadBytes && !is_known(static_cast<std::uint8_t>(unread[4]))) {
    broken_ = true;
  }
  if (broken_ || unread.size() - sizeof length < length) return std::nullopt;
  StoreMessage message;
  message.kind = static_cast<MessageKind>(unread[4]);
  std::memcpy(&message.id, unread.data() + 5, sizeof message.id);
  message.payload = unread.substr(kMessageHeadBytes, length - kAfterLength);
  at_ += sizeof length + length;
  return message;
}

std::string to_json(const StoreState& state) {
  Json json = {{"is_open", state.is_open}, {"at_us", state.at_us}, {"fault", state.fault}};
  std::apply([&](const auto&... one) { ((json[one.first] = state.*(one.second)), ...); }, kCounts);
  return dump(json);
}

std::optional<StoreState> parse_state(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  StoreState state;
  bool whole = true;
  const auto count = [&](const char* name, std::uint64_t& into) {
    const auto found = json.find(name);
    whole = whole && found != json.end() && found->is_number_unsigned();
    if (whole) into = found->get<std::uint64_t>();
  };
  std::apply([&](const auto&... one) { (count(one.first, state.*(one.second)), ...); }, kCounts);
  const auto open = json.find("is_open"), at = json.find("at_us");
  whole = whole && open != json.end() && open->is_boolean() && at != json.end() &&
          at->is_number_integer();
  if (!whole) return std::nullopt;
  state.is_open = open->get<bool>();
  state.at_us = at->get<std::int64_t>();
  state.fault = text_of(json, "fault");
  return state;
}

std::string to_json(const Error& error) {
  return dump({{"code", error.code},
               {"what", error.what},
               {"help", error.help},
               {"line", error.at.line},
               {"column", error.at.column},
               {"length", error.at.length}});
}

Error parse_error(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  Error error;
  if (!json.is_object()) return {"E0801", "the store's answer can't be read"};
  error.code = text_of(json, "code");
  error.what = text_of(json, "what");
  error.help = text_of(json, "help");
  const auto place = [&](const char* name, std::uint32_t& into) {
    const auto found = json.find(name);
    if (found != json.end() && found->is_number_unsigned()) into = found->get<std::uint32_t>();
  };
  place("line", error.at.line);
  place("column", error.at.column);
  place("length", error.at.length);
  return error;
}

}  // namespace gatehouse
