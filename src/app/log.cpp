#include "app/log.h"

#include <unistd.h>

#include <string>

#include "base/clock.h"
#include "events/event_json.h"

namespace gatehouse {

void log_line(std::string_view text) {
  std::string line = time_text(SystemClock{}.wall().time_since_epoch().count());
  line.append(" ").append(text);
  if (!line.ends_with('\n')) line += '\n';
  // One call, so that the lines of two threads stay whole. Nobody is left to hear of a failure.
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace gatehouse
