"""What is promised: content passes while it comes, both ways, at the speed of whoever is slower and in a few
buffers; early answers, interim ones and trailers need nothing special."""
import hashlib
import os
import socket
import threading
import time

import pytest

from gate import config_for, is_built_with
from raw import Closed, chunked, response, wait_until

MIB = 1024 * 1024
BLOCK = hashlib.sha256(b"block").digest() * 2048  # 64 KiB that no length of ours divides by chance


def one_worker(*targets, **parts):
    return config_for(*targets, workers=1, **parts)


@pytest.fixture
def behind(start_upstream, start_gate):
    """behind(script) → gate, upstream: a gate with one worker before a scripted upstream."""

    def make(script=None, up=None, **parts):
        upstream = start_upstream(script)
        config = one_worker(upstream.target, **parts)
        config["upstreams"]["up"].update(up or {})
        return start_gate(config), upstream

    return make


def request(line="GET /x", *fields, body=b"", version="1.1"):
    return "\r\n".join([f"{line} HTTP/{version}", "Host: a", *fields, "", ""]).encode() + body


# Content in both directions, in both framings.


@pytest.mark.parametrize("pieces", [[b"a"], [b"hello", b"", b"world"], [BLOCK], [BLOCK, b"x", BLOCK]], ids=["a", "few", "block", "blocks"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_content_passes_unchanged(behind, pieces, framing):
    whole = b"".join(pieces)

    def echo(wire):
        while wire.rest() or upstream.wait_for_bytes(wire):
            got = wire.read_request()
            upstream.note(got)
            if framing == "length":
                wire.send(response(got.body))
            else:
                wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*filter(None, [got.body[:7], got.body[7:]])))

    gate, upstream = behind(echo)
    with gate.client() as client:
        for _ in range(3):
            if framing == "length":
                client.send(request("POST /x", f"Content-Length: {len(whole)}", body=whole))
            else:
                client.send(request("POST /x", "Transfer-Encoding: chunked", body=chunked(*filter(None, pieces))))
            assert client.read_response().body == whole
    assert [one.body for one in upstream.requests] == [whole] * 3
    assert len(upstream.wires) == 1  # both connections lived on


def test_a_piece_passes_before_the_next_is_there(behind):
    said = threading.Event()

    def script(wire):
        upstream.note(wire.read_head())
        assert wire.take(9) == b"4\r\nask1\r\n"[:9]
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsay1\r\n")
        assert wire.take_until(b"ask2\r\n")
        wire.send(b"4\r\nsay2\r\n")
        assert wire.take_until(b"0\r\n\r\n")
        wire.send(b"0\r\n\r\n")
        said.set()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("POST /x", "Transfer-Encoding: chunked", body=b"4\r\nask1\r\n"))
        client.take_until(b"say1\r\n")
        client.send(b"4\r\nask2\r\n")
        client.take_until(b"say2\r\n")
        client.send(b"0\r\n\r\n")
        assert client.take_until(b"0\r\n\r\n")
    assert said.wait(5)


def test_a_byte_at_a_time_passes_both_ways(behind):
    body = chunked(b"hello", b"w", b"orld", trailers=["X-Sum: 1"])

    def drip(wire):
        got = wire.read_request()
        upstream.note(got)
        wire.drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        wire.closes()

    gate, upstream = behind(drip)
    with gate.client() as client:
        client.drip(request("POST /x", "Transfer-Encoding: chunked", body=body))
        got = client.read_response()
    assert got.body == b"helloworld" == upstream.requests[0].body
    assert got.trailers == [("X-Sum", "1")] == upstream.requests[0].trailers


# Slow readers. Bytes wait in the sockets of both sides and in one buffer, never in the gate.

RATE = 16 * MIB
# What the history's own store takes as it starts would hide what a stream takes.
NO_HISTORY = {"path": "data/", "history": False}
# A sanitizer keeps what is freed for a while, so that it can tell who touches it.
GROWTH = 32 * MIB if is_built_with("__asan_init") else 2 * MIB


def paced(total, started, done):
    """Waits as long as this many bytes at RATE should have taken."""
    ahead = done / RATE - (time.monotonic() - started)
    if ahead > 0:
        threading.Event().wait(ahead)


