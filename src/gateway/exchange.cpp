#include "gateway/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "gateway/head_refusal.h"
#include "gateway/policies/risk.h"
#include "gateway/problem.h"
#include "gateway/trusted_proxies.h"
#include "http/authority.h"
#include "http/path.h"

namespace gatehouse {
namespace {

constexpr std::chrono::seconds kOpenAfter{10};  // an open event, then a progress event each
constexpr std::size_t kQueryNamesBytesMax = 256;

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
    case Fault::client:
      return EventFault::client;
    case Fault::backend:
      return EventFault::backend;
    case Fault::gate:
      return EventFault::gate;
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
      refusal_fields_(stream.arena()),
      answer_fields_(stream.arena()),
      watch_(
          parts.loop.timers(), [](void* self) { static_cast<Exchange*>(self)->on_watch(); }, this),
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
    stream_.close_after();  // what follows may be meant for a tunnel
    remember(GateError::connect_not_supported);
    return false;
  }
  remove_hop_by_hop(request.fields);
  remove_owned(request.fields, owned_fields());
  host_ = host_of(request.authority);
  if (request.target == "*") {
    path_ = "*";
  } else {
    const PathResult canonical = canonical_path(request.raw_path, arena());
    path_ = canonical.path;
    encoded_slash_ = canonical.has_encoded_slash;
    if (canonical.error != PathError::none) {
      facts_.outcome = EventOutcome::malformed;
      remember(GateError::bad_path_encoding, to_text(canonical.error));
      return false;
    }
  }
  find_client();
  if (!stream_.certificate_covers(host_)) {
    remember(GateError::host_not_served, "the certificate of this connection doesn't cover it");
    return false;
  }
  return true;
}

// The peer, or whom it speaks for where it is a listed proxy.
void Exchange::find_client() {
  const ListenerRules* const rules = snapshot_.listeners[stream_.peer().listener];
  if (rules == nullptr || !rules->trusts_any) return;
  const auto peer = IpAddress::parse(stream_.peer().address);
  peer_trusted_ = peer && rules->trusted.contains(*peer);
  if (!peer_trusted_) return;
  const ClientAddress told = gatehouse::client_address(*peer, request().fields, rules->trusted,
                                                       ForwardedBy::x_forwarded_for);
  if (told.hops == 0) return;
  char text[IpAddress::kTextBytes];
  client_ = arena().copy(told.address.print(text));
  client_hash_ = stable_hash(parts_.key, SubjectKind::address, client_);
  forwarded_ = true;
}

bool Exchange::find_route() {
  const RequestHead& request = this->request();
  match_ = snapshot_.snapshot->router().match(request.method, request.method_text, host_, path_);
  switch (match_.outcome) {
    case RouteOutcome::found:
      break;
    case RouteOutcome::no_host:
      remember(GateError::host_not_served);
      return false;
    case RouteOutcome::no_path:
      remember(GateError::route_not_found);
      return false;
    case RouteOutcome::wrong_method:
    case RouteOutcome::options:
      remember(GateError::method_not_allowed);
      return false;
  }
  route_ = &snapshot_.snapshot->route(match_.route);
  if (encoded_slash_ && !route_->encoded_slash) {
    remember(GateError::encoded_slash_refused);
    return false;
  }
  const std::uint64_t bytes_max = route_->body_bytes_max;
  if (bytes_max != 0 && request.framing == Framing::length && request.content_length > bytes_max) {
    remember(GateError::body_too_large);
    return false;
  }
  stream_.bound_body(bytes_max);
  if (route_->time_max.count() != 0) limit_time(route_->time_max);
  return true;
}

// What needs no identity: the block of an address. What else stands waits for who calls.
bool Exchange::shield() {
  if (parts_.verdicts.empty() || route_->risk.off) return true;
  const Verdict* const verdict =
      parts_.verdicts.find({SubjectKind::address, client_hash_}, parts_.clock.wall());
  if (verdict == nullptr) return true;
  facts_.note(*verdict, arena());
  if (verdict->level != VerdictLevel::block) return true;
  const RiskChoice choice = choose(route_->risk, VerdictLevel::block);
  facts_.would = choice.would;
  if (choice.done != EventAct::block) return true;
  facts_.done = EventAct::block;
  facts_.by_verdict = true;
  remember(GateError::blocked_by_verdict, facts_.verdict_reason);
  return false;
}

