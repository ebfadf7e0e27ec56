// gateway/exchange: one request and its response inside the gate, from the read head to the
// recorded event.
//
// Place    a session offers a ServerStream; the exchange takes it through the phases and ends with
//          exactly one final event, whatever became of it. Policies and backends see the request
//          through it.
// Holds    only views into the stream's arena and references of the worker; no body.
// Lives    in the frame of the task that serves the stream. A snapshot of the config is held as
//          long.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/stable_hash.h"
#include "events/event.h"
#include "gateway/gate_error.h"
#include "gateway/held_body.h"
#include "gateway/identity.h"
#include "gateway/policy.h"
#include "gateway/routing/router.h"
#include "gateway/worker_parts.h"
#include "http/http1_head.h"
#include "http/stream.h"

namespace gatehouse {

class Exchange final : private AbortListener {
 public:
  Exchange(WorkerParts& parts, LocalSnapshot& snapshot, ServerStream& stream);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The whole life. With an error the head could not be read and the exchange is a refusal.
  Task<void> run(HeadError error);

  // What policies and backends see and set.
  WorkerParts& parts() { return parts_; }
  LocalSnapshot& snapshot() { return snapshot_; }
  ServerStream& stream() { return stream_; }
  RequestHead& request() { return stream_.request(); }
  Arena& arena() { return stream_.arena(); }
  // The request's content, from its first byte whatever a policy has read of it.
  Body& body();
  HeldBody& held_body();  // where a policy puts what it reads (gateway/held_body)
  std::string_view path() const { return path_; }  // canonical
  std::string_view host() const { return host_; }  // without port
  std::string_view client_address() const { return client_; }
  const StableHash& client_hash() const { return client_hash_; }
  bool peer_trusted() const { return peer_trusted_; }
  std::string_view request_id() const { return request_id_; }
  std::int64_t began_us() const { return began_wall_us_; }  // since 1970
  const CompiledRoute& route() const { return *route_; }
  const RouteMatch& match() const { return match_; }
  const Identity& identity() const { return identity_; }
  // What a policy found out about the caller; see join().
  void identify(Identity found) { join(identity_, std::move(found)); }
  // What became of a try to sign in. `user` is as whom, if told, and lives as long as the arena;
  // of several the failed one stands.
  void signed_in(std::string_view user, bool ok);
  // Names that the snapshot's policies set from the identity: no client may send them.
  std::span<const std::string> owned_fields() const { return snapshot_.snapshot->owned_fields(); }
  // A field of the answer in case this exchange is refused: WWW-Authenticate, Retry-After.
  void add_to_refusal(std::string_view name, std::string_view value) {
    (void)refusal_fields_.add(field_id(name), name, value);
  }
  // A field of the answer, whoever makes it: what a limit has left.
  void add_to_answer(std::string_view name, std::string_view value) {
    (void)answer_fields_.add(field_id(name), name, value);
  }
  void retry_after(std::chrono::seconds time);

  // What the event will say; backends fill their part.
  struct Facts {
    EventOutcome outcome = EventOutcome::served;
    std::uint16_t status = 0;
    std::uint8_t attempts = 0;
    const GateErrorRow* error = nullptr;
    std::string_view upstream;
    std::string_view target;
    Monotonic upstream_began{};
    Monotonic::duration upstream_time{};
    bool by_verdict = false;
    EventAct done = EventAct::none;
    EventAct would = EventAct::none;
    std::string_view verdict_level;
    std::string_view verdict_reason;
    std::string_view sign_in_user;
    EventSignIn sign_in = EventSignIn::none;

    void note(const Verdict& verdict, Arena& arena) {
      verdict_level = to_text(verdict.level);
      verdict_reason = arena.copy(verdict.reason);
    }
  };
  Facts& facts() { return facts_; }

  // Answers with the error's problem, unless an answer has begun; then the stream is aborted.
  Task<void> refuse(GateError error, std::string_view detail = {});
  // Answers whole, from memory. `fields` may be null.
  Task<void> answer(std::uint16_t status, const FieldList* fields, std::string_view content_type,
                    std::string_view body);
  // Sends the final head, with what every answer carries; response policies have seen it.
  void send_head(ResponseHead& head, bool end);
  bool answered() const { return facts_.status != 0; }
  // The answer broke off after its head: only a reset can say so.
  void break_off(StreamError why);

  // The whole exchange ends within this time from its beginning, the strictest limit counts.
  void limit_time(std::chrono::milliseconds time);
  // Whom to tell when the client goes away, or the time is over; null for nobody.
  void on_abort_tell(AbortListener* listener) { told_ = listener; }
  bool client_gone() const { return client_gone_; }
  bool out_of_time() const { return out_of_time_; }

 private:
  Task<void> serve();
  bool check_head(HeadError error);
  bool goes_on();
  bool find_route();
  bool shield();
  void find_client();
  Task<bool> run_policies(std::span<Policy* const> chain);
  bool take(const Decision& decision);
  void remember(GateError error, std::string_view detail = {});
  void look_at_sign_in();
  void record(EventKind kind);
  void count(const RequestEvent& event);
  std::size_t name_caller(RequestEvent& event, std::span<char, 32> credential,
                          std::span<Subject, 4> subjects) const;
  void on_abort(StreamError why) override;
  void on_watch();

  WorkerParts& parts_;
  LocalSnapshot& snapshot_;
  ServerStream& stream_;
  const Monotonic began_;
  const std::int64_t began_wall_us_;
  RequestId id_;
  std::string_view request_id_;
  std::string_view path_;
  std::string_view host_;
  std::string_view client_;
  StableHash client_hash_;
  bool peer_trusted_ = false;
  bool forwarded_ = false;  // the client was told of by a trusted proxy
  bool encoded_slash_ = false;
  bool opened_ = false;  // an open event went out
  bool client_gone_ = false;
  bool out_of_time_ = false;
  const CompiledRoute* route_ = nullptr;
  RouteMatch match_;
  Facts facts_;
  std::optional<GateError> refusal_;
  std::string_view refusal_detail_;
  std::uint16_t refusal_status_ = 0;  // 0: the error's own
  FieldList refusal_fields_;
  FieldList answer_fields_;
  Identity identity_;
  std::optional<HeldBody> held_;
  std::optional<WatchedBody> watched_;
  AbortListener* told_ = nullptr;
  Timer watch_;
  Monotonic deadline_;
};

}  // namespace gatehouse
