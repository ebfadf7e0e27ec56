#include "config/risk_config.h"

#include "config/reader.h"

namespace gatehouse {

RouteRiskConfig RouteRiskConfig::read(const Node& node, const std::string& where,
                                      Diagnostics& diagnostics) {
  if (node.is_map() || node.missing) {
    return detail::read_struct<RouteRiskConfig>(node, where, diagnostics);
  }
  RouteRiskConfig config;
  config.at = node.at;
  RouteRiskMode mode{};
  if (detail::read_value(node, {"risk", where, {}}, mode, diagnostics)) config.mode = mode;
  return config;
}

}  // namespace gatehouse
