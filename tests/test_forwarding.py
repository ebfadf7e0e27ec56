"""What is promised: an upstream learns from the gate, and from the gate alone, who asks; what belongs to a hop ends at
it; path, query and host are what the config makes of them."""
import json
import re

import pytest

from gate import Gate, config_for
from raw import RawUpstream, response, wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Behind:
    def __init__(self, folder, **parts):
        self.upstream = RawUpstream()
        self.gate = Gate(folder, config_for(self.upstream.target, **parts))

    def ask(self, target="/x", *fields, host="shop.example"):
        """The request as it reached the upstream."""
        with self.gate.client() as client:
            self.answer = client.get(target, *fields, host=host)
        return self.upstream.requests[-1]

    def stop(self):
        self.gate.check()
        self.upstream.close()


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    made = Behind(tmp_path_factory.mktemp("plain"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory):
    listeners = [{"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]}]
    made = Behind(tmp_path_factory.mktemp("trusting"), listeners=listeners)
    yield made
    made.stop()


def test_the_upstream_learns_who_asks(behind):
    seen = behind.ask("/x?y=1")
    assert seen["host"] == "shop.example"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"] == "shop.example"
    assert seen["forwarded"] == 'for=127.0.0.1;proto=http;host="shop.example"'
    assert seen["via"] == "1.1 gatehouse"
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-request-id"])
    assert seen["x-request-id"] == behind.answer["x-request-id"]
    assert "date" in behind.answer


LIE = re.compile(r"6\.6\.6\.6|666|evil|gopher")


def told(seen):
    """What reached the upstream but for the gate's own ids, whose random digits may spell anything."""
    return re.sub(r"\b[0-9a-f]{16,32}\b", "ID", seen.raw.decode())


LIES = [
    "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: gopher", "X-Forwarded-Host: evil", "Forwarded: for=6.6.6.6",
    "X-Request-Id: evil", "X-Real-IP: 6.6.6.6", "X-Forwarded-Port: 666", "X-Forwarded-Prefix: /evil",
    "X_Forwarded_For: 6.6.6.6", "x_forwarded-for: 6.6.6.6", "X-Forwarded_Proto: gopher", "X_FORWARDED_HOST: evil",
    "X_Request_Id: evil", "X_Real_Ip: 6.6.6.6", "X-FORWARDED-FOR: 6.6.6.6", "X_Forwarded_Port: 666",
    "Content_Length: 666", "Transfer_Encoding: evil", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6",
]


@pytest.mark.parametrize("lie", LIES)
def test_a_client_does_not_speak_in_the_gates_place(behind, lie):
    seen = behind.ask("/x", lie)
    text = told(seen)
    assert not LIE.search(text), text
    names = [name.lower().replace("_", "-") for name, _ in seen.fields]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("lie", [lie for lie in LIES if "_" in lie])
def test_nor_does_anybody_by_another_spelling(trusting, lie):
    assert not LIE.search(told(trusting.ask("/x", lie)))


def test_fields_with_underscores_of_its_own_pass(behind):
    seen = behind.ask("/x", "my_own_field: 1", "X_Api_Key: 2")
    assert (seen["my_own_field"], seen["x_api_key"]) == ("1", "2")


def test_what_a_trusted_proxy_says_is_continued(trusting):
    seen = trusting.ask(
        "/x", "X-Forwarded-For: 192.0.2.7, 10.1.2.3", "X-Forwarded-Proto: https", "X-Forwarded-Host: outer.example",
        "Forwarded: for=192.0.2.7", "Via: 1.0 front", "X-Request-Id: theirs", "X-Forwarded-Port: 443",
    )
    assert seen["x-forwarded-for"] == "192.0.2.7, 10.1.2.3, 127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["x-forwarded-host"] == "outer.example"
    assert seen["x-forwarded-port"] == "443"
    assert seen["forwarded"] == 'for=192.0.2.7, for=127.0.0.1;proto=http;host="shop.example"'
    assert seen["via"] == "1.0 front, 1.1 gatehouse"
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-request-id"])


def test_whom_a_trusted_proxy_speaks_for_is_in_the_event(trusting):
    trusting.ask("/told", "X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.1.2.3")
    event = trusting.gate.wait_for_events(1, where=lambda one: "/told" in json.dumps(one))[-1]
    assert "192.0.2.7" in json.dumps(event)
    assert "6.6.6.6" not in json.dumps(event)


def test_via_of_another_hop_stays(behind):
    seen = behind.ask("/x", "Via: 1.0 one", "Via: 1.1 two")
    assert seen["via"] == "1.0 one, 1.1 two, 1.1 gatehouse"


def test_a_trace_goes_on(behind):
    seen = behind.ask("/x", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01", "tracestate: a=b")
    version, trace, span, flags = seen["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != "00f067aa0ba902b7" and re.fullmatch(r"[0-9a-f]{16}", span)
    assert seen["tracestate"] == "a=b"


@pytest.mark.parametrize("bad", [
    "", "x", f"00-{TRACE}-00f067aa0ba902b7", f"ff-{TRACE}-00f067aa0ba902b7-01", f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"00-{TRACE}-00f067aa0ba902b7-01-x",
    f"00-{TRACE}-00f067aa0ba902b7-01\r\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01",
])
def test_a_trace_that_is_none_is_begun_anew(behind, bad):
    seen = behind.ask("/x", f"traceparent: {bad}", "tracestate: a=b")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", seen["traceparent"])
    assert TRACE not in seen["traceparent"] and "tracestate" not in seen


def test_what_belongs_to_a_hop_ends_at_it_on_the_way_back(behind):
    fields = ["Connection: X-Own, keep-alive", "X-Own: secret", "Keep-Alive: timeout=5", "Proxy-Connection: x",
              "Upgrade: h2c", "X-Other: stays", "Via: 1.1 backend", "X-Request-Id: theirs", "Set-Cookie: a=b", "Set-Cookie: c=d"]
    behind.upstream.script = response(b"ok", "200 Fine", *fields)
    behind.ask()
    behind.upstream.script = response(b"ok")
    got = behind.answer
    assert got.start == "HTTP/1.1 200 Fine"
    for name in ["connection", "x-own", "keep-alive", "proxy-connection", "upgrade"]:
        assert name not in got
    assert got["x-other"] == "stays" and got["via"] == "1.1 backend"
    assert got.all("set-cookie") == ["a=b", "c=d"]
    assert re.fullmatch(r"[0-9a-f]{32}", got["x-request-id"])
    assert len(got.all("date")) == 1


# Rewriting.


def rewritten(folder_factory, route):
    return Behind(folder_factory.mktemp("rewrite"), routes=[{**route, "backend": {"http": "up", **route["backend"]}}])


REWRITES = [
    ("/shop/{rest*}", {"path": "/v2/{rest}"}, "/shop/a/b?x=1", "/v2/a/b?x=1"),
    ("/users/{id}", {"path": "/people/{id}/profile"}, "/users/7", "/people/7/profile"),
    ("/users/{id}", {"path": "/people/{id}"}, "/users/a%20b", "/people/a%20b"),
    ("/users/{id}", {"path": "/people", "query": {"id": "{id}"}}, "/users/a%26b%3Dc?x=1", None),
]


def test_path_and_query_are_rewritten(tmp_path_factory):
    for match, backend, target, expected in REWRITES:
        made = rewritten(tmp_path_factory, {"match": match, "backend": backend})
        seen = made.ask(target)
        if expected:
            assert seen.target == expected
        else:
            path, _, query = seen.target.partition("?")
            assert path == "/people"
            assert sorted(query.split("&")) == ["id=a%26b%3Dc", "x=1"]
        made.stop()


def test_a_query_that_the_config_sets_is_not_the_callers_to_set(tmp_path_factory):
    made = rewritten(tmp_path_factory, {"match": "/users/{id}", "backend": {"query": {"id": "{id}"}}})
    for lie in ["id=1", "%69d=1", "a=b&id=1&c=d"]:
        seen = made.ask(f"/users/7?{lie}")
        assert [pair for pair in seen.target.partition("?")[2].split("&") if "d=7" in pair or "=1" in pair] == ["id=7"]
    made.stop()


@pytest.mark.parametrize("host, expected", [("inner.example", "inner.example"), ("preserve", "shop.example")])
def test_the_host_is_what_the_config_says(tmp_path_factory, host, expected):
    made = rewritten(tmp_path_factory, {"match": "/*", "backend": {"host": host}})
    seen = made.ask()
    assert seen["host"] == expected
    assert seen["x-forwarded-host"] == "shop.example"
    made.stop()


def test_an_encoded_slash_passes_where_the_route_allows_it(tmp_path_factory):
    routes = [
        {"match": "/files/{name}", "encoded_slash": True, "backend": {"http": "up"}},
        {"match": "/other/{name}", "backend": {"http": "up"}},
    ]
    made = Behind(tmp_path_factory.mktemp("slash"), routes=routes)
    assert made.ask("/files/a%2fb").target.lower() == "/files/a%2fb"
    assert made.ask("/files/..%2fb").target.lower() == "/files/..%2fb"
    before = len(made.upstream.requests)
    made.ask("/other/a%2Fb")
    assert (made.answer.status, json.loads(made.answer.body)["code"]) == (400, "encoded-slash-refused")
    made.ask("/files/a%5Cb")
    assert made.answer.status == 400
    assert len(made.upstream.requests) == before
    made.stop()


# Events.


def test_an_event_tells_what_passed(behind):
    behind.ask("/told?token=secret&page=2", "User-Agent: tester/1")
    event = behind.gate.wait_for_events(1, where=lambda one: "tester/1" in json.dumps(one))[-1]
    text = json.dumps(event)
    for word in ["/told", "shop.example", "127.0.0.1", "GET", "token", "page", behind.upstream.target,
                 behind.answer["x-request-id"]]:
        assert word in text, word
    assert "secret" not in text


def test_a_retry_is_counted(start_upstream, start_gate):
    upstream = start_upstream()
    gate = start_gate(config_for(upstream.target, workers=1))
    assert gate.get("/1").status_code == 200
    upstream.wires[0].reset()
    assert gate.get("/2").status_code == 200
    wait_until(lambda: len(upstream.requests) == 2, what="the second request")
