// gateway/routing/route_tree: hosts and paths of all routes as one tree over labels and segments.
//
// Place   the memory behind Router, filled by build_router and then never changed.
// Holds   nodes of 12 bytes, and one hash table for the literal children of all nodes (a node with
//         50,000 children costs no more to ask than one with two). A host's node leads to the root
//         of its paths; a path's node to a list of entries, one or more for each route.
// Order   at each node: the literal child, then the captured one, then the rest. A walk that finds
//         nothing below goes back and takes the next, so each node is seen at most once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/path_pattern.h"

namespace gatehouse {

struct RouteTree {
  using Index = std::uint32_t;
  static constexpr Index kNone = 0;  // node 0 and entry 0 stand for "none"

  struct Node {
    Index param = kNone;  // the child that takes any one label or segment
    Index here = kNone;   // where the pattern ends: a path's root (host) or an entry (path)
    Index rest = kNone;   // the same for a pattern that ends with a wildcard
  };
  struct Cell {
    std::uint32_t tag = 0;
    Index parent = kNone;
    Index child = kNone;     // kNone: the cell is free
    std::uint32_t text = 0;  // in `texts`: a byte of length, then the segment
  };
  struct Entry {
    Index route = 0;
    Index next = kNone;
    MethodBits methods = 0;
    bool any = false;
    std::uint32_t other_method = 0;  // text of one method that Method doesn't know; 0: none
  };

  RouteTree();

  static std::uint64_t hash_of(std::string_view text);

  Index child(Index parent, std::string_view text, std::uint64_t hash) const {
    const std::uint64_t mixed = mix(parent, hash);
    const auto tag = static_cast<std::uint32_t>(mixed >> 32);
    for (std::size_t at = mixed & mask;; at = (at + 1) & mask) {
      const Cell& cell = cells[at];
      if (cell.child == kNone) return kNone;
      if (cell.tag == tag && cell.parent == parent && text_at(cell.text) == text) {
        return cell.child;
      }
    }
  }
  std::string_view text_at(std::uint32_t at) const {
    return {texts.data() + at + 1, static_cast<unsigned char>(texts[at])};
  }

  // While building.
  Index new_node();
  Index literal_child(Index parent, std::string_view text);
  Index param_child(Index parent);
  std::uint32_t keep_text(std::string_view text);  // at most 255 bytes

  // The most nodes that any one request can make a walk see, known from the tree alone.
  std::uint64_t steps_max() const;
  std::size_t bytes() const;
  void shrink();

  std::vector<Node> nodes;
  std::vector<Cell> cells;  // a power of two
  std::vector<Entry> entries;
  std::vector<char> texts;
  std::size_t mask = 0;
  std::size_t edges = 0;
  Index host_root = kNone;
  Index any_host = kNone;  // root of the paths of routes for any host
  std::uint32_t label_depth = 0;
  std::uint32_t segment_depth = 0;

 private:
  static std::uint64_t mix(Index parent, std::uint64_t hash) {
    const std::uint64_t mixed = (hash ^ parent) * 0x9e3779b97f4a7c15ULL;
    return mixed ^ (mixed >> 29);
  }
  void place(const Cell& cell, std::uint64_t mixed);
  void widen();
};

}  // namespace gatehouse