Task<void> Exchange::serve() {
  const std::span<Policy* const> chain = snapshot_.chains[match_.route];
  const std::span<Policy* const> identifying = chain.first(route_->identifying);
  if (!identifying.empty()) {
    Task<bool> passing = run_policies(identifying);
    const bool passed = co_await passing;
    if (!passed) co_return;
  }
  RiskStep risk = look_at_risk(*this);
  if (risk.waits != EventAct::none) {
    Task<Decision> acting = act_on_risk(*this, risk.waits);
    risk.decision = co_await acting;
    if (risk.decision.kind == Decision::Kind::pass && !goes_on()) co_return;
  }
  if (!take(risk.decision)) co_return;
  if (identifying.size() != chain.size()) {
    Task<bool> passing = run_policies(chain.subspan(identifying.size()));
    const bool passed = co_await passing;
    if (!passed) co_return;
  }
  if (route_->sign_in != nullptr && route_->sign_in->reads_body()) watched_.emplace(body());
  Task<void> serving = route_->backend->serve(*this);
  co_await serving;
}

Body& Exchange::body() {
  if (watched_) return *watched_;
  return held_ ? static_cast<Body&>(*held_) : stream_.body();
}

HeldBody& Exchange::held_body() { return held_ ? *held_ : held_.emplace(stream_.body()); }

// While a policy waited the client may have gone, or the time may have passed.
bool Exchange::goes_on() {
  if (client_gone_) {
    remember(GateError::client_closed);
    facts_.outcome = EventOutcome::aborted;
  } else if (out_of_time_ && !refusal_) {
    remember(from(StreamError::timed_out_total, StreamSide::upstream_head));
  }
  return !client_gone_ && !out_of_time_;
}

// Whether the exchange goes on.
bool Exchange::take(const Decision& decision) {
  if (decision.kind == Decision::Kind::refuse) {
    remember(decision.error, decision.detail);
    refusal_status_ = decision.status;
  }
  return decision.kind == Decision::Kind::pass;
}

Task<bool> Exchange::run_policies(std::span<Policy* const> chain) {
  for (Policy* const policy : chain) {
    Decision decision;
    if (policy->waits()) {
      Task<Decision> deciding = policy->on_request_waiting(*this);
      decision = co_await deciding;
      if (decision.kind == Decision::Kind::pass && !goes_on()) co_return false;
    } else {
      decision = policy->on_request(*this);
    }
    if (!take(decision)) co_return false;
  }
  co_return true;
}

void Exchange::signed_in(std::string_view user, bool ok) {
  if (facts_.sign_in == EventSignIn::failed) return;
  facts_.sign_in = ok ? EventSignIn::ok : EventSignIn::failed;
  facts_.sign_in_user = user;
}

void Exchange::retry_after(std::chrono::seconds time) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, time.count()).ptr;
  add_to_refusal("Retry-After", arena().copy({digits, static_cast<std::size_t>(end - digits)}));
}

void Exchange::remember(GateError error, std::string_view detail) {
  refusal_ = error;
  refusal_detail_ = detail;
  if (facts_.outcome == EventOutcome::served) facts_.outcome = EventOutcome::refused;
}

Task<void> Exchange::refuse(GateError error, std::string_view detail) {
  const GateErrorRow& row = row_of(error);
  facts_.error = &row;
  if (facts_.outcome == EventOutcome::served) {
    facts_.outcome = client_gone_ || answered() ? EventOutcome::aborted : EventOutcome::refused;
  }
  if (answered() || client_gone_) {
    break_off(StreamError::aborted);
    co_return;
  }
  FieldList fields(arena());
  bool ok = true;
  if (error == GateError::method_not_allowed) {
    ok = fields.add(FieldId::other, "Allow", allow_text(match_, arena()));
  }
  ok = ok && fields.add(FieldId::cache_control, "Cache-Control", "no-store");
  for (const Field& field : refusal_fields_) ok = ok && fields.add(field);
  const std::uint16_t status = refusal_status_ != 0 ? refusal_status_ : row.status;
  const std::string_view body = problem_json({error, request_id_, detail, path_, status}, arena());
  if (!ok) fields.clear();
  // OPTIONS on a known path is a question that the router answers (RFC 9110 §9.3.7).
  if (error == GateError::method_not_allowed && match_.outcome == RouteOutcome::options) {
    facts_.error = nullptr;
    facts_.outcome = EventOutcome::served;
    Task<void> answering = answer(204, &fields, {}, {});
    co_await answering;
    co_return;
  }
  Task<void> answering = answer(status, &fields, kProblemContentType, body);
  co_await answering;
}

