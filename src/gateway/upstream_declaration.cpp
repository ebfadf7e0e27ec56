#include "gateway/upstream_declaration.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "config/option.h"

namespace gatehouse {
namespace {

// Every option by its declaration, so that a new one counts without a line here.
class Declaration {
 public:
  template <HasOptions Config>
  void add(const Config& config) {
    text_ += '{';
    std::apply([&](const auto&... one) { (add(one.name, config.*one.member), ...); },
               Config::options());
    text_ += '}';
  }
  void put(std::string_view name, std::string_view value) {
    // The length goes first: no value can pass for two.
    text_ += name;
    text_ += ':' + std::to_string(value.size()) + '=';
    text_ += value;
    text_ += ' ';
  }
  std::string take() { return std::move(text_); }

 private:
  template <class T>
  void add(std::string_view name, const T& value) {
    if constexpr (HasOptions<T>) {
      put(name, {});
      add(value);
    } else if constexpr (Worded<T>) {
      for (const auto& word : Words<T>::list) {
        if (word.value == value) put(name, word.text);
      }
    } else {
      put(name, Scalar<T>::text(value));
    }
  }
  template <class T>
  void add(std::string_view name, const std::optional<T>& value) {
    if (value) add(name, *value);
  }
  template <class T>
  void add(std::string_view name, const std::vector<T>& values) {
    for (const T& value : values) add(name, value);
  }

  std::string text_;
};

std::string digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return sha256_hex(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

std::string declaration_of(const UpstreamConfig& upstream, const HeadLimits& heads) {
  Declaration declaration;
  declaration.add(upstream);
  if (upstream.tls && !upstream.tls->ca.path.empty()) {
    declaration.put("ca", digest_of_file(upstream.tls->ca.path));
  }
  for (const std::size_t limit : {heads.head_bytes_max, heads.fields_max, heads.uri_bytes_max}) {
    declaration.put("head", std::to_string(limit));
  }
  return declaration.take();
}

}  // namespace gatehouse