def test_a_large_answer_to_a_slow_reader_takes_no_memory(behind):
    total = 64 * MIB

    def send(wire):
        if upstream.note(wire.read_request()) == 1:
            wire.send(response(b"warm"))
            upstream.note(wire.read_request())
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n")
        for _ in range(total // len(BLOCK)):
            wire.send(BLOCK)
        wire.closes()

    gate, upstream = behind(send, store=NO_HISTORY)
    with gate.client(receive_bytes=65536) as client:
        assert client.get("/warm").body == b"warm"
        before = most = gate.rss_bytes()
        client.send(request())
        assert client.read_head()["content-length"] == str(total)
        digest, done, started = hashlib.sha256(client.rest()), len(client.rest()), time.monotonic()
        while done < total:
            data = client.sock.recv(256 * 1024)
            assert data, f"the answer ended after {done} bytes"
            digest.update(data)
            done += len(data)
            paced(total, started, done)
            if done % MIB < len(data):
                most = max(most, gate.rss_bytes())
    assert digest.digest() == hashlib.sha256(BLOCK * (total // len(BLOCK))).digest()
    assert most - before < GROWTH


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_upload_to_a_slow_upstream_takes_no_memory(behind, framing):
    total, got = 64 * MIB, {"bytes": 0, "most": 0}
    warm = threading.Event()

    def take(wire):
        if upstream.note(wire.read_request()) == 1:
            wire.send(response(b"warm"))
        wire.read_head()
        warm.wait(5)
        started, seen = time.monotonic(), len(wire.rest())
        tail = wire.rest()
        while not (tail.endswith(b"0\r\n\r\n") if framing == "chunked" else seen >= total):
            data = wire.sock.recv(256 * 1024)
            if not data:
                return
            seen, tail = seen + len(data), (tail + data)[-16:]
            paced(total, started, seen)
            if seen % MIB < len(data):
                got["most"] = max(got["most"], gate.rss_bytes())
        got["bytes"] = seen
        wire.send(response(b"thanks"))
        wire.closes()

    gate, upstream = behind(take, store=NO_HISTORY)
    with gate.client() as client:
        assert client.get("/warm").body == b"warm"
        before = gate.rss_bytes()
        warm.set()
        if framing == "length":
            client.send(request("PUT /x", f"Content-Length: {total}"))
        else:
            client.send(request("PUT /x", "Transfer-Encoding: chunked"))
        for _ in range(total // len(BLOCK)):
            client.send(BLOCK if framing == "length" else b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK))
        if framing == "chunked":
            client.send(b"0\r\n\r\n")
        assert client.read_response(seconds=30).body == b"thanks"
    assert got["bytes"] >= total
    assert got["most"] - before < GROWTH


def test_a_reader_that_stops_stops_the_sender(behind):
    sent = [0]

    def send(wire):
        upstream.note(wire.read_request())
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.sock.settimeout(0.5)
        try:
            while sent[0] < 256 * MIB:
                wire.send(b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK))
                sent[0] += len(BLOCK)
        except TimeoutError:
            pass

    gate, upstream = behind(send)
    with gate.client(receive_bytes=65536) as client:
        client.send(request())
        client.read_head()
        wait_until(lambda: upstream.wires[0].sock.fileno() < 0, 20, "the sender to give up")
    assert sent[0] < 32 * MIB  # what the sockets hold


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_content_passes_unchanged_over_tls_on_both_sides(start_upstream, start_gate, authority, framing):
    whole = BLOCK * 96 + b"end"

    def echo(wire):
        got = wire.read_request()
        upstream.note(got)
        if framing == "length":
            wire.send(response(got.body))
        else:
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(got.body[:100_000], got.body[100_000:]))
        wire.closes()

    upstream = start_upstream(echo, tls=authority.server("127.0.0.1"))
    crt, key = authority.issue("localhost")
    config = one_worker(upstream.target, listeners=[{"address": "127.0.0.1:0", "tls": {"certificates": [{"cert": str(crt), "key": str(key)}]}}])
    config["upstreams"]["up"]["tls"] = {"ca": str(authority.path)}
    gate = start_gate(config)
    with gate.client(tls=authority.client(), alpn=["http/1.1"], receive_bytes=16384) as client:
        sent = b"Content-Length: %d\r\n\r\n%s" % (len(whole), whole) if framing == "length" else (
            b"Transfer-Encoding: chunked\r\n\r\n" + chunked(whole[:70_000], whole[70_000:70_001], whole[70_001:]))
        client.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n" + sent)
        assert client.read_response().body == whole
    assert upstream.requests[0].body == whole


def test_an_answer_over_tls_that_is_cut_short_is_broken_off(start_upstream, start_gate, authority):
    def cut(wire):
        upstream.note(wire.read_request())
        wire.send(b"HTTP/1.1 200 OK\r\n\r\nhalf of it")
        socket.socket(fileno=os.dup(wire.sock.fileno())).shutdown(socket.SHUT_RDWR)  # no close_notify
        wire.closes()

    upstream = start_upstream(cut, tls=authority.server("127.0.0.1"))
    config = one_worker(upstream.target)
    config["upstreams"]["up"]["tls"] = {"ca": str(authority.path)}
    gate = start_gate(config)
    with gate.client() as client, pytest.raises(Closed):
        client.get("/x")


# Trailers, HEAD, statuses without content.


def test_trailers_pass_both_ways(behind):
    trailers = ["X-Checksum: abc", "Grpc-Status: 0", "X-Long: " + "y" * 3000]
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n"
    gate, upstream = behind([answer + chunked(b"hello", trailers=trailers), answer + chunked(trailers=trailers)])
    with gate.client() as client:
        for body in [[b"hello"], []]:
            client.send(request("POST /x", "TE: trailers", "Transfer-Encoding: chunked", body=chunked(*body, trailers=trailers)))
            got = client.read_response()
            assert [f"{name}: {value}" for name, value in got.trailers] == trailers
            assert got["trailer"] == "X-Checksum"
    for one in upstream.requests:
        assert [f"{name}: {value}" for name, value in one.trailers] == trailers
        assert one["te"] == "trailers"


@pytest.mark.parametrize("head, method", [
    ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HEAD"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD"),
    ("HTTP/1.1 204 No Content\r\n\r\n", "GET"),
    ("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 1000\r\n\r\n", "GET"),
], ids=["length", "chunked", "204", "304"])
def test_answers_without_content_leave_the_connection_in_step(behind, head, method):
    gate, upstream = behind([head.encode(), response(b"next")])
    with gate.client() as client:
        got = client.ask(request(f"{method} /x"), method)
        assert got.status == int(head.split()[1])
        if "1000" in head:
            assert got["content-length"] == "1000"
        if got.status == 204:
            assert "content-length" not in got and "transfer-encoding" not in got
        assert client.get("/y").body == b"next"
    assert len(upstream.wires) == 1


