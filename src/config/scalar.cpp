#include "config/scalar.h"

#include <filesystem>

namespace gatehouse {

std::optional<bool> Scalar<bool>::parse(const Node& node) {
  if (!is_plain(node)) return std::nullopt;
  const std::string& text = node.text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<FilePath> Scalar<FilePath>::parse(const Node& node) {
  if (node.text.empty()) return std::nullopt;
  const std::filesystem::path file{node.at.file ? *node.at.file : std::string{}};
  return FilePath{(file.parent_path() / node.text).lexically_normal().string(), node.at};
}

std::optional<ExpressionText> Scalar<ExpressionText>::parse(const Node& node) {
  if (node.text.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  ExpressionText expression{node.text, node.at, false};
  if (node.secret || node.spelling == Spelling::altered) return expression;
  if (node.spelling == Spelling::behind_quote) ++expression.at.column;
  expression.is_exact = true;
  return expression;
}

}  // namespace gatehouse
