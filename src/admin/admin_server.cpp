#include "admin/admin_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <future>
#include <map>
#include <utility>
#include <vector>

#include "admin/admin_access.h"
#include "admin/admin_api.h"
#include "admin/admin_pages.h"
#include "http/http1_session.h"
#include "net/listener.h"

namespace gatehouse {
namespace {

SessionLimits admin_limits() {
  using std::chrono::seconds;
  SessionLimits limits;
  limits.transfer.idle_time = seconds{10};
  limits.head_time = seconds{5};
  limits.idle_time = seconds{30};
  limits.requests_max = 1000;
  // A question's filter as long as it may be, each byte of it escaped.
  limits.head.uri_bytes_max = 4 * HistoryQuery::kFilterBytesMax;
  limits.head.head_bytes_max = limits.head.uri_bytes_max + 16 * 1024;
  return limits;
}

constexpr std::uint64_t kBodyBytesMax = AdminApi::kBodyBytesMax;

// Who opened the socket: "uid 1000".
std::string user_of(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return "socket";
  return "uid " + std::to_string(peer.uid);
}

bool add_fields(ResponseHead& head, const AdminAnswer& answer, Arena& arena, bool is_head) {
  FieldList& fields = head.fields;
  bool ok = fields.add(FieldId::content_type, "Content-Type", answer.content_type) &&
            fields.add(FieldId::cache_control, "Cache-Control", "no-store") &&
            fields.add(FieldId::other, "X-Content-Type-Options", "nosniff");
  if (answer.wants_token) {
    ok = ok && fields.add(FieldId::other, "WWW-Authenticate", "Bearer realm=\"gatehouse\"");
  }
  if (answer.retry_s != 0) {
    ok =
        ok && fields.add(FieldId::other, "Retry-After", arena.copy(std::to_string(answer.retry_s)));
  }
  if (!answer.allow.empty()) ok = ok && fields.add(FieldId::other, "Allow", answer.allow);
  if (!answer.next.empty()) ok = ok && fields.add(FieldId::other, "Gatehouse-Next", answer.next);
  if (is_head) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, answer.body.size()).ptr;
    ok = ok && fields.add(FieldId::content_length, "Content-Length",
                          arena.copy({digits, static_cast<std::size_t>(end - digits)}));
  }
  return ok;
}

Task<void> send(ServerStream& stream, const AdminAnswer& answer) {
  const bool is_head = stream.request().method == Method::head;
  ResponseHead head(stream.arena());
  head.status = answer.status;
  if (!is_head) {
    head.framing = Framing::length;
    head.content_length = answer.body.size();
  }
  if (!add_fields(head, answer, stream.arena(), is_head)) {
    stream.abort(StreamError::too_large);
    co_return;
  }
  stream.send_head(head, is_head);
  if (is_head) co_return;
  Sink& sink = stream.sink();
  for (std::string_view rest = answer.body; !rest.empty();) {
    const std::size_t taken = sink.write(rest);
    rest.remove_prefix(taken);
    if (taken != 0) continue;
    Task<bool> draining = sink.drained();
    const bool drained = co_await draining;
    if (!drained) co_return;
  }
  sink.finish(nullptr);
}

}  // namespace

// Everything that lives on the server's thread.
class AdminServer::Desk final : private SessionOwner, private Waiter {
 public:
  struct Doors {
    int tcp = -1;
    int local = -1;
  };

  Desk(const Doors& doors, AdminView& view) : view_(view) {
    if (doors.tcp >= 0) tcp_ = std::make_unique<Door>(*this, doors.tcp, false);
    local_ = std::make_unique<Door>(*this, doors.local, true);
  }

  void run() { loop_.run(); }
  // Any thread.
  void close() {
    loop_.post([this] {
      closing_ = true;
      tcp_.reset();
      local_.reset();
      std::vector<Session*> all;
      for (const auto& [session, owned] : sessions_) all.push_back(session);
      for (Session* const session : all) session->abort();
      end_if_empty();
    });
  }

 private:
  // Outlives its door: sessions refer to it.
  struct Host final : Handler {
    Host(Desk& owner, bool local) : desk(owner), is_local(local) {}
    Task<void> serve(ServerStream& stream, HeadError error) override {
      return desk.serve(stream, error, *this);
    }
    Desk& desk;
    const bool is_local;
    SocketAddress address;
    std::size_t connections = 0;
  };

  struct Door final : Listener::Owner {
    Door(Desk& desk, int fd, bool local)
        : host(local ? desk.local_host_ : desk.tcp_host_), listener(desk.loop_, fd, *this) {
      host.address = SocketAddress::local_of(fd);
    }
    void on_accept(int fd, const SocketAddress& client) override {
      host.desk.accept(host, fd, client);
    }
    void on_exhausted(int) override {}
    Host& host;
    Listener listener;
  };