Task<void> Exchange::answer(std::uint16_t status, const FieldList* fields,
                            std::string_view content_type, std::string_view body) {
  stream_.body().cancel();  // what has not been read by now, nobody will read
  ResponseHead head(arena());
  head.status = status;
  bool ok =
      content_type.empty() || head.fields.add(FieldId::content_type, "Content-Type", content_type);
  for (std::size_t i = 0; fields != nullptr && i < fields->size(); ++i) {
    ok = ok && head.fields.add(fields->begin()[i]);
  }
  const bool no_body = status == 204 || status == 304 || body.empty();
  if (!no_body) {
    head.framing = Framing::length;
    head.content_length = body.size();
    if (request().method == Method::head) {
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, body.size()).ptr;
      ok = ok && head.fields.add(FieldId::content_length, "Content-Length",
                                 arena().copy({digits, static_cast<std::size_t>(end - digits)}));
    }
  }
  if (!ok) {
    break_off(StreamError::too_large);
    co_return;
  }
  const bool end = no_body || request().method == Method::head;
  send_head(head, end);
  Sink& sink = stream_.sink();
  while (!end && !body.empty()) {
    const std::size_t taken = sink.write(body);
    body.remove_prefix(taken);
    if (taken != 0) continue;
    Task<bool> draining = sink.drained();
    const bool drained = co_await draining;
    if (!drained) {
      facts_.outcome = EventOutcome::aborted;
      co_return;
    }
  }
  if (!end) sink.finish(nullptr);
}

void Exchange::send_head(ResponseHead& head, bool end) {
  facts_.status = head.status;
  if (route_ != nullptr) {
    const std::vector<Policy*>& chain = snapshot_.chains[match_.route];
    for (auto policy = chain.rbegin(); policy != chain.rend(); ++policy) {
      (*policy)->on_response(*this, head);
    }
  }
  bool ok = true;
  if (head.fields.find(FieldId::date) == nullptr) {
    ok = head.fields.add(FieldId::date, "Date", parts_.date.text(began_wall_us_));
  }
  head.fields.remove(FieldId::x_request_id);
  ok = ok && head.fields.add(FieldId::x_request_id, "X-Request-Id", request_id_);
  for (const Field& field : answer_fields_) ok = ok && head.fields.add(field);
  if (!ok) {
    break_off(StreamError::too_large);
    return;
  }
  if (parts_.draining) stream_.close_after();
  stream_.send_head(head, end);
}

void Exchange::break_off(StreamError why) {
  if (facts_.outcome == EventOutcome::served) facts_.outcome = EventOutcome::aborted;
  stream_.abort(why);
}

void Exchange::limit_time(std::chrono::milliseconds time) {
  deadline_ = std::min(deadline_, began_ + time);
  watch_.arm(std::min(deadline_, began_ + kOpenAfter));
}

void Exchange::on_watch() {
  const Monotonic now = parts_.loop.now();
  if (now >= deadline_) {
    deadline_ = Monotonic::max();
    out_of_time_ = true;
    if (told_ != nullptr) told_->on_abort(StreamError::timed_out_total);
  }
  if (now >= began_ + kOpenAfter) {
    record(opened_ ? EventKind::progress : EventKind::open);
    opened_ = true;
  }
  watch_.arm(std::min(deadline_, now + kOpenAfter));
}

void Exchange::on_abort(StreamError) {
  client_gone_ = true;
  if (told_ != nullptr) told_->on_abort(StreamError::closed);
}

// What a policy found out goes before; an answer of the gate's own is nobody's word on a sign-in.
void Exchange::look_at_sign_in() {
  if (route_ == nullptr || route_->sign_in == nullptr || facts_.sign_in != EventSignIn::none ||
      facts_.status == 0 || facts_.error != nullptr) {
    return;
  }
  const std::string_view seen = watched_ ? watched_->seen() : std::string_view{};
  const auto found = route_->sign_in->look(*this, seen);
  if (found && !(found->ok && facts_.status >= 500)) signed_in(found->user, found->ok);
}