# Interim answers.


def test_early_hints_pass_before_the_answer(behind):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"
    gate, _ = behind(hints * 2 + b"HTTP/1.1 102 Processing\r\n\r\n" + response(b"ok"))
    with gate.client() as client:
        for _ in range(2):
            got = client.get("/x")
            assert (got.status, got.body) == (200, b"ok")
            assert [one.status for one in got.interim] == [103, 103, 102]
            assert got.interim[0]["link"] == "</s.css>; rel=preload"
            assert "content-length" not in got.interim[0]
        # Whoever speaks HTTP/1.0 knows none.
        assert client.ask(request(version="1.0")).interim == []


def expecting(wire, upstream):
    head = wire.read_head()
    assert head["expect"] == "100-continue"
    upstream.note(head)
    return head


def test_the_upstream_invites_the_content(behind):
    def script(wire):
        expecting(wire, upstream)
        assert wire.rest() == b""
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert wire.take(5) == b"hello"
        wire.send(response(b"ok"))
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 5", "Expect: 100-continue"))
        assert client.read_head().status == 100
        assert client.ask(b"hello").body == b"ok"


@pytest.mark.parametrize("status", ["417 Expectation Failed", "403 Forbidden"])
def test_the_upstream_does_not_want_the_content(behind, status):
    def script(wire):
        expecting(wire, upstream)
        wire.send(response(b"no", status))
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        got = client.ask(request("POST /x", "Content-Length: 5", "Expect: 100-continue"))
        assert (got.status, got.body, got.interim) == (int(status[:3]), b"no", [])
        # The content may come or not: nobody can tell, so the connection ends.
        assert got["connection"] == "close"
        assert client.closes()
    wait_until(lambda: upstream.wires[0].ended, what="the end upstream")
    assert b"hello" not in upstream.received[0]


def test_an_upstream_that_does_not_know_of_invitations(behind):
    def script(wire):
        expecting(wire, upstream)
        assert wire.take(5) == b"hello"
        wire.send(b"HTTP/1.1 100 Continue\r\n\r\n" + response(b"ok"))
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        started = time.monotonic()
        client.send(request("POST /x", "Content-Length: 5", "Expect: 100-continue"))
        assert client.read_head().status == 100
        assert 0.8 < time.monotonic() - started < 3
        got = client.ask(b"hello")
        assert (got.body, got.interim) == (b"ok", [])  # the upstream's own comes too late


