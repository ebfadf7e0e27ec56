// admin/admin_api: serves /v1 on the admin's loop: finds the operation, reads what is asked, lets
// the records' thread decide, and waits for what takes time.
//
// Place    the admin server asks it for every path below /v1/, on both doors.
// Access   over TCP a token with the operation's scope; over the socket nothing more than being
//          able to open it. A wrong token is answered 401, and 429 when there were many (see
//          failed_tries).
// In force a verdict's answer comes when every worker has it, or after kInForceMax as 202.
// Full     a body over kBodyBytesMax, and a call for which the records have no room, are refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "admin/admin_pages.h"
#include "admin/admin_waits.h"
#include "admin/api_call.h"
#include "admin/failed_tries.h"
#include "http/stream.h"

namespace gatehouse {

class AdminApi {
 public:
  static constexpr std::size_t kBodyBytesMax = 64 * 1024;
  static constexpr std::chrono::milliseconds kInForceMax{2'000};
  static constexpr std::chrono::milliseconds kLookAgain{5};
  static constexpr std::chrono::milliseconds kEngineMax{2'000};
  static constexpr std::chrono::seconds kRecordsMax{10};
  static constexpr std::chrono::seconds kReloadMax{60};
  // Past the time that a question may take, for one that hangs.
  static constexpr std::chrono::seconds kHistoryGrace{10};

  AdminApi(Loop& loop, AdminView& view) : waits_(loop), view_(view) {}
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  static bool serves(std::string_view path) { return path.starts_with("/v1/"); }
  // The caller's Authorization is read from the request; `is_local`: it came through the socket.
  Task<AdminAnswer> answer(ServerStream& stream, bool is_local);

  // What the socket's older pages wait for, too.
  Task<ReloadReport> reload();
  Task<HistoryAnswer> history(HistoryQuery query);

 private:
  Task<AdminAnswer> serve(ServerStream& stream, bool is_local);
  Task<AdminAnswer> call(const ApiOperation& operation, const ApiRequest& request,
                         ServerStream& stream, bool is_local);
  Task<AdminAnswer> finish(ApiBegun begun);
  Task<AdminAnswer> order(HandOrder order);
  Task<AdminAnswer> risk(RiskQuestion question);
  Task<AdminAnswer> why_of(NamedSubject subject);
  Task<AdminAnswer> notable(NotableQuestion question);
  AdminAnswer refuse_token(AdminAnswer answer, const std::string& from);

  AdminWaits waits_;
  AdminView& view_;
  FailedTries tries_;
};

}  // namespace gatehouse
