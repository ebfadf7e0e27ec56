// config/node: a tree of what stands in a person's files, each part with its place.
//
// Place    config/yaml makes it, config/include joins files into one, config/secrets fills in
//          `${env:…}`, config/reader turns it into typed values. Policies and other parts that the
//          config room doesn't know keep their piece of it.
// Holds    the text of scalars, never their type: the option that reads one decides.
// Secrets  a scalar that came from outside is marked; display() never shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/origin.h"

namespace gatehouse {

enum class NodeKind : std::uint8_t { null, scalar, list, map };

// Whether a place in a scalar's text is a place in the file: the text may stand there as it is,
// from `at` on or behind a quote, or otherwise (escapes, folded lines, a value from outside).
enum class Spelling : std::uint8_t { altered, as_is, behind_quote };

struct NodeEntry;

struct Node {
  NodeKind kind = NodeKind::null;
  bool quoted = false;  // a quoted `null`, `true` or `12` is text
  bool secret = false;
  bool missing = false;  // it could not be taken from outside, which is told already
  Spelling spelling = Spelling::altered;
  std::string text;  // of a scalar
  std::vector<Node> items;
  std::vector<NodeEntry> entries;
  Origin at;

  bool is_map() const { return kind == NodeKind::map; }
  bool is_list() const { return kind == NodeKind::list; }
  bool is_scalar() const { return kind == NodeKind::scalar; }
  bool is_null() const { return kind == NodeKind::null; }

  // The entry of that name, or nullptr.
  const NodeEntry* find(std::string_view name) const;
  // For a message: the scalar in backticks (cut at kDisplayMax), "a list", "a map", "nothing" or
  // "a secret value".
  std::string display() const;
  static constexpr std::size_t kDisplayMax = 60;

  bool operator==(const Node&) const = default;
};

struct NodeEntry {
  std::string name;
  Origin at;
  Node value;

  bool operator==(const NodeEntry&) const = default;
};

}  // namespace gatehouse
