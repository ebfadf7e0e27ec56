"""What is promised: everything that a caller or a backend may take has a limit. At its edge all is well; one past it
the answer, the code and the counter are those of docs/errors.md. Limits of a head are in test_hostile_requests."""
import contextlib
import json
import resource
import socket
import threading
import time

import pytest

from gate import config_for, is_built_with
from raw import RawClient, chunked, response, wait_until


@pytest.fixture
def behind(start_upstream, start_gate):
    """behind(script, up={…}, limits={…}) → gate, upstream: one worker, so that each limit is one."""

    def make(script=None, up=None, target=None, **parts):
        upstream = start_upstream(script)
        config = config_for(target or upstream.target, workers=1, **parts)
        config["upstreams"]["up"].update(up or {})
        return start_gate(config), upstream

    return make


def request(line="GET /x", *fields, body=b""):
    return "\r\n".join([f"{line} HTTP/1.1", "Host: a", *fields, "", ""]).encode() + body


def code_of(answer):
    return json.loads(answer.body)["code"]


def is_problem(answer, status, code):
    assert (answer.status, code_of(answer)) == (status, code)
    assert answer["content-type"] == "application/problem+json"
    return True


def counted(gate, word, at_least=1):
    """A counter whose name or labels hold the word has counted."""

    def look():
        return [name for name, value in gate.metrics().items() if word in name and value >= at_least]

    return wait_until(look, 5, f"a counter of {word}")


def reached(gate, limit, count=1):
    """The counter of a limit that ends in no answer stands at so much."""
    name = f'gatehouse_limits_reached_total{{limit="{limit}"}}'
    return wait_until(lambda: gate.metrics()[name] == count, 5, f"{name} {count}")


def code_counted(gate, code, count=1):
    name = f'gatehouse_errors_total{{code="{code}"}}'
    return wait_until(lambda: gate.metrics()[name] == count, 5, f"{name} {count}")


def silence(wire):
    wire.read_request()
    wire.closes(5)


# Content.


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_content_at_its_limit(behind, framing, over):
    gate, upstream = behind(limits={"body_bytes": "1000B"})
    body = b"x" * (1000 + over)
    with gate.client() as client:
        if framing == "length":
            answer = client.ask(request("POST /x", f"Content-Length: {len(body)}", body=body))
        else:
            answer = client.ask(request("POST /x", "Transfer-Encoding: chunked", body=chunked(body[:600], body[600:])))
        assert is_problem(answer, 413, "body-too-large") if over else answer.status == 200
    assert [one.body for one in upstream.requests] == ([] if over else [body])
    if over:
        counted(gate, "body-too-large")


def test_a_routes_own_limit_counts(behind):
    route = {"match": "POST /x", "body_bytes": "10B", "backend": {"http": "up"}}
    gate, _ = behind(routes=[route, "/*"], limits={"body_bytes": "1000B"})
    with gate.client() as client:
        assert client.ask(request("POST /x", "Content-Length: 11", body=b"x" * 11)).status == 413
    with gate.client() as client:
        assert client.ask(request("POST /y", "Content-Length: 11", body=b"x" * 11)).status == 200


# Connections.


def test_connections_at_their_limit(behind):
    gate, _ = behind(limits={"connections": 10})
    clients = [gate.client() for _ in range(10)]
    for client in clients:
        assert client.get("/x").status == 200
    with gate.client() as one_more:
        assert one_more.closes()
    clients.pop().close()

    def again():
        with gate.client() as client:
            client.send(request())
            return client.fill(1)

    reached(gate, "connections")
    wait_until(again, 5, "room for another")
    for client in clients:
        client.close()


def test_connections_of_one_address_at_their_limit(behind):
    gate, _ = behind(limits={"connections_per_address": 2})
    with gate.client() as one, gate.client() as two:
        assert one.get("/x").status == two.get("/x").status == 200
        with gate.client() as three:
            assert three.closes()
    reached(gate, "connections_per_address")


