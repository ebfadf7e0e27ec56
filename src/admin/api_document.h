// admin/api_document: the OpenAPI 3.1 document of the admin API, made from its table of operations.
#pragma once

#include <string>

namespace gatehouse {

const std::string& api_document();

}  // namespace gatehouse
