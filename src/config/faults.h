// config/faults: the reader's messages, each made in one place.
//
// Errors   E02xx for keys, E03xx for values, E0504 for a secret in the file; none shows a secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "config/node.h"

namespace gatehouse {
namespace detail {

// What a message says of the value at hand.
struct Subject {
  std::string_view name;     // "`connect_timeout`"'s key
  const std::string& where;  // "upstream `orders`"
  std::string default_text;  // empty where there is none to write
  bool is_required = false;
};

// "`tls` of listener 1"; at the top of the file "`limits`" alone.
std::string within(std::string_view name, const std::string& where);

void unknown_key(const NodeEntry& entry, const std::string& where,
                 const std::vector<std::string_view>& known, Diagnostics& out);
void missing_key(const Node& node, const std::string& where, std::string_view name,
                 std::string_view help, Diagnostics& out);
void wrong_kind(const Node& node, const Subject& subject, std::string_view expected,
                std::string_view example, std::string fault, Diagnostics& out);
void unknown_word(const Node& node, const Subject& subject,
                  const std::vector<std::string_view>& words, Diagnostics& out);
void out_of_range(const Node& node, const Subject& subject, std::string_view bound, bool too_low,
                  Diagnostics& out);
void empty_list(const Node& node, const Subject& subject, Diagnostics& out);
// Keeps a value of the file out of every line that is shown.
void hide_value(const Node& node, Diagnostics& out);
void literal_secret(const Node& node, const Subject& subject, Diagnostics& out);
void not_a_map(const Node& node, const std::string& where, Diagnostics& out);

}  // namespace detail
}  // namespace gatehouse
