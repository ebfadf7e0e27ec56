#include "admin/api_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "admin/api_operations.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

// Schemas of JSON Schema 2020-12, by their names in the table.
constexpr std::string_view kSchemas = R"({
"Problem": {"type": "object", "required": ["type", "title", "status", "detail"], "properties": {
  "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
  "detail": {"type": "string", "description": "What is wrong."},
  "code": {"type": "string", "description": "Stable; `gatehouse help CODE` has its page."},
  "help": {"type": "string", "description": "What to do."}}},
"Time": {"type": "string", "format": "date-time"},
"TimeOrNull": {"type": ["string", "null"], "format": "date-time"},
"Next": {"type": "string", "description": "The next page's `cursor`; absent on the last."},
"Level": {"enum": ["allow", "watch", "slow", "challenge", "trap", "block"]},
"Scope": {"enum": []},
"Status": {"type": "object", "required": ["ready", "version", "revision"], "properties": {
  "ready": {"type": "boolean"}, "version": {"type": "string"}, "revision": {"type": "string"}}},
"Reload": {"type": "object", "required": ["taken", "report"], "properties": {
  "taken": {"type": "boolean"}, "report": {"type": "string"}}},
"Events": {"type": "object", "required": ["events"], "properties": {
  "events": {"type": "array", "items": {"type": "object"}},
  "next": {"type": "string", "description": "The next page's `after`; absent on the last."}}},
"Points": {"type": "number", "description": "In thousandths; they add up exactly."},
"LevelOrNull": {"oneOf": [{"$ref": "#/components/schemas/Level"}, {"type": "null"}]},
"NotableRow": {"type": "object", "required": ["subject", "kind", "hash", "points", "reason"],
    "properties": {
  "subject": {"type": "string"}, "kind": {"type": "string"}, "hash": {"type": "string"},
  "points": {"$ref": "#/components/schemas/Points"},
  "trusted_points": {"$ref": "#/components/schemas/Points"},
  "level": {"$ref": "#/components/schemas/LevelOrNull"},
  "since": {"$ref": "#/components/schemas/TimeOrNull"},
  "lines": {"type": "integer"}, "reason": {"type": "string"}}},
"Notable": {"type": "object", "required": ["at", "notable"], "properties": {
  "at": {"$ref": "#/components/schemas/TimeOrNull",
    "description": "The moment of these points: the engine's last record; null before any."},
  "behind_seconds": {"type": "integer"},
  "notable": {"type": "array", "items": {"$ref": "#/components/schemas/NotableRow"}},
  "next": {"$ref": "#/components/schemas/Next"}}},
"WhyLine": {"type": "object", "required": ["points", "reason"], "properties": {
  "at": {"$ref": "#/components/schemas/TimeOrNull"},
  "sequence": {"type": ["integer", "null"],
    "description": "The record's number in the journal; null: what is older and small."},
  "detector": {"type": "string"}, "family": {"type": "string"}, "attack": {"type": "string"},
  "reason": {"type": "string"}, "times": {"type": "integer"},
  "factors": {"type": ["object", "null"],
    "description": "points, share, rarity, prevalence: their product was paid."},
  "paid": {"$ref": "#/components/schemas/Points"},
  "half_life_seconds": {"type": "integer"},
  "decay": {"type": "number"}, "faded": {"$ref": "#/components/schemas/Points"},
  "rank": {"type": "integer"}, "rank_factor": {"type": "number"},
  "points": {"$ref": "#/components/schemas/Points"},
  "trusted_points": {"$ref": "#/components/schemas/Points"}}},