void Exchange::record(EventKind kind) {
  if (kind == EventKind::final) look_at_sign_in();
  const RequestHead& request = this->request();
  const auto taken = std::chrono::steady_clock::now() - began_;
  RequestEvent event;
  event.kind = kind;
  event.outcome = facts_.outcome;
  event.id = id_;
  event.start_us = began_wall_us_;
  event.duration_us = static_cast<std::uint64_t>(taken / std::chrono::microseconds{1});
  event.upstream_us =
      static_cast<std::uint64_t>(facts_.upstream_time / std::chrono::microseconds{1});
  event.request_bytes = stream_.body().bytes_total();
  event.response_bytes = stream_.sink().bytes_total();
  event.worker = parts_.number;
  event.port = stream_.peer().local_port;
  event.status = facts_.status;
  event.attempts = facts_.attempts;
  event.by_verdict = facts_.by_verdict;
  event.done = facts_.done;
  event.would = facts_.would;
  event.client = stream_.peer().address;
  if (forwarded_) event.forwarded = client_;
  event.method = request.method_text;
  event.scheme = request.scheme;
  event.host = host_;
  event.path = path_;
  event.query_names = query_names(request.query, arena());
  event.http_version = to_text(request.version);
  event.tls_version = stream_.peer().tls_version;
  event.user_agent = request.fields.value(FieldId::user_agent);
  event.upstream = facts_.upstream;
  event.target = facts_.target;
  event.verdict_level = facts_.verdict_level;
  event.verdict_reason = facts_.verdict_reason;
  event.sign_in_user = facts_.sign_in_user;
  event.sign_in = facts_.sign_in;
  if (facts_.error != nullptr) {
    event.error_code = facts_.error->code;
    event.fault = event_fault(facts_.error->fault);
  }
  if (route_ != nullptr) {
    event.route_pattern = route_->pattern;
    event.api = route_->api;
    event.route = route_->name;
  }
  std::array<Subject, 4> subjects{Subject{SubjectKind::address, client_hash_}};
  char credential[32];
  event.subjects = std::span(subjects).first(name_caller(event, credential, subjects));
  (void)parts_.events.push(event);  // counts what it drops
  if (kind == EventKind::final) count(event);
}

// Who calls, as far as it is known; the number of subjects, the address first.
std::size_t Exchange::name_caller(RequestEvent& event, std::span<char, 32> credential,
                                  std::span<Subject, 4> subjects) const {
  std::size_t count = 1;
  if (!identity_.shown()) return count;
  event.proof = identity_.proof;
  event.verified = identity_.verified;
  write_hex({.low = identity_.credential.low, .high = identity_.credential.high},
            credential.data());
  event.credential = {credential.data(), credential.size()};
  if (!identity_.verified) return count;
  event.user = identity_.user;
  event.app = identity_.app;
  if (!identity_.user.empty()) {
    subjects[count++] = {SubjectKind::user,
                         stable_hash(parts_.key, SubjectKind::user, identity_.user)};
  }
  if (!identity_.app.empty()) {
    subjects[count++] = {SubjectKind::app,
                         stable_hash(parts_.key, SubjectKind::app, identity_.app)};
  }
  subjects[count++] = {SubjectKind::token, identity_.credential};
  return count;
}

void Exchange::count(const RequestEvent& event) {
  WorkerMetrics& metrics = parts_.metrics;
  if (facts_.error != nullptr) metrics.failed(static_cast<std::uint8_t>(facts_.error->error));
  if (facts_.by_verdict) metrics.blocked.add();
  if (!facts_.verdict_level.empty()) {
    metrics.acts_done[static_cast<std::size_t>(facts_.done)].add();
    metrics.acts_would[static_cast<std::size_t>(facts_.would)].add();
  }
  const auto slot = route_ == nullptr ? SeriesNames::kOther : snapshot_.route_slots[match_.route];
  metrics.route(slot).finished(event.status, event.duration_us, event.request_bytes,
                               event.response_bytes);
}

}  // namespace gatehouse
