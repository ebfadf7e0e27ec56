"""What is promised: over TCP nothing but health and metrics without a token; a token does what its scopes name;
lists are paged; every change is audited; one document describes all of it."""
import json
import re
import threading

import httpx
import pytest

from gate import config_for, run_cli
from raw import wait_until

SUBJECT = "address:203.0.113.7"


class Api:
    """The admin API with a token of these scopes."""

    def __init__(self, gate, *scopes, name="test", secret=None):
        self.secret = secret or gate.cli("token", "create", name, "--scope", ",".join(scopes)).stdout.strip()
        self.client = httpx.Client(
            base_url=gate.admin_url, headers={"Authorization": f"Bearer {self.secret}"}, trust_env=False, timeout=20
        )

    def ask(self, method, path, body=None, status=200):
        answer = self.client.request(method, path, json=body) if body else self.client.request(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json()

    def pages(self, path, name, limit):
        rows, cursor = [], None
        while True:
            query = f"?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
            page = self.ask("GET", path + query)
            assert len(page[name]) <= limit
            rows += page[name]
            if "next" not in page:
                return rows
            assert len(page[name]) == limit
            cursor = page["next"]


def plain(gate, path, **headers):
    return httpx.get(gate.admin_url + path, headers=headers, trust_env=False, timeout=20)


def document(gate):
    answer = plain(gate, "/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def operations(page):
    for path, methods in page["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


# Who may ask.


def test_without_a_token_nothing_is_told(gate):
    for path, method, _ in operations(document(gate)):
        path = path.replace("{subject}", SUBJECT).replace("{id}", "1")
        content = {"content": "{}", "headers": {"Content-Type": "application/json"}}
        answer = httpx.request(method, gate.admin_url + path, trust_env=False, **content)
        assert answer.status_code in (401, 429), (method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] in ("E0901", "E0903") and problem["status"] == answer.status_code
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == 'Bearer realm="gatehouse"'
    assert plain(gate, "/v1/nothing").status_code == 404
    assert plain(gate, "/status").status_code == 404  # the socket's own


def test_each_operation_wants_its_own_scope(gate):
    page = document(gate)
    scopes = [scope for scope in page["components"]["schemas"]["Scope"]["enum"] if scope != "all"]
    for path, method, operation in operations(page):
        (requirement,) = operation["security"]
        (scope,) = requirement["token"]
        path = path.replace("{subject}", SUBJECT).replace("{id}", "999")
        others = Api(gate, *[one for one in scopes if one != scope])
        body = {"unknown": 1} if "requestBody" in operation else None
        assert others.ask(method, path, body, 403)["code"] == "E0902"
        answer = Api(gate, scope).client.request(method, path, json=body) if body else Api(gate, scope).client.request(
            method, path
        )
        assert answer.status_code in (200, 400, 404), (method, path, answer.text)


def test_a_secret_is_shown_once_and_kept_nowhere(gate):
    secret = Api(gate, "all").secret
    assert re.fullmatch(r"ghk_[A-Za-z0-9_-]{43}", secret)
    assert secret not in gate.cli("token", "list", "-o", "json").stdout
    assert secret not in gate.cli("audit", "list", "-o", "json").stdout
    gate.stop()
    for path in gate.data.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes(), path
    assert secret not in gate.log


def test_a_revoked_token_ends_at_once_and_stays_ended(gate):
    api = Api(gate, "all")
    assert api.ask("GET", "/v1/status")["ready"] is True
    gate.cli("token", "revoke", "1")
    assert api.ask("GET", "/v1/status", status=401)["code"] == "E0901"
    gate.restart()
    again = Api(gate, secret=api.secret)
    again.ask("GET", "/v1/status", status=401)
    (row,) = json.loads(gate.cli("token", "list", "-o", "json").stdout)["tokens"]
    assert row["stands"] is False and row["revoked_at"] and row["used_at"]


def test_a_token_survives_a_kill(gate):
    api = Api(gate, "status:read")
    gate.kill()
    gate.start()
    Api(gate, secret=api.secret).ask("GET", "/v1/status")


def test_many_wrong_tokens_are_told_to_wait_and_a_right_one_is_let_in(gate):
    right = Api(gate, "status:read")
    wrong = Api(gate, secret="ghk_" + "a" * 43)
    codes = [wrong.client.get("/v1/status").status_code for _ in range(15)]
    assert codes == [401] * 10 + [429] * 5
    answer = wrong.client.get("/v1/status")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    right.ask("GET", "/v1/status")
    assert gate.metrics()["gatehouse_admin_tokens_refused_total"] == 16


def test_web_pages_and_foreign_names_are_refused_with_a_token_too(gate):
    api = Api(gate, "all")
    assert api.client.get("/v1/status", headers={"Origin": "http://localhost"}).status_code == 403
    assert api.client.get("/v1/status", headers={"Host": "rebound.example"}).status_code == 403


# What it does.


def test_a_verdict_is_set_read_and_cleared(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, behavior={"mode": "enforce"}))
    api = Api(gate, "verdicts:read", "verdicts:write", name="soc")
    own = "address:127.0.0.1"
    order = {"level": "block", "for": "1h", "reason": "scans us"}
    answer = api.ask("PUT", f"/v1/verdicts/{own}", order)
    assert answer["in_force"] and answer["subject"] == own
    assert gate.get("/").status_code == 403
    stands = api.ask("GET", f"/v1/verdicts/{own}")
    assert (stands["level"], stands["by_operator"], stands["reason"]) == ("block", True, "scans us")
    assert [row["subject"] for row in api.ask("GET", "/v1/verdicts")["verdicts"]] == [own]
    by_hash = f"address:%23{stands['hash']}"
    assert api.ask("GET", f"/v1/verdicts/{by_hash}")["level"] == "block"
    api.ask("DELETE", f"/v1/verdicts/{own}")
    assert gate.get("/").status_code == 200
    api.ask("GET", f"/v1/verdicts/{own}", status=404)
    rows = api.ask("GET", "/v1/verdicts_by_hand")["verdicts_by_hand"]
    assert [(row["level"], row["by"]) for row in rows] == [(None, "token 1 (soc)"), ("block", "token 1 (soc)")]
    assert rows[0]["sequence"] > rows[1]["sequence"]


def test_a_name_with_any_letters_is_one_segment(gate):
    api = Api(gate, "all")
    api.ask("PUT", "/v1/verdicts/user:a%2Fb%20%C3%A9%3A", {"level": "watch", "for": "1h"})
    (row,) = api.ask("GET", "/v1/verdicts")["verdicts"]
    assert row["subject"] == "user:a/b é:"
    api.ask("GET", "/v1/verdicts/user:a/b", status=404)


def test_what_is_no_call_is_a_problem_with_its_mend(gate):
    api = Api(gate, "all")
    path = f"/v1/verdicts/{SUBJECT}"
    assert api.client.put(path, content="{").status_code == 415
    said = {"Content-Type": "application/json"}
    for content in ("{", "[]", "1", ""):
        assert api.client.put(path, content=content, headers=said).json()["code"] == "E0904", content
    large = json.dumps({"level": "block", "for": "1h", "reason": "a" * 70_000})
    assert api.client.put(path, content=large, headers=said).status_code == 413
    assert api.client.patch(path).status_code == 405
    assert api.client.patch(path).headers["allow"] == "GET, HEAD, PUT, DELETE"
    problem = api.ask("PUT", path, {"level": "block", "for": "never"}, 400)
    assert set(problem) >= {"type", "title", "status", "detail", "code", "help"}
    assert api.ask("GET", "/v1/tokens?page=2", status=400)["help"] == "there are `limit` `cursor`"
    assert "E0904" in run_cli("help", "E0904").stdout


def test_lists_are_paged_and_give_each_row_once(gate):
    api = Api(gate, "all")
    for number in range(7):
        api.ask("PUT", f"/v1/verdicts/user:{number}", {"level": "watch", "for": f"{number + 1}h"})
    assert [row["subject"] for row in api.pages("/v1/verdicts", "verdicts", 3)] == [f"user:{n}" for n in range(7)]
    newest = api.pages("/v1/verdicts_by_hand", "verdicts_by_hand", 2)
    assert [row["subject"] for row in newest] == [f"user:{n}" for n in reversed(range(7))]
    for number in range(4):
        api.ask("POST", "/v1/tokens", {"name": f"t{number}", "scopes": ["status:read"]}, 201)
    assert [row["id"] for row in api.pages("/v1/tokens", "tokens", 2)] == [1, 2, 3, 4, 5]
    audit = api.pages("/v1/audit", "audit", 5)
    assert [row["id"] for row in audit] == list(range(12, 0, -1))
    for bad in ("limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=1.2.3.4.5.6"):
        api.ask("GET", f"/v1/verdicts?{bad}", status=400)


def test_events_are_paged(gate):
    api = Api(gate, "events:read")
    for number in range(5):
        gate.get(f"/{number}")
    wait_until(lambda: len(api.ask("GET", "/v1/events?limit=100")["events"]) == 5, 10, "the events")
    first = api.ask("GET", "/v1/events?limit=3&since=1")
    rest = api.ask("GET", f"/v1/events?limit=3&after={first['next']}")
    assert [event["url"]["path"] for event in first["events"] + rest["events"]] == [f"/{n}" for n in range(5)]


def test_a_reload_is_asked_for_and_audited(gate):
    api = Api(gate, "config:reload", "audit:read")
    assert api.ask("POST", "/v1/reload")["taken"] is True
    bad = json.loads(gate.path.read_text())
    bad["listners"] = []
    gate.write(bad)
    assert "listners" in api.ask("POST", "/v1/reload", status=409)["report"]
    wait_until(
        lambda: [row["status"] for row in api.ask("GET", "/v1/audit")["audit"]] == [409, 200, 201], 5, "the audit"
    )


def test_every_change_is_audited_whether_or_not_it_was_allowed(gate):
    api = Api(gate, "verdicts:write", "audit:read", name="soc")
    order = {"level": "watch", "for": "1h", "reason": "odd"}
    api.ask("PUT", f"/v1/verdicts/{SUBJECT}", order)
    api.ask("PUT", f"/v1/verdicts/{SUBJECT}", {"level": "kill"}, 400)
    api.ask("DELETE", "/v1/tokens/1", status=403)
    rows = api.ask("GET", "/v1/audit")["audit"]
    assert [(row["operation"], row["status"]) for row in rows] == [
        ("revokeToken", 403),
        ("setVerdict", 400),
        ("setVerdict", 200),
        ("createToken", 201),
    ]
    assert {row["who"] for row in rows[:3]} == {"token 1 (soc)"} and rows[3]["who"].startswith("uid ")
    assert [row["from"] for row in rows] == ["127.0.0.1"] * 3 + ["socket"]
    assert rows[2]["detail"] == order and rows[2]["target"] == f"/v1/verdicts/{SUBJECT}"
    assert "setVerdict" in gate.cli("audit", "list", "--limit", "2").stdout


def test_changes_at_the_same_time_do_not_disturb_each_other(gate):
    api = Api(gate, "all")
    failed = []

    def work(number):
        own = Api(gate, secret=api.secret)
        for turn in range(10):
            level = ("watch", "slow", "block")[turn % 3]
            answer = own.client.put(
                f"/v1/verdicts/user:{number % 2}", json={"level": level, "for": "1h"}
            )
            if answer.status_code != 200:
                failed.append(answer.text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    rows = api.ask("GET", "/v1/verdicts_by_hand?limit=1000")["verdicts_by_hand"]
    assert len(rows) == 80 and len({row["sequence"] for row in rows}) == 80
    for name in ("user:0", "user:1"):
        last = next(row for row in rows if row["subject"] == name)
        assert api.ask("GET", f"/v1/verdicts/{name}")["level"] == last["level"]


# The document.


def resolve(page, reference):
    assert reference.startswith("#/")
    found = page
    for part in reference[2:].split("/"):
        found = found[part]
    return found


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_document_is_whole(gate):
    page = document(gate)
    assert page["openapi"] == "3.1.0" and set(page["info"]) >= {"title", "version"}
    for reference in references(page):
        resolve(page, reference)
    seen = set()
    for path, method, operation in operations(page):
        assert operation["operationId"] not in seen and not seen.add(operation["operationId"])
        placed = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        assert placed == re.findall(r"\{(\w+)\}", path)
        assert all(one.get("required") for one in operation.get("parameters", []) if one["in"] == "path")
        assert method in ("GET", "PUT", "POST", "DELETE")
        assert "default" in operation["responses"] and any(code[0] == "2" for code in operation["responses"])
        (requirement,) = operation["security"]
        assert set(requirement) <= set(page["components"]["securitySchemes"])
        assert requirement["token"][0] in page["components"]["schemas"]["Scope"]["enum"]


def fits(page, value, schema):
    """The keywords that the document uses; what it doesn't know it refuses."""
    known = {"$ref", "type", "properties", "required", "items", "enum", "oneOf", "allOf", "pattern", "format",
             "description", "additionalProperties", "maxLength", "minItems"}
    assert set(schema) <= known, set(schema) - known
    if "$ref" in schema:
        return fits(page, value, resolve(page, schema["$ref"]))
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
             "null": type(None)}
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(isinstance(value, kinds[name]) for name in names):
            return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if "oneOf" in schema and sum(fits(page, value, one) for one in schema["oneOf"]) != 1:
        return False
    if not all(fits(page, value, one) for one in schema.get("allOf", [])):
        return False
    if isinstance(value, dict):
        if not set(schema.get("required", [])) <= set(value):
            return False
        return all(fits(page, one, schema["properties"][key]) for key, one in value.items()
                   if key in schema.get("properties", {}))
    if isinstance(value, list) and "items" in schema:
        return all(fits(page, one, schema["items"]) for one in value)
    return True


def test_answers_are_what_the_document_says(gate):
    page = document(gate)
    api = Api(gate, "all")
    gate.get("/")
    api.ask("PUT", f"/v1/verdicts/{SUBJECT}", {"level": "watch", "for": "1h"})
    bodies = {"setVerdict": {"level": "watch", "for": "1h"}, "createToken": {"name": "x", "scopes": ["audit:read"]}}
    for path, method, operation in operations(page):
        number = "2" if method == "DELETE" else "1"
        path = path.replace("{subject}", SUBJECT).replace("{id}", number)
        answer = api.client.request(method, path, **({"json": bodies[operation["operationId"]]}
                                                     if "requestBody" in operation else {}))
        expected = operation["responses"][str(answer.status_code)]
        schema = expected["content"]["application/json"]["schema"]
        assert fits(page, answer.json(), schema), (path, answer.text)
        if method == "DELETE" and "subject" in operation["parameters"][0]["name"]:
            api.ask("PUT", path, bodies["setVerdict"])
    problem = api.client.get("/v1/tokens/999").json()
    assert fits(page, problem, page["components"]["schemas"]["Problem"])


@pytest.mark.parametrize("page", ["docs/admin_api.md", "docs/zh-CN/admin_api.md"])
def test_the_page_names_every_operation_and_scope(page, gate):
    from gate import ROOT

    text = (ROOT / page).read_text(encoding="utf-8")
    described = document(gate)
    for path, method, _ in operations(described):
        assert f"`{method} {path}`" in text, (method, path)
    for scope in described["components"]["schemas"]["Scope"]["enum"]:
        assert f"`{scope}`" in text, scope