def open_descriptors_max(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


@pytest.mark.skipif(is_built_with("__ubsan_handle"), reason="the sanitizer itself needs descriptors")
def test_accepting_pauses_while_descriptors_are_out(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, workers=1), before=open_descriptors_max(80))
    clients = []
    with contextlib.ExitStack() as held:
        for _ in range(80):  # taken by the kernel; the gate has no descriptors for all
            clients.append(held.enter_context(gate.client()))
        wait_until(lambda: gate.descriptors() == 80, 5, "the last descriptor to be taken")
        assert gate.alive()
    # All are gone: those that waited are taken, and so are new ones.
    wait_until(lambda: gate.descriptors() < 70, 5, "the descriptors to come back")
    with gate.client() as client:
        assert client.get("/x").status == 200
    name = 'gatehouse_limits_reached_total{limit="descriptors"}'
    assert gate.metrics()[name] >= 1


def test_requests_on_a_connection_at_their_limit(behind):
    gate, _ = behind(limits={"requests_per_connection": 3})
    with gate.client() as client:
        for _ in range(2):
            assert "connection" not in client.get("/x")
        assert client.get("/x")["connection"] == "close"
        assert client.closes()
    reached(gate, "requests_per_connection")


# Time for what a caller sends.


def lasts(seconds, wait):
    started = time.monotonic()
    result = wait()
    taken = time.monotonic() - started
    assert seconds * 0.8 <= taken < seconds + 2, f"it took {taken:.2f} s"
    return result


