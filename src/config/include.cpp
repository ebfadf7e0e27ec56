#include "config/include.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/digest.h"
#include "config/yaml.h"

namespace gatehouse {
namespace {

constexpr std::string_view kInclude = "include";
constexpr std::string_view kVersion = "gatehouse";

std::string place_text(const Origin& at) {
  return fmt::format("{}:{}:{}", at.file ? *at.file : "", at.line, at.column);
}

class Includer {
 public:
  Includer(const Surroundings& surroundings, Diagnostics& diagnostics)
      : surroundings_(surroundings), diagnostics_(diagnostics) {}

  void read(const std::string& path, const Origin& named_at) {
    if (std::find(tree_.files.begin(), tree_.files.end(), path) != tree_.files.end()) {
      diagnostics_.error({.code = "E0107",
                          .what = fmt::format("`{}` is included a second time", path),
                          .help = "include each file once",
                          .at = named_at.position()});
      return;
    }
    if (tree_.files.size() == IncludedTree::kFilesMax) {
      diagnostics_.error(
          {.code = "E0105",
           .what = fmt::format("the config has more than {} files", IncludedTree::kFilesMax),
           .help = "join some of the files",
           .at = named_at.position()});
      return;
    }
    const auto bytes = surroundings_.file(path, YamlLimits::kBytesMax);
    if (!bytes) {
      SourcePosition at = named_at.position();
      if (at.file.empty()) at.file = path;
      diagnostics_.error({.code = "E0501",
                          .what = fmt::format("`{}` {}", path, bytes.error().what),
                          .help = named_at.line == 0
                                      ? "name the config with --config, or write one with "
                                        "`gatehouse init`"
                                      : "mend the path; it is taken from the folder of this file",
                          .at = std::move(at)});
      return;
    }
    tree_.files.push_back(path);
    // The length keeps two files from being read as one longer one.
    digest_.add(fmt::format("{}\n", bytes->size()));
    digest_.add(*bytes);
    add(parse_yaml(*bytes, path, diagnostics_));
  }

  IncludedTree finish() && {
    tree_.digest = digest_.hex();
    return std::move(tree_);
  }

 private:
  void add(std::optional<Node> parsed) {
    if (!parsed) return;
    if (!parsed->is_map()) {
      diagnostics_.error({.code = "E0103",
                          .what = fmt::format("the file holds {}, not a map", parsed->display()),
                          .help = "begin with `gatehouse: 1`",
                          .at = parsed->at.position()});
      return;
    }
    Node includes;
    std::erase_if(parsed->entries, [&](NodeEntry& entry) {
      if (entry.name != kInclude) return false;
      includes = std::move(entry.value);
      return true;
    });
    merge(*std::move(parsed));
    read_all(includes);
  }

  void read_all(const Node& includes) {
    if (includes.is_null()) return;
    if (!includes.is_list()) {
      diagnostics_.error({.code = "E0301",
                          .what = fmt::format("`include` is {}, not a list", includes.display()),
                          .help = "write `include: [file.yaml]`",
                          .at = includes.at.position()});
      return;
    }
    for (const Node& item : includes.items) {
      if (!item.is_scalar() || item.text.empty() || item.text.find("${") != std::string::npos) {
        diagnostics_.error({.code = "E0301",
                            .what = fmt::format("{} is not the path of a file", item.display()),
                            .help = "write the path itself",
                            .at = item.at.position()});
        continue;
      }
      const std::filesystem::path from{*item.at.file};
      read((from.parent_path() / item.text).lexically_normal().string(), item.at);
    }
  }

  void merge(Node part) {
    if (!tree_.root) {
      tree_.root = std::move(part);
      return;
    }
    for (NodeEntry& entry : part.entries) merge_entry(std::move(entry));
  }

  void merge_entry(NodeEntry entry) {
    NodeEntry* const present = find(*tree_.root, entry.name);
    if (present == nullptr) {
      tree_.root->entries.push_back(std::move(entry));
      return;
    }
    Node& whole = present->value;
    if (whole.is_list() && entry.value.is_list()) {
      std::move(entry.value.items.begin(), entry.value.items.end(),
                std::back_inserter(whole.items));
      return;
    }
    if (whole.is_map() && entry.value.is_map()) {
      for (NodeEntry& inner : entry.value.entries) {
        if (const NodeEntry* const first = whole.find(inner.name); first != nullptr) {
          twice(inner, *first);
        } else {
          whole.entries.push_back(std::move(inner));
        }
      }
      return;
    }
    const bool same_version =
        entry.name == kVersion && whole.is_scalar() && whole.text == entry.value.text;
    if (!same_version) twice(entry, *present);
  }

  static NodeEntry* find(Node& map, std::string_view name) {
    return const_cast<NodeEntry*>(std::as_const(map).find(name));
  }

  void twice(const NodeEntry& second, const NodeEntry& first) {
    diagnostics_.error({.code = "E0202",
                        .what = fmt::format("`{}` stands in two files", second.name),
                        .help = "remove one of them",
                        .at = second.at.position(),
                        .label = fmt::format("first at {}", place_text(first.at))});
  }

  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
  IncludedTree tree_;
  Sha256 digest_;
};

}  // namespace

IncludedTree read_tree(const std::string& path, const Surroundings& surroundings,
                       Diagnostics& diagnostics) {
  Includer includer(surroundings, diagnostics);
  includer.read(path, {});
  return std::move(includer).finish();
}

}  // namespace gatehouse
