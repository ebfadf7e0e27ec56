#include "config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

namespace gatehouse {
namespace {

// Thrown through the parser to stop it, and caught in parse_yaml.
struct Stop {};

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::uint32_t characters(std::string_view text) {
  return static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), starts_character));
}

bool is_core_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// yaml-cpp writes `!!int` out.
std::string as_written(std::string_view tag) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  return tag.starts_with(kCore) ? fmt::format("!!{}", tag.substr(kCore.size())) : std::string{tag};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics)
      : file_(std::make_shared<const std::string>(file)), diagnostics_(diagnostics) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      lines_.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.at = origin(mark, {}, false);
    keep_anchor(anchor, node);
    put(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Origin at = origin(mark, {}, false);
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) {
      stop({.code = "E0106",
            .what = "an alias stands inside the value that it names",
            .help = "write the value out",
            .at = at.position()});
    }
    if (++aliases_ > YamlLimits::kAliasesMax) {
      stop({.code = "E0105",
            .what = fmt::format("the file has more than {} aliases", YamlLimits::kAliasesMax),
            .help = "write some of the values out, or split the file with `include`",
            .at = at.position()});
    }
    count(named->second.second, at);
    if (open_.size() + named->second.first.depth > YamlLimits::kDepthMax) too_deep(at);
    put(named->second.first.node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.quoted = tag == "!";
    node.at = origin(mark, value, node.quoted);
    node.spelling = spelling(mark, value, node);
    refuse_tag(tag, node.at);
    if (node.quoted || !is_core_null(value)) {
      node.kind = NodeKind::scalar;
      node.text = value;
    }
    keep_anchor(anchor, node);
    put(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, NodeKind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, NodeKind::map);
  }
  void OnMapEnd() override { close(); }

  bool has_root() const { return has_root_; }
  Node take_root() { return std::move(root_); }

  Origin origin_of(const YAML::Mark& mark) const { return origin(mark, {}, false); }

  std::optional<std::uint32_t> tab_in_indentation(std::uint32_t line) const {
    if (line == 0 || line > lines_.size()) return std::nullopt;
    const std::string_view text = lines_[line - 1];
    const std::size_t tab = text.find('\t');
    if (tab == text.npos || tab > text.find_first_not_of(" \t")) return std::nullopt;
    return static_cast<std::uint32_t>(tab) + 1;
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool awaits_value = false;  // of a map: the last entry has only its key
    bool duplicate = false;     // that entry's key stood before, and its value is dropped
    std::map<std::string, std::size_t> names;  // of a map: which entry has the name
    std::size_t nodes_before = 0;
    std::size_t depth = 0;
  };
  struct Anchored {
    Node node;
    std::size_t depth = 0;
  };

  // yaml-cpp counts from 0 and in bytes.
  Origin origin(const YAML::Mark& mark, std::string_view value, bool quoted) const {
    Origin at{file_, 1, 1, 1};
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return at;
    const std::string_view line = lines_[static_cast<std::size_t>(mark.line)];
    const std::size_t column = std::min(node_column(mark), line.size());
    at.line = static_cast<std::uint32_t>(mark.line) + 1;
    at.column = characters_before(at.line, line, column) + 1;
    const std::string_view rest = line.substr(column);
    if (quoted && !rest.empty()) {
      const std::size_t end = closing_quote(rest);
      at.length = characters(rest.substr(0, end));
    } else if (!value.empty() && rest.starts_with(value)) {
      at.length = characters(value);
    }
    return at;
  }

  // Of a block of lines, `at` becomes its first character.
  Spelling spelling(const YAML::Mark& mark, std::string_view value, Node& node) const {
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return {};
    const std::string_view line = lines_[static_cast<std::size_t>(mark.line)];
    const std::string_view rest = line.substr(std::min(node_column(mark), line.size()));
    if (!node.quoted) return rest.starts_with(value) ? Spelling::as_is : Spelling::altered;
    if (rest.empty() || (rest[0] != '|' && rest[0] != '>')) {
      return !rest.empty() && rest.substr(1).starts_with(value) ? Spelling::behind_quote
                                                                : Spelling::altered;
    }
    std::size_t number = static_cast<std::size_t>(mark.line) + 1;
    if (number >= lines_.size()) return {};
    const std::size_t indent = lines_[number].find_first_not_of(' ');
    if (indent == std::string_view::npos) return {};
    const std::uint32_t first = static_cast<std::uint32_t>(number) + 1;
    const std::string_view begin = value.substr(0, value.find('\n'));
    while (!value.empty()) {
      if (number >= lines_.size()) return {};
      const std::string_view stands = lines_[number++];
      const std::string_view wanted = value.substr(0, value.find('\n'));
      if (!stands.substr(std::min(indent, stands.size())).starts_with(wanted)) return {};
      value.remove_prefix(std::min(wanted.size() + 1, value.size()));
    }
    node.at = {file_, first, static_cast<std::uint32_t>(indent) + 1, characters(begin)};
    return Spelling::as_is;
  }

  static std::size_t node_column(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.column, 0));
  }

  // Marks come in order: on a line of a mebibyte each counts on from the one before.
  std::uint32_t characters_before(std::uint32_t number, std::string_view line,
                                  std::size_t column) const {
    if (counted_.line != number || counted_.bytes > column) counted_ = {number, 0, 0};
    counted_.characters += characters(line.substr(counted_.bytes, column - counted_.bytes));
    counted_.bytes = column;
    return counted_.characters;
  }

  static std::size_t closing_quote(std::string_view rest) {
    const char quote = rest.front();
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == '\\' && quote == '"') {
        ++i;
      } else if (rest[i] == quote) {
        return i + 1;
      }
    }
    return rest.size();
  }

  [[noreturn]] void stop(Error error) {
    diagnostics_.error(std::move(error));
    throw Stop{};
  }

  [[noreturn]] void too_deep(const Origin& at) {
    stop({.code = "E0105",
          .what = fmt::format("lists and maps stand more than {} deep", YamlLimits::kDepthMax),
          .help = "remove levels",
          .at = at.position()});
  }

  void count(std::size_t nodes, const Origin& at) {
    nodes_ += nodes;
    if (nodes_ <= YamlLimits::kNodesMax) return;
    stop({.code = "E0105",
          .what = fmt::format("the file has more than {} values, those that aliases repeat counted",
                              YamlLimits::kNodesMax),
          .help = "use fewer aliases, or split the file with `include`",
          .at = at.position()});
  }

  void refuse_tag(const std::string& tag, const Origin& at) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error({.code = "E0104",
                        .what = fmt::format("the tag `{}` is not understood", as_written(tag)),
                        .help = "remove the tag; each setting knows its own type",
                        .at = at.position()});
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, NodeKind kind) {
    Open opened;
    opened.node.kind = kind;
    opened.node.at = origin(mark, {}, false);
    opened.anchor = anchor;
    opened.nodes_before = nodes_;
    refuse_tag(tag, opened.node.at);
    if (open_.size() >= YamlLimits::kDepthMax) too_deep(opened.node.at);
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    ++closed.depth;
    if (!open_.empty()) open_.back().depth = std::max(open_.back().depth, closed.depth);
    Node& node = closed.node;
    // A block map is marked by its first key: a lone caret under a letter would say less.
    if (node.is_map() && !node.entries.empty()) {
      const Origin& first = node.entries.front().at;
      if (first.line == node.at.line && first.column == node.at.column) {
        node.at.length = first.length;
      }
    }
    if (closed.anchor != 0) {
      anchors_[closed.anchor] = {{node, closed.depth}, nodes_ - closed.nodes_before + 1};
    }
    put(std::move(node));
  }

  void keep_anchor(YAML::anchor_t anchor, const Node& node) {
    if (anchor != 0) anchors_[anchor] = {{node, 0}, 1};
  }

  void put(Node node) {
    count(1, node.at);
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.awaits_value) {
      parent.awaits_value = false;
      if (parent.duplicate) return;
      NodeEntry& entry = parent.node.entries.back();
      // yaml-cpp finds an absent value where the next thing begins.
      if (node.is_null() && node.at.line != entry.at.line) node.at = entry.at;
      entry.value = std::move(node);
    } else {
      put_key(parent, node);
    }
  }

  void put_key(Open& parent, const Node& key) {
    parent.awaits_value = true;
    parent.duplicate = false;
    if (!key.is_scalar()) {
      diagnostics_.error({.code = "E0104",
                          .what = fmt::format("a key is {}, not a word", key.display()),
                          .help = "quote the key",
                          .at = key.at.position()});
      parent.duplicate = true;
      return;
    }
    const auto [named, is_new] = parent.names.try_emplace(key.text, parent.node.entries.size());
    if (!is_new) {
      const Origin& first = parent.node.entries[named->second].at;
      diagnostics_.error({.code = "E0202",
                          .what = fmt::format("{} stands twice in one map", key.display()),
                          .help = "remove one of them",
                          .at = key.at.position(),
                          .label = fmt::format("first on line {}", first.line)});
      parent.duplicate = true;
      return;
    }
    parent.node.entries.push_back({key.text, key.at, Node{}});
  }

  std::shared_ptr<const std::string> file_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> lines_;
  struct Counted {
    std::uint32_t line = 0;
    std::size_t bytes = 0;
    std::uint32_t characters = 0;
  };
  mutable Counted counted_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Anchored, std::size_t>> anchors_;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
  Node root_;
  bool has_root_ = false;
};

