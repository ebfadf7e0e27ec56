#include "config/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {
namespace {

bool is_variable_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

class Filler {
 public:
  Filler(const Surroundings& surroundings, Diagnostics& diagnostics)
      : surroundings_(surroundings), diagnostics_(diagnostics) {}

  void fill(Node& node) {
    for (Node& item : node.items) fill(item);
    for (NodeEntry& entry : node.entries) fill(entry.value);
    if (node.is_scalar() && node.text.find("${") != std::string::npos) fill_scalar(node);
  }

 private:
  void fill_scalar(Node& node) {
    std::string filled;
    std::string_view rest = node.text;
    bool took_any = false;
    for (std::size_t at = rest.find("${"); at != rest.npos; at = rest.find("${")) {
      if (at != 0 && rest[at - 1] == '$') {
        filled += rest.substr(0, at - 1);
        filled += "${";
        rest.remove_prefix(at + 2);
        continue;
      }
      filled += rest.substr(0, at);
      const std::size_t end = rest.find('}', at);
      if (end == rest.npos) return unclosed(node);
      const auto value = look_up(node, rest.substr(at + 2, end - at - 2));
      if (!value) {
        // The fault is told; the marks keep the reader from telling it again.
        node.secret = node.missing = true;
        return;
      }
      filled += *value;
      took_any = true;
      rest.remove_prefix(end + 1);
    }
    filled += rest;
    node.text = std::move(filled);
    node.secret = node.secret || took_any;
  }

  std::optional<std::string> look_up(const Node& node, std::string_view asked) {
    if (asked.starts_with("env:")) return variable(node, asked.substr(4));
    if (asked.starts_with("file:")) return file(node, asked.substr(5));
    diagnostics_.error({.code = "E0505",
                        .what = fmt::format("`${{{}}}` names neither a variable nor a file", asked),
                        .help = "write `${env:NAME}` or `${file:/path}`, or `$${` for a plain `${`",
                        .at = node.at.position()});
    return std::nullopt;
  }

  std::optional<std::string> variable(const Node& node, std::string_view asked) {
    const std::size_t dash = asked.find(":-");
    const std::string name{asked.substr(0, dash)};
    if (!is_variable_name(name)) {
      diagnostics_.error({.code = "E0505",
                          .what = fmt::format("`{}` is no name of a variable", name),
                          .help = "write `${env:NAME}` or `${env:NAME:-default}`",
                          .at = node.at.position()});
      return std::nullopt;
    }
    std::optional<std::string> value = surroundings_.variable(name);
    if (dash != asked.npos && (!value || value->empty())) {
      return std::string{asked.substr(dash + 2)};
    }
    if (!value) {
      diagnostics_.error({.code = "E0502",
                          .what = fmt::format("the variable `{}` is not set", name),
                          .help = fmt::format("set it, or write `${{env:{}:-default}}`", name),
                          .at = node.at.position()});
    }
    if (value) diagnostics_.redact(*value);
    return value;
  }

  std::optional<std::string> file(const Node& node, std::string_view asked) {
    const std::filesystem::path from{node.at.file ? *node.at.file : std::string{}};
    const std::string path = (from.parent_path() / asked).lexically_normal().string();
    auto bytes = surroundings_.file(path, kSecretFileBytesMax);
    if (!bytes) {
      diagnostics_.error({.code = "E0503",
                          .what = fmt::format("the file `{}` {}", path, bytes.error().what),
                          .help = "mend the path or the file",
                          .at = node.at.position()});
      return std::nullopt;
    }
    if (bytes->ends_with('\n')) bytes->pop_back();
    if (bytes->ends_with('\r')) bytes->pop_back();
    diagnostics_.redact(*bytes);
    return *std::move(bytes);
  }

  void unclosed(Node& node) {
    node.secret = node.missing = true;
    diagnostics_.error({.code = "E0505",
                        .what = "a `${` is not closed",
                        .help = "close it with `}`, or write `$${` for a plain `${`",
                        .at = node.at.position()});
  }

  const Surroundings& surroundings_;
  Diagnostics& diagnostics_;
};

}  // namespace

void fill_in(Node& tree, const Surroundings& surroundings, Diagnostics& diagnostics) {
  Filler(surroundings, diagnostics).fill(tree);
}

}  // namespace gatehouse
