// store/record_rows: what the records hold, as values: tokens, audit, verdicts set by hand.
//
// Times are microseconds since 1970; 0 means never.
#pragma once

#include <cstdint>
#include <string>

#include "base/stable_hash.h"

namespace gatehouse {

// A token of the admin API. Of its secret only the SHA-256 is kept, and never given out.
struct TokenRow {
  std::int64_t id = 0;
  std::string name = {};
  std::string scopes = {};  // with spaces between, in order
  std::string created_by = {};
  std::int64_t created_us = 0;
  std::int64_t expires_us = 0;
  std::int64_t revoked_us = 0;
  std::int64_t used_us = 0;  // to the minute

  bool stands(std::int64_t now_us) const { return revoked_us == 0 && now_us < expires_us; }
  bool operator==(const TokenRow&) const = default;
};

// Who changed what, from where, and what came of it.
struct AuditRow {
  std::int64_t id = 0;
  std::int64_t at_us = 0;
  std::string who = {};        // "token 3 (deploy)", "uid 1000"
  std::string from = {};       // the peer's address, or "socket"
  std::string operation = {};  // its id in the API's description
  std::string target = {};     // the path
  std::string detail = {};     // what was asked, in JSON; no secret
  std::int64_t status = 0;     // of the answer; 0: none was given, the program ended before

  bool operator==(const AuditRow&) const = default;
};

// A verdict_by_hand record of the journal.
struct HandVerdict {
  std::uint64_t sequence = 0;  // the record's place in the journal
  std::int64_t at_us = 0;
  SubjectKind kind = SubjectKind::none;
  StableHash hash = {};
  std::string subject = {};  // in words: "address:192.0.2.7"
  std::string level = {};    // or "clear"
  std::int64_t until_us = 0;
  std::string reason = {};
  std::string by = {};

  bool operator==(const HandVerdict&) const = default;
};

}  // namespace gatehouse
