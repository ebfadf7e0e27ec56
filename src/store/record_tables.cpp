#include "store/record_tables.h"

#include <array>
#include <utility>

namespace gatehouse {
namespace {

// Each brings the file from its index to the next version; never changed once it was released.
constexpr std::array<const char*, RecordTables::kVersion> kMigrations = {
    R"(
CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, scopes TEXT NOT NULL,
  created_by TEXT NOT NULL, created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL,
  revoked_us INTEGER NOT NULL, used_us INTEGER NOT NULL, digest TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, who TEXT NOT NULL,
  "from" TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL,
  status INTEGER NOT NULL) STRICT;
CREATE TABLE verdicts_by_hand (
  sequence INTEGER NOT NULL, at_us INTEGER NOT NULL, kind INTEGER NOT NULL,
  hash_low INTEGER NOT NULL, hash_high INTEGER NOT NULL, subject TEXT NOT NULL,
  level TEXT NOT NULL, until_us INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL,
  PRIMARY KEY (at_us, sequence)) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_of ON verdicts_by_hand (kind, hash_low, hash_high, at_us, sequence);
CREATE INDEX verdicts_until ON verdicts_by_hand (until_us) WHERE level <> 'clear';
CREATE TABLE journal_position (
  only_one INTEGER PRIMARY KEY CHECK (only_one = 1), sequence INTEGER NOT NULL,
  at_us INTEGER NOT NULL) STRICT;
INSERT INTO journal_position VALUES (1, 0, 0);
)"};

constexpr std::string_view kTokenColumns =
    "id, name, scopes, created_by, created_us, expires_us, revoked_us, used_us";
constexpr std::string_view kAuditColumns =
    "id, at_us, who, \"from\", operation, target, detail, status";
constexpr std::string_view kVerdictColumns =
    "v.sequence, v.at_us, v.kind, v.hash_low, v.hash_high, v.subject, v.level, v.until_us, "
    "v.reason, v.by";
// The last of its subject before ?2, which stands at ?1.
constexpr std::string_view kStanding =
    " FROM verdicts_by_hand v WHERE v.level <> 'clear' AND v.until_us > ?1 AND v.at_us < ?2 AND "
    "NOT EXISTS (SELECT 1 FROM verdicts_by_hand w WHERE w.kind = v.kind AND "
    "w.hash_low = v.hash_low AND w.hash_high = v.hash_high AND w.at_us < ?2 AND "
    "(w.at_us, w.sequence) > (v.at_us, v.sequence))";

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + std::string(rest);
}

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

TokenRow token_at(const SqliteStatement& row) {
  return {.id = row.number(0),
          .name = row.text(1),
          .scopes = row.text(2),
          .created_by = row.text(3),
          .created_us = row.number(4),
          .expires_us = row.number(5),
          .revoked_us = row.number(6),
          .used_us = row.number(7)};
}

AuditRow audit_at(const SqliteStatement& row) {
  return {.id = row.number(0),
          .at_us = row.number(1),
          .who = row.text(2),
          .from = row.text(3),
          .operation = row.text(4),
          .target = row.text(5),
          .detail = row.text(6),
          .status = row.number(7)};
}

HandVerdict verdict_at(const SqliteStatement& row) {
  return {.sequence = unsigned_of(row.number(0)),
          .at_us = row.number(1),
          .kind = static_cast<SubjectKind>(row.number(2)),
          .hash = {unsigned_of(row.number(3)), unsigned_of(row.number(4))},
          .subject = row.text(5),
          .level = row.text(6),
          .until_us = row.number(7),
          .reason = row.text(8),
          .by = row.text(9)};
}

template <class Row>
Result<std::vector<Row>> rows_of(Sqlite& database, const std::string& sql,
                                 const std::vector<SqliteValue>& values,
                                 Row (*read)(const SqliteStatement&)) {
  std::vector<Row> rows;
  GH_TRY(const auto statement, database.prepare(sql));
  if (Status bound = statement->bind(values); !bound) return fail(std::move(bound).error());
  for (;;) {
    GH_TRY(const bool is_row, statement->next());
    if (!is_row) return rows;
    rows.push_back(read(*statement));
  }
}

