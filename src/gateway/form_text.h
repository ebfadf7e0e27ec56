// gateway/form_text: names and values as forms and queries write them.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gatehouse {

// "%61" is an "a", "+" a blank; an escape that is none stays. The text itself where nothing
// changes, else in the arena; without data when that is full.
std::string_view decode_form(std::string_view text, Arena& arena);

}  // namespace gatehouse
