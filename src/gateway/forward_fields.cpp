#include "gateway/forward_fields.h"

#include <algorithm>

namespace gatehouse {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

// 00-<trace:32>-<parent:16>-<flags:2>; a later version may be longer.
bool is_traceparent(std::string_view text) {
  return text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-' &&
         is_lower_hex(text.substr(0, 2)) && text.substr(0, 2) != "ff" &&
         (text.size() == 55 || (text.substr(0, 2) != "00" && text[55] == '-')) &&
         is_lower_hex(text.substr(3, 32)) && !all_zero(text.substr(3, 32)) &&
         is_lower_hex(text.substr(36, 16)) && !all_zero(text.substr(36, 16)) &&
         is_lower_hex(text.substr(53, 2));
}

std::string_view via_protocol(Version version) {
  switch (version) {
    case Version::http10:
      return "1.0 gatehouse";
    case Version::http11:
      return "1.1 gatehouse";
    case Version::http2:
      return "2 gatehouse";
  }
  return "1.1 gatehouse";
}

// What came of the fields that the gate continues or replaces.
struct Came {
  std::string_view forwarded_for, forwarded_proto, forwarded_host, forwarded, via, traceparent;
  bool traced_twice = false;
};

// Puts `more` behind what came before in the same list; data()==nullptr when the arena is full.
std::string_view joined(std::string_view before, std::string_view more, Arena& arena) {
  if (before.data() == nullptr) return more;
  return before.empty() ? more : arena.join({before, ", ", more});
}

// A name as a backend may read it that makes variables of fields: there `_` and `-` are the same.
bool reads_as(std::string_view name, std::string_view known) {
  return name.size() == known.size() &&
         std::equal(name.begin(), name.end(), known.begin(), [](char a, char b) {
           return a == b || (a == '_' && b == '-') ||
                  (a >= 'A' && a <= 'Z' && static_cast<char>(a + ('a' - 'A')) == b);
         });
}

constexpr std::string_view kForwardedPrefix = "x-forwarded-";

// Speaks of the client in the gate's place: X-Forwarded-Port and the like, X-Real-IP.
bool speaks_of_client(std::string_view name) {
  return reads_as(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix) ||
         reads_as(name, "x-real-ip");
}

// A second spelling, with underscores, of a field that means something to the gate.
bool is_disguised(std::string_view name) {
  if (name.find('_') == name.npos) return false;
  if (speaks_of_client(name)) return true;
  char dashed[32];
  if (name.size() > sizeof dashed) return false;
  std::replace_copy(name.begin(), name.end(), dashed, '_', '-');
  return field_id({dashed, name.size()}) != FieldId::other;
}

bool keeps(const Field& field, bool trusted) {
  if (field.id == FieldId::x_request_id || field.id == FieldId::host ||
      field.id == FieldId::content_length) {
    return false;
  }
  if (field.id != FieldId::other) return true;
  return !is_disguised(field.name) && (trusted || !speaks_of_client(field.name));
}

bool copy_kept(Exchange& exchange, FieldList& out, Came& came) {
  Arena& arena = out.arena();
  const bool trusted = exchange.peer_trusted();
  for (const Field& field : exchange.request().fields) {
    const FieldId id = field.id;
    if (id == FieldId::x_forwarded_for) {
      if (trusted) came.forwarded_for = joined(came.forwarded_for, field.value, arena);
    } else if (id == FieldId::forwarded) {
      if (trusted) came.forwarded = joined(came.forwarded, field.value, arena);
    } else if (id == FieldId::x_forwarded_proto) {
      if (trusted) came.forwarded_proto = field.value;
    } else if (id == FieldId::x_forwarded_host) {
      if (trusted) came.forwarded_host = field.value;
    } else if (id == FieldId::via) {
      came.via = joined(came.via, field.value, arena);
    } else if (id == FieldId::traceparent) {
      came.traced_twice = came.traceparent.data() != nullptr;
      came.traceparent = field.value;
    } else if (keeps(field, trusted) && !out.add(field)) {
      return false;
    }
  }
  return true;
}

// False when the value could not be made.
bool add(FieldList& out, FieldId id, std::string_view name, std::string_view value) {
  return value.data() != nullptr && out.add(id, name, value);
}

}  // namespace

bool forward_fields(Exchange& exchange, FieldList& out) {
  Arena& arena = out.arena();
  const RequestHead& request = exchange.request();
  const std::string_view address = exchange.stream().peer().address;
  Came came;
  if (!copy_kept(exchange, out, came)) return false;

  const std::string_view proto =
      came.forwarded_proto.empty() ? request.scheme : came.forwarded_proto;
  const std::string_view host =
      came.forwarded_host.empty() ? request.authority : came.forwarded_host;
  const bool v6 = address.find(':') != std::string_view::npos;
  const std::string_view hop =
      arena.join({v6 ? "for=\"[" : "for=", address, v6 ? "]\";proto=" : ";proto=", request.scheme,
                  ";host=\"", request.authority, "\""});
  const bool traced = !came.traced_twice && is_traceparent(came.traceparent);
  const std::string_view span = exchange.request_id().substr(16);
  const std::string_view traceparent =
      arena.join({"00-", traced ? came.traceparent.substr(3, 32) : exchange.request_id(), "-", span,
                  "-", traced ? came.traceparent.substr(53, 2) : std::string_view{"00"}});
  if (!traced) out.remove(FieldId::tracestate);
  return add(out, FieldId::x_forwarded_for, "X-Forwarded-For",
             joined(came.forwarded_for, address, arena)) &&
         add(out, FieldId::x_forwarded_proto, "X-Forwarded-Proto", proto) &&
         add(out, FieldId::x_forwarded_host, "X-Forwarded-Host", host) && hop.data() != nullptr &&
         add(out, FieldId::forwarded, "Forwarded", joined(came.forwarded, hop, arena)) &&
         add(out, FieldId::via, "Via", joined(came.via, via_protocol(request.version), arena)) &&
         add(out, FieldId::x_request_id, "X-Request-Id", exchange.request_id()) &&
         add(out, FieldId::traceparent, "traceparent", traceparent);
}

}  // namespace gatehouse