template <class Row>
Result<std::optional<Row>> first_of(Result<std::vector<Row>> rows) {
  if (!rows) return fail(std::move(rows).error());
  if (rows->empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows->front()));
}

Status run(Sqlite& database, const std::string& sql, const std::vector<SqliteValue>& values) {
  GH_TRY(const auto statement, database.prepare(sql));
  return statement->run(values);
}

}  // namespace

Result<std::unique_ptr<RecordTables>> RecordTables::open(const std::string& path) {
  GH_TRY(auto database, Sqlite::open(path));
  std::unique_ptr<RecordTables> made(new RecordTables(std::move(database)));
  if (Status migrated = made->migrate(); !migrated) return fail(std::move(migrated).error());
  const auto check = rows_of<std::string>(*made->database_, "PRAGMA quick_check(1)", {},
                                          [](const SqliteStatement& row) { return row.text(0); });
  if (!check) return fail(check.error());
  if (check->empty() || check->front() != "ok") {
    return fail(
        {std::string(kRecordsBroken), "the records are broken", "see whether the disk is sound"});
  }
  return made;
}

Status RecordTables::migrate() {
  GH_TRY(const std::int64_t version, number("PRAGMA user_version"));
  if (version > kVersion) {
    return fail({std::string(kRecordsNewer), "the records were written by a newer program",
                 "start that program"});
  }
  if (version == kVersion) return {};
  GH_TRY(const auto transaction, begin());
  for (std::int64_t at = version; at < kVersion; ++at) {
    Status done = database_->run(kMigrations[static_cast<std::size_t>(at)]);
    if (!done) return done;
  }
  Status marked = database_->run("PRAGMA user_version = " + std::to_string(kVersion));
  if (!marked) return marked;
  return transaction->commit();
}

Result<std::int64_t> RecordTables::number(const std::string& sql) {
  GH_TRY(const auto rows,
         rows_of<std::int64_t>(*database_, sql, {},
                               [](const SqliteStatement& row) { return row.number(0); }));
  return rows.empty() ? 0 : rows.front();
}

Result<std::unique_ptr<SqliteTransaction>> RecordTables::begin() {
  return SqliteTransaction::begin(*database_);
}

Result<TokenRow> RecordTables::add_token(TokenRow token, const std::string& digest) {
  const Status done =
      run(*database_, "INSERT INTO tokens VALUES (NULL, ?1, ?2, ?3, ?4, ?5, 0, 0, ?6)",
          {token.name, token.scopes, token.created_by, token.created_us, token.expires_us, digest});
  if (!done) return fail(done.error());
  token.id = database_->last_row();
  return token;
}

Result<std::optional<TokenRow>> RecordTables::token_of(const std::string& digest) {
  return first_of(rows_of<TokenRow>(
      *database_, select(kTokenColumns, " FROM tokens WHERE digest = ?1"), {digest}, token_at));
}

Result<std::optional<TokenRow>> RecordTables::token(std::int64_t id) {
  return first_of(rows_of<TokenRow>(*database_, select(kTokenColumns, " FROM tokens WHERE id = ?1"),
                                    {id}, token_at));
}

Result<std::vector<TokenRow>> RecordTables::tokens(std::int64_t after, std::size_t most) {
  return rows_of<TokenRow>(*database_,
                           select(kTokenColumns, " FROM tokens WHERE id > ?1 ORDER BY id LIMIT ?2"),
                           {after, static_cast<std::int64_t>(most)}, token_at);
}

Status RecordTables::revoke_token(std::int64_t id, std::int64_t now_us) {
  return run(*database_, "UPDATE tokens SET revoked_us = ?2 WHERE id = ?1 AND revoked_us = 0",
             {id, now_us});
}

Status RecordTables::note_use(std::int64_t id, std::int64_t now_us) {
  return run(*database_, "UPDATE tokens SET used_us = ?2 WHERE id = ?1", {id, now_us});
}

Result<std::int64_t> RecordTables::add_audit(const AuditRow& row) {
  const Status done =
      run(*database_, "INSERT INTO audit VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
          {row.at_us, row.who, row.from, row.operation, row.target, row.detail, row.status});
  if (!done) return fail(done.error());
  return database_->last_row();
}