  struct Owned {
    std::unique_ptr<Session> session;
    Host& host;
  };

  void accept(Host& host, int fd, const SocketAddress& client) {
    if (closing_ || host.connections == kConnectionsMax) {
      ::close(fd);
      return;
    }
    ++host.connections;
    Peer peer;
    peer.address = client.host();
    peer.port = client.port();
    if (&host == &local_host_) peer.address = user_of(fd);
    auto session = std::make_unique<Http1Session>(std::make_unique<Connection>(loop_, fd, nullptr),
                                                  std::move(peer),
                                                  SessionContext{host, *this, buffers_, limits_});
    Session* const key = session.get();
    sessions_.emplace(key, Owned{std::move(session), host});
  }

  Task<void> serve(ServerStream& stream, HeadError error, const Host& host) {
    stream.bound_body(kBodyBytesMax);
    const RequestHead& request = stream.request();
    AdminAnswer answer;
    if (error != HeadError::none) {
      answer = admin_problem(400, "bad request", "the head could not be read");
    } else if (!host.is_local && !is_admin_host(request.authority, host.address)) {
      answer = admin_problem(403, "host not allowed",
                             "ask by the address that the admin listens on, or by localhost");
    } else if (!host.is_local && request.fields.find(FieldId::origin) != nullptr) {
      answer = admin_problem(403, "origin not allowed", "this door is not for web pages");
    } else {
      const AdminRequest asked{request.method, request.raw_path, request.query, host.is_local};
      if (AdminApi::serves(asked.path)) {
        Task<AdminAnswer> calling = api_.answer(stream, host.is_local);
        answer = co_await calling;
      } else if (is_reload(asked)) {
        Task<ReloadReport> reloading = api_.reload();
        const ReloadReport report = co_await reloading;
        answer = reload_answer(report);
      } else if (is_events(asked)) {
        Task<AdminAnswer> asking = history(asked);
        answer = co_await asking;
      } else {
        answer = admin_answer(asked, view_);
      }
    }
    if (closing_) stream.close_after();
    Task<void> sending = send(stream, answer);
    co_await sending;
  }

  Task<AdminAnswer> history(AdminRequest asked) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    auto query =
        events_query(asked, std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    if (!query) co_return std::move(query).error();
    Task<HistoryAnswer> asking = api_.history(*std::move(query));
    HistoryAnswer answer = co_await asking;
    co_return events_answer(std::move(answer));
  }

  // SessionOwner
  void on_closed(Session& session) override {
    const auto found = sessions_.find(&session);
    --found->second.host.connections;
    bury(std::move(found->second.session));
    sessions_.erase(found);
    end_if_empty();
  }
  void on_http2_preface(Session& session, std::unique_ptr<Connection>, std::string) override {
    on_closed(session);  // HTTP/1 alone is spoken here
  }
  void bury(std::unique_ptr<Session> session) {
    if (graves_.empty()) loop_.defer(*this);
    graves_.push_back(std::move(session));
  }
  // Waiter: the graves are emptied at the end of the turn.
  void wake() override { graves_.clear(); }

  void end_if_empty() {
    if (closing_ && sessions_.empty()) loop_.stop();
  }

  AdminView& view_;
  Loop loop_;
  AdminApi api_{loop_, view_};
  BufferPool buffers_;
  const SessionLimits limits_ = admin_limits();
  Host tcp_host_{*this, false};
  Host local_host_{*this, true};
  std::unique_ptr<Door> tcp_;
  std::unique_ptr<Door> local_;
  std::map<Session*, Owned> sessions_;
  std::vector<std::unique_ptr<Session>> graves_;
  bool closing_ = false;
};

Result<std::unique_ptr<AdminServer>> AdminServer::start(const AdminServerOptions& options,
                                                        AdminView& view) {
  std::unique_ptr<AdminServer> server(new AdminServer);
  Desk::Doors doors;
  GH_TRY(doors.local, Listener::open_unix(options.socket));
  server->socket_ = options.socket;
  if (options.address) {
    auto tcp = Listener::open(*options.address);
    if (!tcp) {
      ::close(doors.local);
      return fail(std::move(tcp).error().while_doing("opening the admin's address"));
    }
    doors.tcp = *tcp;
    server->address_ = SocketAddress::local_of(doors.tcp).to_text();
  }
  std::promise<Desk*> built;
  std::future<Desk*> desk = built.get_future();
  server->thread_ = std::thread([&built, &view, doors] {
    Desk own(doors, view);
    built.set_value(&own);
    own.run();
  });
  server->desk_ = desk.get();
  return server;
}

AdminServer::~AdminServer() {
  if (desk_ != nullptr) desk_->close();
  if (thread_.joinable()) thread_.join();
  if (!socket_.empty()) ::unlink(socket_.c_str());
}

}  // namespace gatehouse
