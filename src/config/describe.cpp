#include "config/describe.h"

namespace gatehouse {

std::vector<OptionPage> describe_gate_config() { return describe<GateConfig>(); }

}  // namespace gatehouse
