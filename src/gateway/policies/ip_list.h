// gateway/policies/ip_list: lets through, or turns away, by the client's address.
//
//   Place    shield: before a stranger's token or password is looked at.
//   Reads    the client's address, as a trusted proxy told it; files of addresses, once, when the
//            config is read. A change of a file is a change of the policy.
//   Refuses  403 address-not-allowed.
//   Holds    the lists as ranges (address_set), once for all workers.     Buffers  nothing.
//   Full     kEntriesMax entries and kFileBytesMax a file are the most that a config may have.
//   Fails    shut: a client without an address is refused.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/scalar.h"
#include "gateway/policies.h"
#include "gateway/policies/address_set.h"

namespace gatehouse {

struct IpListConfig {
  static constexpr std::string_view kNoun = "policy";
  std::vector<Cidr> allow;
  std::vector<FilePath> allow_files;
  std::vector<Cidr> deny;
  std::vector<FilePath> deny_files;
  Origin at;

  // Filled by IpListPolicy::check.
  std::shared_ptr<const AddressSet> allowed{};  // null: everybody who isn't denied
  std::shared_ptr<const AddressSet> denied{};
  std::string content{};  // a digest of the files

  static constexpr auto options() {
    using C = IpListConfig;
    return std::tuple{
        option("allow", &C::allow, "Addresses and networks that pass; nobody else does."),
        option("allow_files", &C::allow_files, "Files of such, one a line."),
        option("deny", &C::deny, "Addresses and networks that are refused, even if allowed."),
        option("deny_files", &C::deny_files, "Files of such, one a line."),
    };
  }
};

class IpListPolicy final : public Policy {
 public:
  static constexpr std::string_view kName = "ip_list";
  static constexpr Phase kPhase = Phase::shield;
  static constexpr std::size_t kEntriesMax = 1'000'000;
  static constexpr std::size_t kFileBytesMax = 32 << 20;
  using Config = IpListConfig;

  explicit IpListPolicy(const IpListConfig& config)
      : allowed_(config.allowed), denied_(config.denied) {}

  // Reads the files and makes the sets.
  static void check(IpListConfig& config, const std::string& where, Diagnostics& diagnostics);
  static std::vector<std::string> files(const IpListConfig& config);

  static Foresight foresee(const IpListConfig& config, const AskedRequest& asked);

  Phase phase() const override { return kPhase; }
  Decision on_request(Exchange& exchange) override;

 private:
  const std::shared_ptr<const AddressSet> allowed_;
  const std::shared_ptr<const AddressSet> denied_;
};

}  // namespace gatehouse
