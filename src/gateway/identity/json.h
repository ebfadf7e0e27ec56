// gateway/identity/json: a JSON text read once, strictly, and kept as a flat tree.
//
// Place    headers and claims of tokens, key sets; conditions read claims through JsonView.
// Strict   RFC 8259, UTF-8, nothing after the value, and no object with two members of one name:
//          two readers could each believe another of them.
// Holds    the unescaped texts in one string and the values in one array; views point into both
//          and live as long as the document.
// Full     deeper than kDepthMax, more than kValuesMax values or kBytesMax bytes: not read.
// Errors   none but "not read": the text is a stranger's, and no part of it belongs into a message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

enum class JsonKind : std::uint8_t { null, boolean, whole, real, text, list, object };

class JsonDocument;

// One value within a document.
class JsonView {
 public:
  JsonKind kind() const;
  bool is(JsonKind kind) const { return this->kind() == kind; }
  bool boolean() const;           // of a boolean, else false
  std::int64_t whole() const;     // of a whole number, else 0
  double number() const;          // of any number, else 0
  std::string_view text() const;  // of a text, else empty
  // Of lists and objects; of anything else 0.
  std::uint32_t size() const;
  // The members in order; `index` is below size().
  JsonView at(std::uint32_t index) const;
  std::string_view name_at(std::uint32_t index) const;
  // The one after this in the list or object that it stands in.
  std::optional<JsonView> next() const;
  // The object's member of that name.
  std::optional<JsonView> find(std::string_view name) const;

 private:
  friend class JsonDocument;
  JsonView(const JsonDocument& document, std::uint32_t node) : document_(&document), node_(node) {}

  const JsonDocument* document_;
  std::uint32_t node_;
};

class JsonDocument {
 public:
  static constexpr int kDepthMax = 16;
  static constexpr std::size_t kValuesMax = 16'384;
  static constexpr std::size_t kBytesMax = 1 << 20;

  // Null when the text is not one JSON value as said above.
  static std::shared_ptr<const JsonDocument> read(std::string_view text);

  JsonView root() const { return {*this, 0}; }
  std::size_t bytes() const;  // of memory, about

 private:
  friend class JsonView;
  class Builder;
  struct Slice {
    std::uint32_t begin = 0;
    std::uint32_t bytes = 0;
  };
  struct Node {
    JsonKind kind = JsonKind::null;
    bool boolean = false;
    Slice name;  // in an object
    Slice text;
    std::uint32_t size = 0;
    std::uint32_t first = 0;  // member, or 0
    std::uint32_t next = 0;   // member of the same list or object, or 0
    std::int64_t whole = 0;
    double number = 0;
  };

  std::string_view slice(Slice slice) const {
    return std::string_view(texts_).substr(slice.begin, slice.bytes);
  }

  std::vector<Node> nodes_;
  std::string texts_;
};

}  // namespace gatehouse
