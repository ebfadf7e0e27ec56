#include "gateway/exchange.h"

#include <algorithm>
#include <utility>

#include "gateway/forwarding.h"
#include "gateway/head_refusal.h"
#include "gateway/problem.h"
#include "gateway/trusted_proxies.h"
#include "http/path.h"

namespace gatehouse {
namespace {

constexpr std::chrono::seconds kOpenAfter{10};      // an open event, then a progress event each
constexpr std::size_t kQueryNamesBytesMax = 256;

std::string_view version_text(Version version) {
  switch (version) {
    case Version::http10: return "1.0";
    case Version::http11: return "1.1";
    case Version::http2: return "2";
  }
  return {};
}

// "page,sort": the names alone, never a value.
std::string_view query_names(std::string_view query, Arena& arena) {
  if (query.empty()) return {};
  char* const out = arena.take(kQueryNamesBytesMax);
  if (out == nullptr) return {};
  std::size_t used = 0;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::string_view name = pair.substr(0, std::min(pair.find('='), pair.size()));
    query.remove_prefix(std::min(end + 1, query.size()));
    if (name.empty()) continue;
    if (used + name.size() + 1 > kQueryNamesBytesMax) break;
    if (used != 0) out[used++] = ',';
    std::copy(name.begin(), name.end(), out + used);
    used += name.size();
  }
  return {out, used};
}

EventFault event_fault(Fault fault) {
  switch (fault) {
    case Fault::client: return EventFault::client;
    case Fault::backend: return EventFault::backend;
    case Fault::gate: return EventFault::gate;
  }
  return EventFault::none;
}

}  // namespace

Exchange::Exchange(WorkerParts& parts, LocalSnapshot& snapshot, ServerStream& stream)
    : parts_(parts),
      snapshot_(snapshot),
      stream_(stream),
      began_(std::chrono::steady_clock::now()),
      began_wall_us_(parts.clock.wall().time_since_epoch().count()),
      id_(parts.ids.next()),
      watch_(parts.loop.timers(), [](void* self) { static_cast<Exchange*>(self)->on_watch(); },
             this),
      deadline_(Monotonic::max()) {
  ++snapshot_.exchanges;
  if (char* const text = arena().take(32)) {
    write_hex(id_, text);
    request_id_ = {text, 32};
  }
  parts_.metrics.begin();
}

Exchange::~Exchange() {
  stream_.listen(nullptr);
  record(EventKind::final);
  parts_.metrics.end();
  --snapshot_.exchanges;
}

Task<void> Exchange::run(HeadError error) {
  stream_.listen(this);
  watch_.arm(began_ + kOpenAfter);
  client_ = stream_.peer().address;
  client_hash_ = stream_.peer().address_hash;
  const bool sound = check_head(error) && find_route() && shield();
  if (sound) {
    Task<void> serving = serve();
    co_await serving;
  }
  if (refusal_) {
    Task<void> refusing = refuse(*refusal_, refusal_detail_);
    co_await refusing;
  }
}

// Reads what every later step relies on; false with a refusal remembered.
bool Exchange::check_head(HeadError error) {
  RequestHead& request = this->request();
  if (error != HeadError::none) {
    facts_.outcome = EventOutcome::malformed;
    remember(refusal_of(error), to_text(error));
    stream_.close_after();
    return false;
  }
  if (request.method == Method::connect) {
    remember(GateError::connect_not_supported);
    return false;
  }
  remove_hop_by_hop(request.fields);
  host_ = host_of(request.authority, arena());
  if (request.target == "*") {
    path_ = "*";
  } else {
    const PathResult canonical = canonical_path(request.raw_path, arena());
    path_ = canonical.path;
    match_.has_encoded_slash = canonical.has_encoded_slash;
    if (canonical.error != PathError::none) {
      remember(GateError::bad_path_encoding, to_text(canonical.error));
      facts_.outcome = EventOutcome::malformed;
      return false;
    }
  }
  const ListenerRules& rules = snapshot_.snapshot->listener(stream_.peer().local_port);
  if (!rules.trusted.empty()) {
    const ClientAddress told = rules.trusted.client(stream_.peer().address, request.fields, arena());
    peer_trusted_ = told.peer_trusted;
    if (told.address != client_) {
      client_ = told.address;
      client_hash_ = stable_hash(parts_.key, SubjectKind::address, client_);
      forwarded_ = true;
    }
  }
  if (!stream_.certificate_covers(host_)) {
    remember(GateError::host_not_served, "the certificate of this connection doesn't cover it");
    return false;
  }
  return true;
}

bool Exchange::find_route() {
  const RequestHead& request = this->request();
  match_ = snapshot_.snapshot->router().match(request.method, request.method_text, host_, path_);
  return true;
}

}  // namespace gatehouse