// yaml-cpp reports "end of map flow not found" and the like; these are a reader's words for the
// commonest.
std::string in_words(std::string_view message) {
  struct Words {
    std::string_view theirs;
    std::string_view ours;
  };
  static constexpr Words kWords[] = {
      {"illegal map value", "a `:` stands where no value can begin"},
      {"illegal block entry", "a `-` stands where no list item can begin"},
      {"illegal tab", "a tab stands in the indentation"},
      {"end of map flow not found", "a `{` is not closed"},
      {"end of sequence flow not found", "a `[` is not closed"},
      {"end of map not found", "a line doesn't line up with the map that it belongs to"},
      {"end of sequence not found", "a line doesn't line up with the list that it belongs to"},
      {"illegal EOF in scalar", "a quote is not closed"},
      {"the referenced anchor is not defined", "an alias names an anchor that isn't there"},
      {"unknown token", "a character stands where none can"},
      {"illegal map key", "a key stands where none can begin"},
      {"illegal flow end", "a bracket closes what was not opened"},
  };
  for (const Words& words : kWords) {
    if (message.starts_with(words.theirs)) return std::string{words.ours};
  }
  return fmt::format("this is not YAML: {}", message);
}

void not_yaml(const YAML::Exception& fault, const TreeBuilder& tree, Diagnostics& diagnostics) {
  const Origin at = tree.origin_of(fault.mark);
  for (const std::uint32_t line : {at.line, at.line - 1}) {
    const std::optional<std::uint32_t> tab = tree.tab_in_indentation(line);
    if (!tab) continue;
    diagnostics.error({.code = "E0101",
                       .what = "a tab stands in the indentation",
                       .help = "indent with blanks",
                       .at = {*at.file, line, *tab, 1}});
    return;
  }
  diagnostics.error({.code = "E0101",
                     .what = in_words(fault.msg),
                     .help = "mend the line or the one above it; indent with blanks",
                     .at = at.position()});
}