def test_an_answer_that_takes_longer_than_the_invitation(behind):
    """The head is out when the second is over: a 100 then would stand in the middle of the answer."""
    go = threading.Event()

    def script(wire):
        expecting(wire, upstream)
        wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nfirst")
        go.wait(5)
        wire.send(b"again")
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 5", "Expect: 100-continue"))
        assert client.read_head().status == 403
        with pytest.raises(TimeoutError):
            client.take(6, 1.5)
        go.set()
        assert client.take(10) == b"firstagain"
        assert client.closes()


# Answers that come early.


def test_a_whole_early_answer_arrives_while_the_client_still_sends(behind):
    def script(wire):
        upstream.note(wire.read_head())
        wire.send(response(b"enough", "413 Content Too Large"))
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 10000000", body=b"x" * 10_000))
        got = client.read_response()
        assert (got.status, got.body) == (413, b"enough")
        try:
            for _ in range(100):
                client.send(b"x" * 10_000)
        except OSError:
            pass  # it is told that nobody reads on, but only after the answer
    assert gate.get("/next").status_code == 413


def test_a_refusal_arrives_though_the_client_sends_without_reading(behind):
    gate, upstream = behind(routes=["GET /only"])
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 60000", body=b"x" * 60_000))
        assert client.read_response().status == 404
    with gate.client() as client:
        try:
            client.send(request("POST /x", "Content-Length: 300000", body=b"x" * 300_000))
        except OSError:
            pass
        assert client.read_response().status == 404
    assert upstream.requests == []


def test_an_answer_before_the_end_of_the_content_lets_it_flow_on(behind):
    def script(wire):
        upstream.note(wire.read_head())
        wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n")
        assert wire.take_until(b"0\r\n\r\n").startswith(b"4\r\nlate")
        wire.send(b"4\r\ndone\r\n0\r\n\r\n")
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("POST /x", "Transfer-Encoding: chunked"))
        client.take_until(b"early\r\n")
        client.send(b"4\r\nlate\r\n0\r\n\r\n")
        assert client.take_until(b"done\r\n0\r\n\r\n")


# Connections.


def test_connections_are_used_again_on_both_sides(behind):
    gate, upstream = behind()
    with gate.client() as client:
        for number in range(20):
            assert client.get(f"/{number}").body == b"ok"
    assert len(upstream.wires) == 1 and len(upstream.requests) == 20


def test_pipelined_requests_are_answered_in_their_order(behind):
    def script(wire):
        while wire.rest() or upstream.wait_for_bytes(wire):
            got = wire.read_request()
            upstream.note(got)
            wire.send(response(got.target.encode() * 1000))

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(b"".join(request(f"GET /{i}") for i in range(50)))
        for number in range(50):
            assert client.read_response().body == f"/{number}".encode() * 1000


@pytest.mark.parametrize("keep", [False, True])
def test_a_client_of_http_1_0_gets_no_chunks(behind, keep):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello", b"world", trailers=["X: y"])
    gate, _ = behind([answer, response(b"next")])
    with gate.client() as client:
        client.send(request("GET /x", *(["Connection: keep-alive"] if keep else []), version="1.0"))
        got = client.read_response()
        assert got.body == b"helloworld" and "transfer-encoding" not in got
        assert client.ended == "end"
    if keep:
        with gate.client() as client:
            got = client.ask(request("GET /x", "Connection: keep-alive", version="1.0"))
            assert got["connection"] == "keep-alive" and got.body == b"next"
            assert client.ask(request("GET /x", "Connection: keep-alive", version="1.0")).body == b"next"


def test_a_client_that_half_closes_gets_its_answer(behind):
    go = threading.Event()

    def script(wire):
        upstream.note(wire.read_request())
        go.wait(5)
        wire.send(response(b"ok"))
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request()).finish()
        upstream.wait_for_requests(1)
        go.set()
        assert client.read_response().body == b"ok"
        assert client.closes()


def test_a_client_that_resets_ends_the_request_upstream(behind):
    def script(wire):
        upstream.note(wire.read_request())
        wire.closes()

    gate, upstream = behind(script)
    client = gate.client()
    client.send(request())
    upstream.wait_for_requests(1)
    client.reset()
    wait_until(lambda: upstream.wires[0].ended, what="the end upstream")
