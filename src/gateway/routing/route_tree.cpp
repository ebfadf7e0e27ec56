#include "gateway/routing/route_tree.h"

#include <algorithm>
#include <cstring>

namespace gatehouse {

RouteTree::RouteTree() : nodes(1), cells(64), entries(1), texts(1), mask(63) {
  host_root = new_node();
}

std::uint64_t RouteTree::hash_of(std::string_view text) {
  // Only names from the config are ever kept, so nobody outside can choose what collides.
  constexpr std::uint64_t kOdd = 0xd6e8feb86659fd93ULL;
  std::uint64_t hash = text.size() * kOdd;
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  hash = (hash ^ word) * kOdd;
  return hash ^ (hash >> 32);
}

RouteTree::Index RouteTree::new_node() {
  nodes.emplace_back();
  return static_cast<Index>(nodes.size() - 1);
}

std::uint32_t RouteTree::keep_text(std::string_view text) {
  const auto at = static_cast<std::uint32_t>(texts.size());
  texts.push_back(static_cast<char>(static_cast<unsigned char>(text.size())));
  texts.insert(texts.end(), text.begin(), text.end());
  return at;
}

RouteTree::Index RouteTree::literal_child(Index parent, std::string_view text) {
  const std::uint64_t hash = hash_of(text);
  const Index found = child(parent, text, hash);
  if (found != kNone) return found;
  if ((edges + 1) * 3 > cells.size() * 2) widen();
  const std::uint64_t mixed = mix(parent, hash);
  const Cell cell{static_cast<std::uint32_t>(mixed >> 32), parent, new_node(), keep_text(text)};
  place(cell, mixed);
  ++edges;
  return cell.child;
}

RouteTree::Index RouteTree::param_child(Index parent) {
  if (nodes[parent].param == kNone) {
    const Index made = new_node();  // moves the nodes
    nodes[parent].param = made;
  }
  return nodes[parent].param;
}

void RouteTree::place(const Cell& cell, std::uint64_t mixed) {
  std::size_t at = mixed & mask;
  while (cells[at].child != kNone) at = (at + 1) & mask;
  cells[at] = cell;
}

void RouteTree::widen() {
  std::vector<Cell> old(cells.size() * 2);
  old.swap(cells);
  mask = cells.size() - 1;
  for (const Cell& cell : old) {
    if (cell.child != kNone) place(cell, mix(cell.parent, hash_of(text_at(cell.text))));
  }
}

std::uint64_t RouteTree::steps_max() const {
  // A child is always younger than its parent, so going down the numbers sees children first.
  std::vector<std::uint64_t> below(nodes.size(), 0);  // the dearest literal child of each
  std::vector<std::uint64_t> steps(nodes.size(), 0);
  std::vector<Index> parent_of(nodes.size(), kNone);
  for (const Cell& cell : cells) {
    if (cell.child != kNone) parent_of[cell.child] = cell.parent;
  }
  std::vector<bool> is_host(nodes.size(), false);
  is_host[host_root] = true;
  for (Index node = 1; node < nodes.size(); ++node) {
    if (is_host[parent_of[node]]) is_host[node] = true;
    if (is_host[node] && nodes[node].param != kNone) is_host[nodes[node].param] = true;
  }
  for (Index node = static_cast<Index>(nodes.size()) - 1; node >= 1; --node) {
    std::uint64_t total = 1 + below[node] + steps[nodes[node].param];
    if (is_host[node]) total += steps[nodes[node].here] + steps[nodes[node].rest];
    steps[node] = std::min<std::uint64_t>(total, std::uint64_t{1} << 40);
    below[parent_of[node]] = std::max(below[parent_of[node]], steps[node]);
  }
  return steps[host_root] + (any_host == kNone ? 0 : steps[any_host]);
}

std::size_t RouteTree::bytes() const {
  return nodes.capacity() * sizeof(Node) + cells.capacity() * sizeof(Cell) +
         entries.capacity() * sizeof(Entry) + texts.capacity();
}

void RouteTree::shrink() {
  nodes.shrink_to_fit();
  entries.shrink_to_fit();
  texts.shrink_to_fit();
}

}  // namespace gatehouse
