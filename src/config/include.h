// config/include: a file and those that it includes, as one tree.
//
//   include: [upstreams.yaml, apis/orders.yaml]     at the top of a file, from that file's folder
//
// Merges   by key of the top level: lists are joined in the order of the files, maps united; a name
//          that stands in two files is an error that names both.
// Full     at kFilesMax files the next is an error.
// Errors   E0107 for a file that includes itself or is included twice, E0501 for one that can't be
//          read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "config/node.h"
#include "config/surroundings.h"

namespace gatehouse {

struct IncludedTree {
  static constexpr std::size_t kFilesMax = 64;

  std::optional<Node> root;
  std::vector<std::string> files;
  std::string digest;  // SHA-256 over the files' bytes, in hex
};

IncludedTree read_tree(const std::string& path, const Surroundings& surroundings,
                       Diagnostics& diagnostics);

}  // namespace gatehouse
