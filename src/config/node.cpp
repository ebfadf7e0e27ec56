#include "config/node.h"

namespace gatehouse {

const NodeEntry* Node::find(std::string_view name) const {
  for (const NodeEntry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string Node::display() const {
  switch (kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
    case NodeKind::scalar:
      break;
  }
  if (secret) return "a secret value";
  std::string shown = text;
  if (shown.size() > kDisplayMax) {
    std::size_t end = kDisplayMax;
    while (end != 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown.resize(end);
    shown += "…";
  }
  for (char& byte : shown) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == '\x7F') byte = ' ';
  }
  return '`' + shown + '`';
}

}  // namespace gatehouse
