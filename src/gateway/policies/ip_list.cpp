#include "gateway/policies/ip_list.h"

#include <algorithm>
#include <utility>

#include "base/stable_hash.h"
#include "config/surroundings.h"
#include "gateway/exchange.h"

namespace gatehouse {
namespace {

constexpr std::size_t kFaultsMax = 20;  // of a file that are told

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Reads the lists of a policy; what is wrong with them is told with its place.
class ListReader {
 public:
  ListReader(IpListConfig& config, const std::string& where, Diagnostics& out)
      : config_(config), where_(where), out_(out) {}

  std::shared_ptr<const AddressSet> read(const std::vector<Cidr>& inlined,
                                         const std::vector<FilePath>& files) {
    std::vector<IpPrefix> networks;
    for (const Cidr& one : inlined) networks.push_back({IpAddress{one.address}, one.bits});
    for (const FilePath& file : files) read_file(file, networks);
    if (networks.size() > IpListPolicy::kEntriesMax) {
      out_.error({"E0303",
                  where_ + " lists " + std::to_string(networks.size()) + " networks, the most is " +
                      std::to_string(IpListPolicy::kEntriesMax),
                  "join networks that stand side by side", config_.at.position()});
      return nullptr;
    }
    return std::make_shared<const AddressSet>(networks);
  }

 private:
  void read_file(const FilePath& file, std::vector<IpPrefix>& networks) {
    const auto text = SystemSurroundings{}.file(file.path, IpListPolicy::kFileBytesMax);
    if (!text) {
      out_.error({"E0501", "`" + file.path + "` " + text.error().what,
                  "mend the path; it is taken from the folder of this file", file.at.position()});
      return;
    }
    const StableHash digest = sip_hash_128({}, *text);
    config_.content += std::to_string(digest.high) + ' ' + std::to_string(digest.low) + '\n';
    std::size_t faults = 0;
    std::uint32_t number = 0;
    for (std::size_t at = 0; at < text->size() && faults < kFaultsMax;) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      const std::string_view line = std::string_view(*text).substr(at, end - at);
      ++number;
      at = end + 1;
      const std::string_view entry = trim(line.substr(0, std::min(line.find('#'), line.size())));
      if (entry.empty()) continue;
      auto network = IpPrefix::parse(entry);
      if (network) {
        networks.push_back(*network);
        continue;
      }
      Error error = std::move(network).error();
      if (faults++ == 0) out_.add_source(file.path, *text);
      error.at = {file.path, number, static_cast<std::uint32_t>(entry.data() - line.data()) + 1,
                  static_cast<std::uint32_t>(entry.size())};
      out_.error(std::move(error).while_doing("reading a list of " + where_));
    }
  }

  IpListConfig& config_;
  const std::string& where_;
  Diagnostics& out_;
};

bool let_pass(std::string_view address, const AddressSet* allowed, const AddressSet& denied) {
  const auto client = IpAddress::parse(address);
  return client && !denied.contains(*client) && (allowed == nullptr || allowed->contains(*client));
}

}  // namespace

void IpListPolicy::check(IpListConfig& config, const std::string& where, Diagnostics& diagnostics) {
  const bool allows = !config.allow.empty() || !config.allow_files.empty();
  if (!allows && config.deny.empty() && config.deny_files.empty()) {
    diagnostics.error({"E0305", where + " lists no addresses",
                       "set `allow` or `deny`, or files of either", config.at.position()});
    return;
  }
  ListReader reader(config, where, diagnostics);
  if (allows) config.allowed = reader.read(config.allow, config.allow_files);
  config.denied = reader.read(config.deny, config.deny_files);
}

std::vector<std::string> IpListPolicy::files(const IpListConfig& config) {
  std::vector<std::string> paths;
  for (const FilePath& file : config.allow_files) paths.push_back(file.path);
  for (const FilePath& file : config.deny_files) paths.push_back(file.path);
  return paths;
}

Foresight IpListPolicy::foresee(const IpListConfig& config, const AskedRequest& asked) {
  if (let_pass(asked.from, config.allowed.get(), *config.denied)) {
    return Foresight::passes("passes");
  }
  return Foresight::refuses(GateError::address_not_allowed, {});
}

Decision IpListPolicy::on_request(Exchange& exchange) {
  if (let_pass(exchange.client_address(), allowed_.get(), *denied_)) return Decision::pass();
  return Decision::refuse(GateError::address_not_allowed);
}

}  // namespace gatehouse
