// app/explain_command: says what a config makes of one request, without sending it anywhere.
#pragma once

#include <string>
#include <vector>

namespace gatehouse {

struct RequestQuestion {
  std::string request;              // "GET /orders/17?x=1"
  std::vector<std::string> fields;  // "Host: shop.example"
  std::string from = "127.0.0.1";
  std::string config = "gatehouse.yaml";
};

int explain_request(const RequestQuestion& question, bool as_json);

}  // namespace gatehouse