std::optional<std::size_t> first_odd_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    std::size_t more = 0;
    if (byte < 0x20 ? (byte != '\n' && byte != '\t' && byte != '\r') : byte == 0x7F) return i;
    if (byte >= 0xC2 && byte < 0xE0)
      more = 1;
    else if (byte >= 0xE0 && byte < 0xF0)
      more = 2;
    else if (byte >= 0xF0 && byte < 0xF5)
      more = 3;
    else if (byte >= 0x80)
      return i;
    for (std::size_t k = 1; k <= more; ++k) {
      if (i + k >= text.size() || starts_character(text[i + k])) return i;
    }
    i += more + 1;
  }
  return std::nullopt;
}

bool check_bytes(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  if (text.size() > YamlLimits::kBytesMax) {
    diagnostics.error({.code = "E0105",
                       .what = fmt::format("the file has {} bytes, the most is {}", text.size(),
                                           YamlLimits::kBytesMax),
                       .help = "split it with `include`",
                       .at = {file, 0, 0, 0}});
    return false;
  }
  const std::optional<std::size_t> odd = first_odd_byte(text);
  if (!odd) return true;
  const std::string_view before = text.substr(0, *odd);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  diagnostics.error(
      {.code = "E0102",
       .what = fmt::format("the byte 0x{:02x} is not text in UTF-8",
                           static_cast<unsigned char>(text[*odd])),
       .help = "save the file as UTF-8 without control characters",
       .at = {file, static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1,
              characters(before.substr(line_start)) + 1, 1}});
  return false;
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, const std::string& file,
                               Diagnostics& diagnostics) {
  diagnostics.add_source(file, std::string{text.substr(0, YamlLimits::kBytesMax)});
  if (!check_bytes(text, file, diagnostics)) return std::nullopt;
  TreeBuilder tree(text, file, diagnostics);
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(tree);
    if (!tree.has_root()) {
      diagnostics.error({.code = "E0103",
                         .what = "the file is empty",
                         .help = "write the config into it, or start from `gatehouse init`",
                         .at = {file, 0, 0, 0}});
      return std::nullopt;
    }
    Node root = tree.take_root();
    if (parser.HandleNextDocument(tree)) {
      diagnostics.error({.code = "E0103",
                         .what = "the file holds more than one document",
                         .help = "remove the `---` and what follows it",
                         .at = tree.take_root().at.position()});
    }
    return root;
  } catch (const YAML::Exception& fault) {
    not_yaml(fault, tree, diagnostics);
  } catch (const Stop&) {
    // Reported where it was thrown.
  }
  return std::nullopt;
}

}  // namespace gatehouse
