#include "gateway/request_facts.h"

#include <algorithm>
#include <new>
#include <utility>

#include "expr/constants.h"
#include "gateway/exchange.h"
#include "gateway/form_text.h"

namespace gatehouse {
namespace {

constexpr Value kArenaFull = Value::error(Reason::scratch_full);

// In the arena, which never destroys; null when that is full.
template <class T, class... Arguments>
T* place(Arena& arena, Arguments&&... arguments) {
  static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
  char* const at = arena.take(sizeof(T));
  if (at == nullptr) return nullptr;
  return ::new (static_cast<void*>(at)) T(std::forward<Arguments>(arguments)...);
}

std::string_view lower(std::string_view name, Arena& arena) {
  char* const to = arena.take(name.size());
  if (to == nullptr) return {};
  std::transform(name.begin(), name.end(), to, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return {to, name.size()};
}

// Fields by name in any case; those that stand more than once joined by ", " (RFC 9110 §5.3).
class HeaderMap final : public MapView {
 public:
  explicit HeaderMap(const RequestHead& head) : head_(head) {}

  std::size_t size() const override { return names().size(); }
  Value key_at(std::size_t index) const override { return Value::text(names()[index]); }

  Value find(const Value& key) const override {
    if (!key.is(Kind::text)) return {};
    const std::string_view name = key.text();
    const FieldId id = field_id(name);
    // What the request was routed by, also where HTTP/2 sent it as `:authority`.
    if (id == FieldId::host && !head_.authority.empty()) return Value::text(head_.authority);
    const auto named = [&](const Field& field) {
      return field.id == id && (id != FieldId::other || equals_ignoring_case(field.name, name));
    };
    std::size_t count = 0;
    std::size_t bytes = 0;
    const Field* first = nullptr;
    for (const Field& field : head_.fields) {
      if (!named(field)) continue;
      if (count++ == 0) first = &field;
      bytes += field.value.size() + 2;
    }
    if (count == 0) return {};
    if (count == 1) return Value::text(first->value);
    char* const joined = head_.fields.arena().take(bytes);
    if (joined == nullptr) return kArenaFull;
    char* at = joined;
    for (const Field& field : head_.fields) {
      if (!named(field)) continue;
      if (at != joined) at = std::copy_n(", ", 2, at);
      at = std::copy(field.value.begin(), field.value.end(), at);
    }
    return Value::text({joined, static_cast<std::size_t>(at - joined)});
  }

 private:
  // In lower case, in order, each once.
  std::span<const std::string_view> names() const {
    if (made_) return names_;
    made_ = true;
    Arena& arena = head_.fields.arena();
    const auto all = arena.take_array<std::string_view>(head_.fields.size() + 1);
    if (all.empty()) return names_;
    std::size_t count = 0;
    if (!head_.authority.empty()) all[count++] = "host";
    for (const Field& field : head_.fields) {
      const std::string_view name = lower(field.name, arena);
      if (!name.empty()) all[count++] = name;
    }
    std::sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    const auto end = std::unique(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    names_ = all.first(static_cast<std::size_t>(end - all.begin()));
    return names_;
  }

  const RequestHead& head_;
  mutable bool made_ = false;
  mutable std::span<const std::string_view> names_;
};

// The captured parts of host and path, by name.
class ParamMap final : public MapView {
 public:
  ParamMap(std::span<const CaptureName> names, std::span<const std::string_view> values)
      : names_(names), values_(values) {}

  std::size_t size() const override { return std::min(names_.size(), values_.size()); }
  Value key_at(std::size_t index) const override { return Value::text(names_[index].text); }
  Value find(const Value& key) const override {
    if (!key.is(Kind::text)) return {};
    for (std::size_t i = 0; i < size(); ++i) {
      if (names_[i].text == key.text()) return Value::text(values_[i]);
    }
    return {};
  }

 private:
  std::span<const CaptureName> names_;
  std::span<const std::string_view> values_;
};

Value value_of(const JsonView& json, Arena& arena);

class JsonMap final : public MapView {
 public:
  JsonMap(const JsonView& json, Arena& arena) : json_(json), arena_(arena) {}

  std::size_t size() const override { return json_.size(); }
  Value key_at(std::size_t index) const override {
    return Value::text(json_.name_at(static_cast<std::uint32_t>(index)));
  }
  Value find(const Value& key) const override {
    if (!key.is(Kind::text)) return {};
    const std::optional<JsonView> found = json_.find(key.text());
    return found ? value_of(*found, arena_) : Value{};
  }

 private:
  const JsonView json_;
  Arena& arena_;
};

// Its items are laid side by side when the first is asked for.
class JsonList final : public ListView {
 public:
  JsonList(const JsonView& json, Arena& arena) : json_(json), arena_(arena) {}

  std::size_t size() const override { return json_.size(); }
  Value at(std::size_t index) const override {
    if (items_.empty()) {
      items_ = arena_.take_array<Value>(json_.size());
      if (items_.empty()) return kArenaFull;
      std::optional<JsonView> item = json_.at(0);
      for (std::size_t i = 0; item && i < items_.size(); ++i, item = item->next()) {
        items_[i] = value_of(*item, arena_);
      }
    }
    return items_[index];
  }

 private:
  const JsonView json_;
  Arena& arena_;
  mutable std::span<Value> items_;
};

Value value_of(const JsonView& json, Arena& arena) {
  switch (json.kind()) {
    case JsonKind::null:
      return Value::null();
    case JsonKind::boolean:
      return Value::boolean(json.boolean());
    case JsonKind::whole:
      return Value::integer(json.whole());
    case JsonKind::real:
      return Value::number(json.number());
    case JsonKind::text:
      return Value::text(json.text());
    case JsonKind::list: {
      const JsonList* const list = place<JsonList>(arena, json, arena);
      return list == nullptr ? kArenaFull : Value::list(*list);
    }
    case JsonKind::object: {
      const JsonMap* const map = place<JsonMap>(arena, json, arena);
      return map == nullptr ? kArenaFull : Value::map(*map);
    }
  }
  return Value::error(Reason::failed_source);
}

// What is known of the content before it comes.
Value size_of(const RequestHead& head) {
  if (head.framing == Framing::none) return Value::integer(0);
  if (head.framing == Framing::length || head.content_length != 0) {
    return Value::integer(
        static_cast<std::int64_t>(std::min<std::uint64_t>(head.content_length, INT64_MAX)));
  }
  return {};
}

Value text_if_any(std::string_view text) { return text.empty() ? Value{} : Value::text(text); }

}  // namespace

Schema request_schema() {
  const Type text(Kind::text);
  const Type texts_by_name = Type::map_of(text, text);
  Schema schema;
  // In the order of RequestFact.
  schema.add("request.method", text);
  schema.add("request.path", text);
  schema.add("request.host", text);
  schema.add("request.scheme", text);
  schema.add("request.version", text);
  schema.add("request.query_names", Type::list_of(text));
  schema.add("request.headers", texts_by_name);
  schema.add("request.size", Type(Kind::integer));
  schema.add("request.time", Type(Kind::timestamp));
  schema.add("client.address", Type(Kind::address));
  schema.add("route.name", text);
  schema.add("route.api", text);
  schema.add("params", texts_by_name);
  schema.add("user", text);
  schema.add("app", text);
  schema.add("identity.proof", text);
  schema.add("identity.verified", Type(Kind::boolean));
  schema.add("claims", Type::map_of(text, Type()));
  schema.add("verdict.level", text);
  return schema;
}

std::optional<Program> compile_for_request(const ExpressionText& text, Kind expected,
                                           const std::string& where, Diagnostics& out) {
  return compile_text(text, request_schema(), expected, where, out);
}

std::optional<Program> compile_text(const ExpressionText& text, const Schema& schema, Kind expected,
                                    const std::string& where, Diagnostics& out) {
  if (text.text.empty()) return std::nullopt;
  return compile(text.text, schema,
                 {.expected = Type(expected),
                  .begin = text.at.position(),
                  .is_exact = text.is_exact,
                  .during = "reading " + where},
                 out);
}

Value RequestFacts::get(Slot slot) {
  const auto fact = static_cast<RequestFact>(slot);
  return fact < RequestFact::route_name ? of_request(fact) : of_caller(fact);
}

Value RequestFacts::evaluate(const Program& program) {
  Scratch scratch(exchange_.arena());
  return program.evaluate(*this, scratch);
}

Value RequestFacts::of_request(RequestFact fact) {
  const RequestHead& head = exchange_.request();
  if (fact == RequestFact::method) return Value::text(head.method_text);
  if (fact == RequestFact::path) return Value::text(exchange_.path());
  if (fact == RequestFact::host) return Value::text(exchange_.host());
  if (fact == RequestFact::scheme) return Value::text(head.scheme);
  if (fact == RequestFact::version) return Value::text(to_text(head.version));
  if (fact == RequestFact::query_names) return query_names();
  if (fact == RequestFact::size) return size_of(head);
  if (fact == RequestFact::client_address) return client();
  if (fact == RequestFact::headers) {
    if (headers_ == nullptr) headers_ = place<HeaderMap>(exchange_.arena(), head);
    return headers_ == nullptr ? kArenaFull : Value::map(*headers_);
  }
  const std::int64_t us = exchange_.began_us();
  return Value::timestamp(us / 1'000'000, static_cast<std::uint32_t>(us % 1'000'000) * 1000);
}

Value RequestFacts::of_caller(RequestFact fact) {
  const Identity& caller = exchange_.identity();
  if (fact == RequestFact::route_name) return Value::text(exchange_.route().name);
  if (fact == RequestFact::route_api) return Value::text(exchange_.route().api);
  if (fact == RequestFact::params) {
    if (params_ == nullptr) {
      const Router& router = exchange_.snapshot().snapshot->router();
      params_ = place<ParamMap>(exchange_.arena(), router.capture_names(exchange_.match().route),
                                exchange_.match().captures());
    }
    return params_ == nullptr ? kArenaFull : Value::map(*params_);
  }
  if (fact == RequestFact::user) return text_if_any(caller.verified ? caller.user : "");
  if (fact == RequestFact::app) return text_if_any(caller.verified ? caller.app : "");
  if (fact == RequestFact::proof) return text_if_any(caller.proof);
  if (fact == RequestFact::verified) return Value::boolean(caller.verified);
  if (fact == RequestFact::verdict_level) return text_if_any(exchange_.facts().verdict_level);
  if (!caller.verified || caller.claims == nullptr) return {};
  if (!caller.claims->root().is(JsonKind::object)) return {};
  if (claims_ == nullptr) {
    claims_ = place<JsonMap>(exchange_.arena(), caller.claims->root(), exchange_.arena());
  }
  return claims_ == nullptr ? kArenaFull : Value::map(*claims_);
}

Value RequestFacts::client() {
  if (!has_address_) {
    const auto address = IpAddress::parse(exchange_.client_address());
    if (!address) return {};
    address_ = *address;
    has_address_ = true;
  }
  return Value::address(address_);
}

// Each part of the query up to its "=", in order.
Value RequestFacts::query_names() {
  if (query_names_ != nullptr) return Value::list(*query_names_);
  std::string_view query = exchange_.request().query;
  const auto parts = static_cast<std::size_t>(std::count(query.begin(), query.end(), '&')) + 1;
  Arena& arena = exchange_.arena();
  const auto names = arena.take_array<Value>(parts);
  if (names.empty()) return kArenaFull;
  std::size_t count = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    const std::string_view name = part.substr(0, std::min(part.find('='), part.size()));
    query.remove_prefix(std::min(end + 1, query.size()));
    if (name.empty()) continue;
    const std::string_view plain = decode_form(name, arena);
    if (plain.data() == nullptr) return kArenaFull;
    names[count++] = Value::text(plain);
  }
  query_names_ = place<ArrayList>(arena, names.first(count));
  return query_names_ == nullptr ? kArenaFull : Value::list(*query_names_);
}

}  // namespace gatehouse