"Why": {"type": "object", "required": ["subject", "kind", "hash", "points", "lines"],
    "properties": {
  "subject": {"type": "string"}, "kind": {"type": "string"}, "hash": {"type": "string"},
  "at": {"$ref": "#/components/schemas/TimeOrNull"}, "behind_seconds": {"type": "integer"},
  "first_seen": {"$ref": "#/components/schemas/TimeOrNull"},
  "last_seen": {"$ref": "#/components/schemas/TimeOrNull"},
  "sessions": {"type": "integer"},
  "points": {"$ref": "#/components/schemas/Points"},
  "trusted_points": {"$ref": "#/components/schemas/Points"},
  "level": {"$ref": "#/components/schemas/LevelOrNull"},
  "since": {"$ref": "#/components/schemas/TimeOrNull"},
  "shared_by": {"type": ["integer", "null"],
    "description": "So many users share it that no verdict tells its level."},
  "lines": {"type": "array", "items": {"$ref": "#/components/schemas/WhyLine"}},
  "falls": {"type": "array", "items": {"type": "object", "properties": {
    "at": {"$ref": "#/components/schemas/Time"},
    "level": {"$ref": "#/components/schemas/LevelOrNull"}}}},
  "next_level": {"type": ["object", "null"], "properties": {
    "level": {"$ref": "#/components/schemas/Level"},
    "enter": {"$ref": "#/components/schemas/Points"},
    "has": {"$ref": "#/components/schemas/Points"}}},
  "not_fired": {"type": "array", "items": {"type": "object", "properties": {
    "detector": {"type": "string"},
    "why": {"enum": ["storm", "family", "weight", "immature", "quiet"]},
    "detail": {"type": "string"}, "at": {"$ref": "#/components/schemas/TimeOrNull"}}}},
  "verdict": {"oneOf": [{"$ref": "#/components/schemas/Verdict"}, {"type": "null"}]}}},
"Verdict": {"type": "object", "required": ["subject", "kind", "hash", "level"], "properties": {
  "subject": {"type": "string",
    "description": "`address:203.0.113.7`, or `KIND:#HASH` if not recorded."},
  "kind": {"enum": ["address", "user", "app", "token", "device", "host", "api", "account"]},
  "hash": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
  "level": {"oneOf": [{"$ref": "#/components/schemas/Level"}, {"type": "null"}]},
  "expires": {"$ref": "#/components/schemas/TimeOrNull"},
  "by_operator": {"type": "boolean"}, "reason": {"type": "string"},
  "mode": {"enum": ["observe", "enforce"],
    "description": "Of a change: whether verdicts do what they say, or are only recorded."},
  "in_force": {"type": "boolean", "description": "Of a change: whether every worker has it."}}},
"Verdicts": {"type": "object", "required": ["verdicts"], "properties": {
  "verdicts": {"type": "array", "items": {"$ref": "#/components/schemas/Verdict"}},
  "next": {"$ref": "#/components/schemas/Next"}}},
"VerdictOrder": {"type": "object", "required": ["level"], "additionalProperties": false,
    "properties": {
  "level": {"$ref": "#/components/schemas/Level"},
  "for": {"type": "string",
    "description": "How long, as in `1h`, 365 days at most; or `until`."},
  "until": {"$ref": "#/components/schemas/Time"},
  "reason": {"type": "string", "maxLength": 200}}},
"VerdictByHand": {"type": "object", "required": ["sequence", "at", "subject", "level"],
    "properties": {
  "sequence": {"type": "integer", "description": "The record's number in the journal."},
  "at": {"$ref": "#/components/schemas/Time"}, "subject": {"type": "string"},
  "kind": {"type": "string"}, "hash": {"type": "string"},
  "level": {"oneOf": [{"$ref": "#/components/schemas/Level"}, {"type": "null"}],
    "description": "null: cleared"},
  "expires": {"$ref": "#/components/schemas/TimeOrNull"},
  "reason": {"type": "string"}, "by": {"type": "string"}}},
"VerdictsByHand": {"type": "object", "required": ["verdicts_by_hand"], "properties": {
  "verdicts_by_hand": {"type": "array", "items": {"$ref": "#/components/schemas/VerdictByHand"}},
  "next": {"$ref": "#/components/schemas/Next"}}},
"Token": {"type": "object", "required": ["id", "name", "scopes", "expires_at", "stands"],
    "properties": {
  "id": {"type": "integer"}, "name": {"type": "string"},
  "scopes": {"type": "array", "items": {"$ref": "#/components/schemas/Scope"}},
  "created_at": {"$ref": "#/components/schemas/Time"}, "created_by": {"type": "string"},
  "expires_at": {"$ref": "#/components/schemas/Time"},
  "revoked_at": {"$ref": "#/components/schemas/TimeOrNull"},
  "used_at": {"$ref": "#/components/schemas/TimeOrNull"}, "stands": {"type": "boolean"}}},
