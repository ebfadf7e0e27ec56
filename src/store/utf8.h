// store/utf8: texts of records made fit for a database that wants UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

bool is_ascii(std::string_view text);
// What is no UTF-8 becomes U+FFFD, byte by byte.
std::string valid_utf8(std::string_view text);

}  // namespace gatehouse
