#include "gateway/identity/json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace gatehouse {

// Told by nlohmann's reader what comes; false ends the reading.
class JsonDocument::Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(JsonDocument& into) : into_(into) {}

  bool null() override { return add(JsonKind::null) != nullptr; }
  bool boolean(bool value) override {
    Node* const node = add(JsonKind::boolean);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool number_integer(std::int64_t value) override {
    Node* const node = add(JsonKind::whole);
    if (node == nullptr) return false;
    node->whole = value;
    node->number = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string& /*text*/) override {
    Node* const node = std::isfinite(value) ? add(JsonKind::real) : nullptr;
    if (node != nullptr) node->number = value;
    return node != nullptr;
  }
  bool string(std::string& value) override {
    Node* const node = add(JsonKind::text);
    if (node != nullptr) node->text = keep(value);
    return node != nullptr;
  }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(JsonKind::object); }
  bool start_array(std::size_t /*size*/) override { return open(JsonKind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& value) override {
    name_ = keep(value);
    const std::string_view name = into_.slice(name_);
    for (std::uint32_t at = into_.nodes_[open_.back().node].first; at != 0;
         at = into_.nodes_[at].next) {
      if (into_.slice(into_.nodes_[at].name) == name) return false;
      if (++compared_ > kComparedMax) return false;
    }
    return true;
  }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*why*/) override {
    return false;
  }

 private:
  // Names are compared one by one; a text that would make that long is not read.
  static constexpr std::size_t kComparedMax = 1 << 20;
  struct Open {
    std::uint32_t node = 0;
    std::uint32_t last = 0;  // its latest member
  };

  Slice keep(const std::string& text) {
    const Slice slice{static_cast<std::uint32_t>(into_.texts_.size()),
                      static_cast<std::uint32_t>(text.size())};
    into_.texts_ += text;
    return slice;
  }

  Node* add(JsonKind kind) {
    if (into_.nodes_.size() >= kValuesMax) return nullptr;
    const auto index = static_cast<std::uint32_t>(into_.nodes_.size());
    into_.nodes_.push_back({});
    Node& node = into_.nodes_.back();
    node.kind = kind;
    if (open_.empty()) return &node;
    Node& parent = into_.nodes_[open_.back().node];
    if (parent.kind == JsonKind::object) node.name = name_;
    (open_.back().last == 0 ? parent.first : into_.nodes_[open_.back().last].next) = index;
    open_.back().last = index;
    ++parent.size;
    return &node;
  }
  bool open(JsonKind kind) {
    if (open_.size() >= static_cast<std::size_t>(kDepthMax) || add(kind) == nullptr) return false;
    open_.push_back({static_cast<std::uint32_t>(into_.nodes_.size() - 1), 0});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  JsonDocument& into_;
  std::vector<Open> open_;
  Slice name_;
  std::size_t compared_ = 0;
};

std::shared_ptr<const JsonDocument> JsonDocument::read(std::string_view text) {
  // A byte order mark and a NUL at the end are what nlohmann's reader would pass over.
  if (text.size() > kBytesMax || text.starts_with('\xef') || text.find('\0') != text.npos) {
    return nullptr;
  }
  auto document = std::make_unique<JsonDocument>();
  Builder builder(*document);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return nullptr;
  document->nodes_.shrink_to_fit();
  document->texts_.shrink_to_fit();
  return document;
}

std::size_t JsonDocument::bytes() const {
  return sizeof *this + nodes_.capacity() * sizeof(Node) + texts_.capacity();
}

JsonKind JsonView::kind() const { return document_->nodes_[node_].kind; }
bool JsonView::boolean() const { return document_->nodes_[node_].boolean; }
std::int64_t JsonView::whole() const { return document_->nodes_[node_].whole; }
double JsonView::number() const { return document_->nodes_[node_].number; }
std::string_view JsonView::text() const { return document_->slice(document_->nodes_[node_].text); }
std::uint32_t JsonView::size() const { return document_->nodes_[node_].size; }

JsonView JsonView::at(std::uint32_t index) const {
  std::uint32_t at = document_->nodes_[node_].first;
  while (index-- != 0) at = document_->nodes_[at].next;
  return {*document_, at};
}

std::string_view JsonView::name_at(std::uint32_t index) const {
  return document_->slice(document_->nodes_[at(index).node_].name);
}

std::optional<JsonView> JsonView::next() const {
  const std::uint32_t next = document_->nodes_[node_].next;
  if (next == 0) return std::nullopt;
  return JsonView{*document_, next};
}

std::optional<JsonView> JsonView::find(std::string_view name) const {
  if (!is(JsonKind::object)) return std::nullopt;
  for (std::uint32_t at = document_->nodes_[node_].first; at != 0;
       at = document_->nodes_[at].next) {
    if (document_->slice(document_->nodes_[at].name) == name) return JsonView{*document_, at};
  }
  return std::nullopt;
}

}  // namespace gatehouse
