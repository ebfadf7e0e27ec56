#include "gateway/policies/headers.h"

#include "gateway/exchange.h"

namespace gatehouse {

Foresight HeadersPolicy::foresee(const HeadersConfig& config, const AskedRequest&) {
  std::string says = "passes";
  for (const auto& [name, value] : config.request.set) says += ", sets " + name;
  for (const std::string& name : config.request.remove) says += ", removes " + name;
  return Foresight::passes(std::move(says));
}

Decision HeadersPolicy::on_request(Exchange& exchange) {
  if (change(config_.request, exchange.request().fields)) return Decision::pass();
  return Decision::refuse(GateError::head_too_large);
}

void HeadersPolicy::on_response(Exchange&, ResponseHead& head) {
  (void)change(config_.response, head.fields);
}

bool HeadersPolicy::change(const FieldChanges& changes, FieldList& fields) {
  for (const std::string& name : changes.remove) fields.remove(name);
  for (const auto& [name, value] : changes.set) {
    fields.remove(name);
    if (!fields.add(field_id(name), name, value)) return false;
  }
  return true;
}

}  // namespace gatehouse
