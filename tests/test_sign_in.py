"""What is promised: the event of a request that tries to sign in says as whom and whether it failed, as the route's
`sign_in` tells it; nothing is held back for that, nothing else of the content is kept, and what can't be told is no try."""
import json
import pathlib
import re

import pytest
import yaml

from gate import ROOT, config_for, run_cli

FORM = {"user": "request.body.login", "failed": "response.status == 401"}


def answers(*statuses):
    return [f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode() for status in statuses]


@pytest.fixture
def signing(start_gate):
    """signing(upstream, **sign_in) → a gate whose route tells of sign-ins."""

    def start(upstream, **sign_in):
        routes = [{"match": "POST /login", "sign_in": sign_in or FORM, "backend": {"http": "up"}},
                  {"match": "/*", "backend": {"http": "up"}}]
        return start_gate(config_for(upstream.target, routes=routes, workers=1))

    return start


def sent(gate, body, content_type="application/x-www-form-urlencoded", path="/login"):
    fields = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return gate.client().ask(f"POST {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}".encode(), "POST")


def tried(gate, count):
    return [e["gatehouse"].get("sign_in") for e in gate.wait_for_events(count)]


def test_a_form_tells_who_tried_and_the_answer_whether_it_failed(signing, start_upstream):
    upstream = start_upstream(answers(401, 200, 401, 401, 401))
    gate = signing(upstream)
    assert sent(gate, "login=ann%40x.example&password=open+sesame").status == 401
    assert sent(gate, "password=p&login=bob").status == 200
    assert sent(gate, "password=secret-word").status == 401
    assert sent(gate, "login=ann", content_type="text/plain").status == 401
    assert sent(gate, "login=ann", path="/other").status == 401
    assert tried(gate, 5) == [
        {"outcome": "failed", "user": "ann@x.example"},
        {"outcome": "ok", "user": "bob"},
        {"outcome": "failed"},
        {"outcome": "failed"},
        None,
    ]
    text = json.dumps(gate.events())
    assert "sesame" not in text and "secret-word" not in text
    assert "user" not in gate.events()[0], "nobody has proved to be ann"


def test_json_tells_it_too_and_a_field_of_the_head_may(signing, start_upstream):
    upstream = start_upstream(answers(401, 401, 401))
    gate = signing(upstream, user='has(request.body.name) ? request.body.name : request.headers["x-name"]',
                   failed="response.status >= 400")
    body = json.dumps({"name": "änn", "password": "open sesame", "more": {"name": "no"}})
    assert sent(gate, body.encode().decode("latin-1"), content_type="application/json").status == 401
    for text in ('{"name": 1}', '{"name": "x"'):
        sent(gate, text, content_type="application/json")
    found = tried(gate, 3)
    assert found[0]["outcome"] == "failed" and found[0]["user"]
    assert found[1:] == [{"outcome": "failed"}, {"outcome": "failed"}]


def test_a_long_body_passes_as_it_comes_and_only_its_beginning_is_looked_at(signing, start_upstream):
    upstream = start_upstream(answers(401, 401))
    gate = signing(upstream)
    filler = "x" * 20_000
    assert sent(gate, f"login=ann&filler={filler}").status == 401
    assert sent(gate, f"filler={filler}&login=ann").status == 401
    assert tried(gate, 2) == [{"outcome": "failed", "user": "ann"}, {"outcome": "failed"}]


@pytest.mark.parametrize("sign_in, words", [
    ({"user": "request.body.login"}, "failed"),
    ({"failed": "response.status"}, "failed"),
    ({"failed": "response.statos == 401"}, "statos"),
    ({"user": "response.status", "failed": "true"}, "user"),
])
def test_expressions_that_do_not_fit_are_told(tmp_path, sign_in, words):
    config = config_for("127.0.0.1:1", routes=[{"match": "/*", "sign_in": sign_in, "backend": {"http": "up"}}])
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    done = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("page", ["docs/sign_in.md", "docs/zh-CN/sign_in.md"])
def test_the_example_of_the_page_works(start_gate, start_upstream, page):
    upstream = start_upstream(answers(401))
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["shop"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    gate = start_gate(config)
    assert sent(gate, "login=ann&password=x").status == 401
    assert tried(gate, 1) == [{"outcome": "failed", "user": "ann"}]