"NewToken": {"allOf": [{"$ref": "#/components/schemas/Token"}, {"type": "object",
    "required": ["secret"],
  "properties": {"secret": {"type": "string", "pattern": "^ghk_[A-Za-z0-9_-]{43}$"}}}]},
"Tokens": {"type": "object", "required": ["tokens"], "properties": {
  "tokens": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}},
  "next": {"$ref": "#/components/schemas/Next"}}},
"TokenOrder": {"type": "object", "required": ["name", "scopes"], "additionalProperties": false,
    "properties": {
  "name": {"type": "string", "maxLength": 60},
  "scopes": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Scope"}},
  "for": {"type": "string",
    "description": "How long it stands; 90 days without this or `until`."},
  "until": {"$ref": "#/components/schemas/Time"}}},
"AuditRow": {"type": "object", "required": ["id", "at", "who", "from", "operation", "status"],
    "properties": {
  "id": {"type": "integer"}, "at": {"$ref": "#/components/schemas/Time"},
  "who": {"type": "string"}, "from": {"type": "string"}, "operation": {"type": "string"},
  "target": {"type": "string"}, "detail": {"description": "What was asked."},
  "status": {"type": ["integer", "null"], "description": "null: the answer is not known."}}},
"Audit": {"type": "object", "required": ["audit"], "properties": {
  "audit": {"type": "array", "items": {"$ref": "#/components/schemas/AuditRow"}},
  "next": {"$ref": "#/components/schemas/Next"}}}
})";

Json content(std::string_view type, std::string_view schema) {
  Json json;
  json[std::string(type)]["schema"]["$ref"] = fmt::format("#/components/schemas/{}", schema);
  return json;
}

Json parameters_of(const ApiOperation& one) {
  Json all = Json::array();
  if (const std::size_t brace = one.path.find('{'); brace != one.path.npos) {
    const std::string_view name = one.path.substr(brace + 1, one.path.find('}') - brace - 1);
    const char* const type = name == "id" ? "integer" : "string";
    all.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", type}}}});
  }
  for (const ApiParameter& parameter : one.parameters) {
    all.push_back({{"name", parameter.name},
                   {"in", "query"},
                   {"description", parameter.help},
                   {"schema", {{"type", parameter.is_number ? "integer" : "string"}}}});
  }
  return all;
}

Json operation_json(const ApiOperation& one) {
  Json json;
  json["operationId"] = one.id;
  json["summary"] = one.summary;
  if (Json parameters = parameters_of(one); !parameters.empty()) {
    json["parameters"] = std::move(parameters);
  }
  if (!one.body.empty()) {
    json["requestBody"] = {{"required", true}, {"content", content("application/json", one.body)}};
  }
  Json& responses = json["responses"];
  responses[std::to_string(one.status)] = {{"description", "Done."},
                                           {"content", content("application/json", one.answer)}};
  if (one.changes && one.answer == "Verdict") {
    responses["202"] = {{"description", "Recorded, and not yet known to be in force."},
                        {"content", content("application/json", one.answer)}};
  }
  responses["default"] = {{"description", "Why not."},
                          {"content", content("application/problem+json", "Problem")}};
  json["security"] = Json::array();
  json["security"].push_back({{"token", Json::array({one.scope})}});
  return json;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c | 0x20);
  return out;
}

std::string make_document() {
  Json json;
  json["openapi"] = "3.1.0";
  json["info"] = {{"title", "Gatehouse admin API"},
                  {"version", "1"},
                  {"description",
                   "Times are UTC. Errors are problems (RFC 9457) with a stable `code`. Every "
                   "change is audited."}};
  for (const ApiOperation& one : api_operations()) {
    json["paths"][std::string(one.path)][lower(to_text(one.method))] = operation_json(one);
  }
  Json schemas = Json::parse(kSchemas);
  for (const std::string_view scope : api_scopes()) schemas["Scope"]["enum"].push_back(scope);
  json["components"] = {
      {"schemas", std::move(schemas)},
      {"securitySchemes",
       {{"token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "ghk_"}}}}}};
  return json.dump(2) + '\n';
}

}  // namespace

const std::string& api_document() {
  static const std::string document = make_document();
  return document;
}

}  // namespace gatehouse
