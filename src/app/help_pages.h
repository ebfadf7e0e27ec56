// app/help_pages: the pages that the program prints about itself.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// docs/errors.md: what the gate answers by itself, then what `check` may say.
std::string errors_page();

// The page of a code, E0203 or route-not-found; empty when there is none.
std::string page_of_code(std::string_view code);

// A code that resembles it, or empty.
std::string code_near(std::string_view code);

}  // namespace gatehouse