Status RecordTables::finish_audit(std::int64_t id, std::int64_t status) {
  return run(*database_, "UPDATE audit SET status = ?2 WHERE id = ?1", {id, status});
}

Result<std::vector<AuditRow>> RecordTables::audit(std::int64_t before, std::size_t most) {
  return rows_of<AuditRow>(
      *database_, select(kAuditColumns, " FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2"),
      {before == 0 ? INT64_MAX : before, static_cast<std::int64_t>(most)}, audit_at);
}

Result<bool> RecordTables::copy(const HandVerdict& verdict) {
  GH_TRY(const auto transaction, begin());
  Status done =
      run(*database_,
          "INSERT OR IGNORE INTO verdicts_by_hand VALUES "
          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
          {signed_of(verdict.sequence), verdict.at_us, static_cast<std::int64_t>(verdict.kind),
           signed_of(verdict.hash.low), signed_of(verdict.hash.high), verdict.subject,
           verdict.level, verdict.until_us, verdict.reason, verdict.by});
  if (!done) return fail(std::move(done).error());
  const bool is_new = database_->changed_rows() != 0;
  done = move_to({verdict.sequence, verdict.at_us});
  if (done) done = transaction->commit();
  if (!done) return fail(std::move(done).error());
  return is_new;
}

Status RecordTables::move_to(const JournalPosition& position) {
  return run(*database_, "UPDATE journal_position SET sequence = ?1, at_us = ?2",
             {signed_of(position.sequence), position.at_us});
}

Result<JournalPosition> RecordTables::position() {
  GH_TRY(const auto rows, rows_of<JournalPosition>(
                              *database_, "SELECT sequence, at_us FROM journal_position", {},
                              [](const SqliteStatement& row) {
                                return JournalPosition{unsigned_of(row.number(0)), row.number(1)};
                              }));
  return rows.empty() ? JournalPosition{} : rows.front();
}

Result<std::vector<HandVerdict>> RecordTables::standing(std::int64_t now_us,
                                                        std::int64_t before_us) {
  return rows_of<HandVerdict>(
      *database_, select(kVerdictColumns, std::string(kStanding) + " ORDER BY v.until_us"),
      {now_us, before_us}, verdict_at);
}

Result<std::uint64_t> RecordTables::count_standing(std::int64_t now_us) {
  GH_TRY(const auto rows,
         rows_of<std::int64_t>(*database_, select("count(*)", kStanding), {now_us, INT64_MAX},
                               [](const SqliteStatement& row) { return row.number(0); }));
  return unsigned_of(rows.front());
}

Result<std::vector<HandVerdict>> RecordTables::verdicts(std::int64_t before_us,
                                                        std::uint64_t before_sequence,
                                                        std::size_t most) {
  return rows_of<HandVerdict>(
      *database_,
      select(kVerdictColumns,
             " FROM verdicts_by_hand v WHERE (v.at_us, v.sequence) < (?1, ?2) "
             "ORDER BY v.at_us DESC, v.sequence DESC LIMIT ?3"),
      {before_us == 0 ? INT64_MAX : before_us, signed_of(before_sequence),
       static_cast<std::int64_t>(most)},
      verdict_at);
}

Status RecordTables::trim(std::int64_t now_us, std::uint64_t rows_max) {
  const std::int64_t oldest = now_us - kKeepUs;
  const auto most = signed_of(rows_max);
  Status done = run(*database_,
                    "DELETE FROM audit WHERE at_us < ?1 OR id <= "
                    "(SELECT max(id) FROM audit) - ?2",
                    {oldest, most});
  if (!done) return done;
  // The oldest go first, so what a later one replaced never comes back; what stands stays.
  return run(*database_,
             "DELETE FROM verdicts_by_hand WHERE (at_us < ?3 OR (at_us, sequence) <= "
             "(SELECT at_us, sequence FROM verdicts_by_hand ORDER BY at_us DESC, sequence DESC "
             "LIMIT 1 OFFSET ?4)) AND (at_us, sequence) NOT IN (SELECT v.at_us, v.sequence" +
                 std::string(kStanding) + ")",
             {now_us, INT64_MAX, oldest, most});
}

}  // namespace gatehouse
