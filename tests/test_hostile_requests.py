"""What is promised: nothing invalid passes the gate and nothing splits on it. Whatever a client sends, however
it is cut into segments, the upstream sees whole sound requests or none, and never one that nobody sent."""
import json

import pytest

from gate import Gate, config_for
from hostile_cases import ALL, LAST, get, post
from raw import RawUpstream, parse_responses, wait_until

WAYS = {"whole": None, "byte by byte": 1, "in sevens": 7}


class Fixed:
    """One gate and one upstream for all cases: a connection that a case leaves unclean must not harm the next."""

    def __init__(self, folder):
        self.upstream = RawUpstream()
        self.gate = Gate(folder, config_for(self.upstream.target))


@pytest.fixture(scope="module")
def fixed(tmp_path_factory):
    made = Fixed(tmp_path_factory.mktemp("hostile"))
    yield made
    made.gate.check()
    made.upstream.close()


def send(client, data, size):
    try:
        client.drip(data, size) if size else client.send(data)
    except OSError:
        pass  # the gate has refused and closed


@pytest.mark.parametrize("size", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name.encode("unicode_escape").decode())
def test_a_hostile_request(fixed, case, size):
    seen = len(fixed.upstream.requests)
    with fixed.gate.client() as client:
        send(client, case.sent + (LAST if case.open else b""), size)
        answers = parse_responses(client.read_until_close())
    statuses, upstream = case.statuses, case.upstream
    if case.open:
        statuses, upstream = (*statuses, 200), (*upstream, ("GET", "/last", b""))
    assert tuple(answer.status for answer in answers) == statuses
    reached = fixed.upstream.requests[seen:]
    assert tuple((one.method, one.target, one.body) for one in reached) == upstream
    for one in reached:
        assert len(one.all("host")) == 1
        assert len(one.all("content-length")) + len(one.all("transfer-encoding")) <= 1
    if case.code:
        refusal = answers[-2 if case.open else -1]
        assert json.loads(refusal.body)["code"] == case.code
        assert case.open or refusal["connection"] == "close"


def test_what_is_refused_while_it_flows_is_broken_off_upstream(start_upstream, start_gate):
    upstream = start_upstream()
    gate = start_gate(config_for(upstream.target))
    with gate.client() as client:
        client.send(post("Transfer-Encoding: chunked", body=b"5\r\nhello\r\n"))
        wait_until(lambda: upstream.received and b"hello" in upstream.received[0], what="the first chunk")
        answer = client.ask(b"zz\r\n", "POST")
        assert answer.status == 400
    wait_until(lambda: upstream.wires[0].ended, what="the end of the connection upstream")
    assert upstream.requests == []
    assert upstream.received[0].endswith(b"\r\n\r\n5\r\nhello\r\n")  # and no last chunk


@pytest.mark.parametrize("sent", [b"GET /x HT", get()[:-2], post("Content-Length: 9", body=b"half")], ids=["line", "head", "body"])
@pytest.mark.parametrize("how", ["finish", "reset"])
def test_a_client_that_leaves_early_reaches_nobody(fixed, sent, how):
    seen = len(fixed.upstream.requests)
    client = fixed.gate.client()
    client.send(sent)
    getattr(client, how)()
    if how == "finish":
        answers = parse_responses(client.read_until_close())
        assert all(answer.status >= 400 for answer in answers)
        client.close()
    assert fixed.gate.get("/after").status_code == 200
    assert [one.target for one in fixed.upstream.requests[seen:]] == ["/after"]


def test_the_preface_of_http2_on_a_door_without_it_reaches_nobody(start_gate, upstream):
    config = config_for(upstream.target, listeners=[{"address": "127.0.0.1:0", "http2": False}])
    gate = start_gate(config)
    with gate.client() as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) + LAST)
        data = client.read_until_close()
    assert data == b"" or data.startswith(b"HTTP/1.1 505 ")
    assert upstream.requests == []


def test_h2c_is_not_changed_to(fixed):
    seen = len(fixed.upstream.requests)
    fields = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]
    with fixed.gate.client() as client:
        assert client.get("/x", *fields).status == 200
    reached = fixed.upstream.requests[seen]
    assert "upgrade" not in reached and "http2-settings" not in reached and "connection" not in reached


def test_what_connection_names_goes_no_further(fixed):
    seen = len(fixed.upstream.requests)
    fields = ["Connection: X-Own, keep-alive", "X-Own: secret", "Keep-Alive: 5", "Proxy-Connection: x", "TE: gzip",
              "Proxy-Authorization: Basic eA==", "X-Other: stays"]
    with fixed.gate.client() as client:
        client.get("/x", *fields)
    reached = fixed.upstream.requests[seen]
    names = {name.lower() for name, _ in reached.fields}
    assert not names & {"connection", "x-own", "keep-alive", "proxy-connection", "te", "proxy-authorization"}
    assert reached["x-other"] == "stays"


# Limits of the head at their edge.

HEAD, FIELDS, URI = 32 * 1024, 100, 8 * 1024


def head_of(size):
    head = get("X: ")
    return head[:-4] + b"a" * (size - len(head)) + b"\r\n\r\n"


@pytest.mark.parametrize("over", [0, 1])
def test_a_head_at_its_limit(fixed, over):
    with fixed.gate.client() as client:
        answer = client.ask(head_of(HEAD + over))
        assert answer.status == (431 if over else 200)
        if over:
            assert json.loads(answer.body)["code"] == "head-too-large"


@pytest.mark.parametrize("over", [0, 1])
def test_fields_at_their_limit(fixed, over):
    with fixed.gate.client() as client:
        answer = client.ask(get(*["X: y"] * (FIELDS - 1 + over)))
        assert answer.status == (431 if over else 200)


@pytest.mark.parametrize("over", [0, 1])
def test_a_target_at_its_limit(fixed, over):
    seen = len(fixed.upstream.requests)
    target = "/" + "a" * (URI - 1 + over)
    with fixed.gate.client() as client:
        answer = client.ask(get(target=target))
        assert answer.status == (414 if over else 200)
    assert [one.target for one in fixed.upstream.requests[seen:]] == ([] if over else [target])


def test_a_head_without_end_is_refused_without_waiting_for_it(fixed):
    with fixed.gate.client() as client:
        assert client.ask(b"GET /x HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000).status == 431
    with fixed.gate.client() as client:
        assert client.ask(b"GET /" + b"a" * 100_000).status == 414


def test_the_largest_limits_hold_as_well(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, limits={"head_bytes": "64KiB"}))
    for before, over, status in [(b"", 0, 200), (b"", 1, 431), (b"\r\n\r\n", 0, 431), (b"\r\n\r\n", -4, 200)]:
        with gate.client() as client:
            assert client.ask(before + head_of(64 * 1024 + over)).status == status
