// app/why_commands: why somebody is where he is, and who has most points, asked of the running gate
// through its socket.
//
// Each gives the exit code and has already said what there is to say. JSON is that of the API.
#pragma once

#include <cstdint>
#include <string>

#include "app/gate_commands.h"

namespace gatehouse {

struct WhyWords {
  std::string subject;
  std::uint64_t rows = 20;  // of `notable`
};

int explain_risk(const GatePlace& place, const WhyWords& words, bool as_json);
int list_notable_subjects(const GatePlace& place, const WhyWords& words, bool as_json);

}  // namespace gatehouse
