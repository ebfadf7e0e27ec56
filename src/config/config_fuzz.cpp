// Any bytes as a config: the load ends, throws nothing, and gives a config exactly when it found no
// error. The input may include itself under a second name.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/diagnostics_json.h"
#include "config/load.h"

namespace {

struct OneText final : gatehouse::Surroundings {
  std::string text;

  std::optional<std::string> variable(const std::string& name) const override {
    if (name.size() > 4) return std::nullopt;
    return text.substr(0, 8);
  }
  gatehouse::Result<std::string> file(const std::string& path, std::size_t) const override {
    if (path == "gatehouse.yaml") return text;
    if (path == "half.yaml") return text.substr(text.size() / 2);
    return gatehouse::fail({.code = "E0501", .what = "does not exist"});
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  OneText one;
  one.text.assign(reinterpret_cast<const char*>(data), size);
  const gatehouse::ConfigLoad load = gatehouse::load_config("gatehouse.yaml", one);
  if (load.config.has_value() == load.diagnostics.has_errors()) std::abort();
  if (load.diagnostics.has_errors() && load.diagnostics.text().empty()) std::abort();
  if (gatehouse::diagnostics_json(load.diagnostics).empty()) std::abort();
  return 0;
}