@pytest.mark.parametrize("way", ["first", "second", "dripping"])
def test_a_head_has_its_time(behind, way):
    gate, upstream = behind(limits={"head_time": "300ms"})
    with gate.client() as client:
        if way == "second":
            assert client.get("/first").status == 200

        def drip():
            try:
                client.drip(b"GET /slow HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100, pause=0.02 if way == "dripping" else 0)
            except OSError:
                pass

        feeder = threading.Thread(target=drip)
        feeder.start()
        answer = lasts(0.3, client.read_response)
        assert is_problem(answer, 408, "request-head-timeout")
        assert answer["connection"] == "close" and client.closes()
        feeder.join()
    assert [one.target for one in upstream.requests] == (["/first"] if way == "second" else [])
    counted(gate, "request-head-timeout")


def test_a_connection_without_a_request_is_closed_without_a_word(behind):
    gate, _ = behind(limits={"head_time": "300ms"})
    with gate.client() as client:
        assert lasts(0.3, client.closes)
        assert client.received == b""
    reached(gate, "first_head_time")


def test_a_connection_may_rest_so_long(behind):
    gate, _ = behind(limits={"idle": "300ms"})
    with gate.client() as client:
        assert client.get("/x").status == 200
        assert lasts(0.3, client.closes)
        assert client.rest() == b""
    reached(gate, "idle_time")


def test_a_handshake_has_its_time(start_gate, upstream, authority):
    certificate, key = authority.issue("localhost")
    config = config_for(upstream.target, limits={"head_time": "300ms"})
    config["listeners"][0]["tls"] = {"certificates": [{"cert": str(certificate), "key": str(key)}]}
    gate = start_gate(config)
    with gate.client() as client:
        client.send(b"\x16\x03\x01")  # the beginning of a hello
        assert lasts(0.3, client.closes)
    reached(gate, "handshake_time")


def test_content_that_stops_is_not_waited_for(behind):
    gate, upstream = behind(limits={"body_idle": "300ms"})
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 10", body=b"half"))
        answer = lasts(0.3, client.read_response)
        assert is_problem(answer, 408, "request-body-timeout")
        assert answer["connection"] == "close" and client.closes()
    assert upstream.requests == []
    counted(gate, "request-body-timeout")


def test_content_that_goes_on_may_take_longer(behind):
    gate, upstream = behind(limits={"body_idle": "300ms"})
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 10"))
        client.drip(b"0123456789", pause=0.06)
        assert client.read_response().status == 200
    assert upstream.requests[0].body == b"0123456789"


def test_content_below_the_least_rate_is_refused(behind):
    gate, upstream = behind(limits={"min_rate": "1KiB/s", "min_rate_grace": "300ms"})
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 1000"))

        def drip():
            try:
                client.drip(b"x" * 1000, pause=0.02)
            except OSError:
                pass

        feeder = threading.Thread(target=drip)
        feeder.start()
        assert is_problem(client.read_response(), 408, "too-slow")
        feeder.join()
    assert upstream.requests == []
    code_counted(gate, "too-slow")


def test_content_just_above_the_least_rate_passes(behind):
    gate, upstream = behind(limits={"min_rate": "1KiB/s", "min_rate_grace": "300ms"})
    with gate.client() as client:
        client.send(request("POST /x", "Content-Length: 2000"))
        client.drip(b"x" * 2000, size=100, pause=0.04)  # 2.4 KiB/s, for 0.8 s
        assert client.read_response().status == 200
    assert len(upstream.requests[0].body) == 2000


def test_a_client_that_takes_its_answer_below_the_least_rate_is_let_go(behind):
    def send(wire):
        upstream.note(wire.read_request())
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        wire.send(b"x" * 100_000_000)

    limits = {"min_rate": "100MiB/s", "min_rate_grace": "300ms", "body_idle": "10s"}
    gate, upstream = behind(send, limits=limits)
    with gate.client(receive_bytes=65536) as client:
        client.send(request())
        client.read_head()

        def sip():
            try:
                client.sock.settimeout(0.02)
                client.sock.recv(20_000)
            except TimeoutError:
                pass
            except ConnectionError:
                return True
            return upstream.wires[0].sock.fileno() < 0

        wait_until(sip, 10, "the end of an answer that is taken too slowly")
    code_counted(gate, "too-slow")


def test_a_client_that_takes_nothing_is_let_go(behind):
    def send(wire):
        upstream.note(wire.read_request())
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        wire.send(b"x" * 100_000_000)

    gate, upstream = behind(send, limits={"body_idle": "300ms"})
    with gate.client(receive_bytes=65536) as client:
        client.send(request())
        client.read_head()
        wait_until(lambda: upstream.wires[0].sock.fileno() < 0, 10, "the end upstream")
        client.read_until_close()
        assert len(client.received) < 100_000_000 and client.ended == "reset"
    code_counted(gate, "request-body-timeout")


def test_a_whole_request_has_its_time(behind):
    gate, _ = behind(silence, limits={"request_time": "300ms"})
    with gate.client() as client:
        client.send(request())
        assert is_problem(lasts(0.3, client.read_response), 504, "upstream-total-timeout")
    code_counted(gate, "upstream-total-timeout")


def test_a_whole_request_has_its_time_also_when_the_client_is_slow(behind):
    def send(wire):
        upstream.note(wire.read_request())
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        wire.send(b"x" * 100_000_000)

    gate, upstream = behind(send, limits={"request_time": "500ms"})
    with gate.client(receive_bytes=65536) as client:

        def ask_and_stall():
            client.send(request())
            client.read_head()
            wait_until(lambda: upstream.wires[0].sock.fileno() < 0, 10, "the end upstream")

        lasts(0.5, ask_and_stall)


# Time and room for what a backend gives.


@pytest.fixture
def deaf():
    """An address whose queue of connections is full: a SYN gets no answer."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    for one in [*fillers, listener]:
        one.close()


def test_a_connection_upstream_has_its_time(behind, deaf):
    gate, _ = behind(target=deaf, up={"connect_timeout": "300ms", "retry": False})
    with gate.client() as client:
        client.send(request())
        assert is_problem(lasts(0.3, client.read_response), 504, "upstream-connect-timeout")
    counted(gate, "upstream-connect-timeout")


def test_a_client_may_leave_while_a_connection_upstream_is_opened(behind, deaf):
    gate, _ = behind(target=deaf, up={"connect_timeout": "300ms"})
    for _ in range(5):
        client = gate.client()
        client.send(request("POST /x", "Content-Length: 5", body=b"he"))
        client.reset()
    gate.wait_for_events(5)


def test_nobody_listens_upstream(behind):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gate, _ = behind(target=f"127.0.0.1:{unused.getsockname()[1]}")
        with gate.client() as client:
            assert is_problem(client.ask(request()), 502, "upstream-connect-failed")


def test_the_first_byte_has_its_time(behind):
    gate, _ = behind(silence, up={"first_byte_timeout": "300ms"})
    with gate.client() as client:
        client.send(request())
        assert is_problem(lasts(0.3, client.read_response), 504, "upstream-first-byte-timeout")


def test_an_answer_that_stops_is_broken_off(behind):
    def stop(wire):
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        wire.closes(5)

    gate, _ = behind(stop, up={"idle_timeout": "300ms"})
    with gate.client() as client:
        client.send(request())

        def read():
            client.read_head()
            return client.read_until_close()

        assert lasts(0.3, read) == b"half"
    counted(gate, "upstream-idle-timeout")


def test_a_whole_answer_has_its_time(behind):
    def drip(wire):
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        wire.drip(b"x" * 1000, pause=0.05)

    gate, _ = behind(drip, up={"total_timeout": "300ms"})
    with gate.client() as client:

        def ask():
            client.send(request())
            client.read_head()
            return client.read_until_close()

        assert len(lasts(0.3, ask)) < 100
    counted(gate, "upstream-total-timeout")


@pytest.fixture
def held():
    """A script that holds its answer until go is set."""

    class Held:
        go = threading.Event()

        def __call__(self, wire):
            while wire.rest() or self.upstream.wait_for_bytes(wire):
                self.upstream.note(wire.read_request())
                self.go.wait(5)
                wire.send(response(b"ok"))

    held = Held()
    held.go = threading.Event()
    return held


def test_the_queue_for_connections_is_full(behind, held):
    gate, upstream = behind(held, up={"connections_max": 1, "waiters_max": 1, "wait_timeout": "5s"})
    held.upstream = upstream
    clients = [gate.client() for _ in range(3)]
    clients[0].send(request("GET /1"))
    upstream.wait_for_requests(1)
    clients[1].send(request("GET /2"))
    # One waits; which of two comes too late is for the gate to say.
    clients[2].send(request("GET /3"))
    refused = wait_until(lambda: next((c for c in clients[1:] if has_answer(c)), None), 5, "a refusal")
    assert is_problem(refused.read_response(), 503, "upstream-busy")
    held.go.set()
    for client in clients:
        if client is not refused:
            assert client.read_response().body == b"ok"
        client.close()
    assert len(upstream.wires) == 1


def has_answer(client):
    try:
        return client.fill(0.01)
    except TimeoutError:
        return False


def test_who_waits_for_a_connection_waits_so_long(behind, held):
    gate, upstream = behind(held, up={"connections_max": 1, "wait_timeout": "300ms"})
    held.upstream = upstream
    with gate.client() as first, gate.client() as second:
        first.send(request("GET /1"))
        upstream.wait_for_requests(1)
        second.send(request("GET /2"))
        assert is_problem(lasts(0.3, second.read_response), 503, "upstream-busy")
        held.go.set()
        assert first.read_response().body == b"ok"


def test_who_leaves_the_queue_harms_nobody(behind, held):
    gate, upstream = behind(held, up={"connections_max": 1, "wait_timeout": "5s"})
    held.upstream = upstream
    first = gate.client().send(request("GET /1"))
    upstream.wait_for_requests(1)
    for _ in range(5):
        gate.client().send(request("GET /gone")).reset()
    last = gate.client().send(request("GET /last"))
    held.go.set()
    assert first.read_response().body == last.read_response().body == b"ok"
    first.close(), last.close()


def test_a_connection_that_rests_upstream_is_closed_in_time(behind):
    gate, upstream = behind(up={"keep_idle_time": "200ms"})
    assert gate.get("/x").status_code == 200
    wait_until(lambda: upstream.wires[0].ended, 5, "the end of the resting connection")
    assert gate.get("/y").status_code == 200


def test_no_descriptor_is_left_behind(behind):
    gate, upstream = behind()
    assert gate.get("/x").status_code == 200
    before = gate.sockets()
    for _ in range(50):
        client = RawClient(gate.port)
        client.send(request("POST /x", "Content-Length: 10", body=b"half"))
        client.reset()
    wait_until(lambda: gate.sockets() <= before + 1, 5, "the sockets to come back")
