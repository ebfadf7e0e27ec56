"""What is promised: told to stop, the gate takes nothing new, finishes what is under way, says so to whom it
answers, cuts what outlasts the deadline, and ends with 0."""
import signal
import socket
import threading
import time

import pytest

from gate import Gate, config_for
from raw import RawClient, response, wait_until
from test_reload import free_port, listening


def draining(target, drain="5s", **parts):
    return config_for(target, admin=None, limits={"drain": drain}, **parts)


@pytest.fixture
def held(start_upstream):
    """An upstream that answers once it is let go: the head first, then the body."""
    let_go, waiting = threading.Event(), threading.Semaphore(0)

    def script(wire):
        while wire.rest() or upstream.wait_for_bytes(wire):
            request = wire.read_request()
            upstream.note(request)
            if request.target == "/half":
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            if request.target != "/quick":
                waiting.release()
                let_go.wait(20)
            wire.send(b"rest" if request.target == "/half" else response(b"whole"))

    upstream = start_upstream(script)
    upstream.let_go, upstream.waiting = let_go, waiting
    yield upstream
    let_go.set()


def ask(gate, upstream, target="/slow"):
    client = gate.client()
    client.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")
    upstream.waiting.acquire(timeout=10)
    return client


def tell(gate):
    gate.process.send_signal(signal.SIGTERM)
    gate.wait_for_log("draining")


def test_what_is_under_way_is_finished_and_says_that_it_is_the_last(start_gate, held):
    gate = start_gate(draining(held.target))
    slow, half = ask(gate, held), ask(gate, held, "/half")
    tell(gate)
    wait_until(lambda: not listening(gate.port))
    held.let_go.set()
    answer = slow.read_response()
    assert (answer.status, answer.body, answer["connection"]) == (200, b"whole", "close")
    assert half.read_response().body == b"halfrest"
    assert slow.closes() and half.closes()
    assert gate.process.wait(10) == 0


def test_idle_connections_are_closed_at_once(start_gate, held):
    gate = start_gate(draining(held.target, drain="20s"))
    with gate.client() as idle, gate.client() as silent:
        assert idle.get("/quick").status == 200
        tell(gate)
        assert idle.closes(3)
        assert silent.closes(3)
        assert gate.process.wait(5) == 0


def test_nothing_under_way_ends_it_at_once(start_gate, upstream):
    gate = start_gate(draining(upstream.target, drain="1h"))
    began = time.monotonic()
    assert gate.stop() == 0
    assert time.monotonic() - began < 10


def test_its_address_is_free_before_it_has_drained(start_gate, held, tmp_path):
    port = free_port()
    config = draining(held.target, listeners=[{"address": f"127.0.0.1:{port}"}])
    old = start_gate(config)
    client = ask(old, held)
    tell(old)
    wait_until(lambda: not listening(port))
    with socket.socket() as fresh:  # without SO_REUSEPORT: the address is free indeed
        fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        fresh.bind(("127.0.0.1", port))
        fresh.listen()
    new = start_gate(config)
    assert new.get("/quick").status_code == 200
    held.let_go.set()
    assert client.read_response().status == 200
    assert old.process.wait(10) == 0


@pytest.mark.parametrize("target", ["/slow", "/half"])
def test_what_outlasts_the_deadline_is_cut(start_gate, held, target):
    gate = start_gate(draining(held.target, drain="300ms"))
    with ask(gate, held, target) as client:
        tell(gate)
        began = time.monotonic()
        assert b"whole" not in client.read_until_close(5)
        assert gate.process.wait(10) == 0
        assert time.monotonic() - began < 5
    assert "cut off after 300 ms: 1 connection (limits.drain)" in gate.log


def test_a_tunnel_is_cut_at_the_deadline(start_gate, start_upstream):
    def tunnel(wire):
        wire.read_head()
        wire.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
        wire.fill(20)

    gate = start_gate(draining(start_upstream(tunnel).target, drain="300ms"))
    with gate.client() as client:
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
        assert client.read_head().status == 101
        tell(gate)
        assert client.closes(5)
        assert gate.process.wait(5) == 0


def test_who_waits_for_a_connection_does_not_hold_the_gate(start_gate, held):
    config = draining(held.target, drain="300ms", workers=1)
    config["upstreams"]["up"].update(connections_max=1, wait_timeout="1m")
    gate = start_gate(config)
    with ask(gate, held), gate.client() as waits:
        waits.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
        tell(gate)
        assert gate.process.wait(5) == 0


def test_an_upstream_that_does_not_answer_the_call_does_not_hold_the_gate(start_gate):
    with socket.socket() as full:
        # A full backlog: connecting to it takes for ever.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
            fillers.append(sock)
        config = draining(f"127.0.0.1:{full.getsockname()[1]}", drain="300ms")
        config["upstreams"]["up"]["connect_timeout"] = "1m"
        gate = start_gate(config)
        with gate.client() as client:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            threading.Event().wait(0.2)
            tell(gate)
            assert gate.process.wait(5) == 0
        for sock in fillers:
            sock.close()


def test_a_handshake_does_not_hold_the_gate(start_gate, upstream, authority):
    crt, key = authority.issue("localhost")
    tls = {"certificates": [{"cert": str(crt), "key": str(key)}]}
    gate = start_gate(draining(upstream.target, "20s", listeners=[{"address": "127.0.0.1:0", "tls": tls}]))
    with gate.client() as client:
        client.send(b"\x16\x03\x01")
        tell(gate)
        assert client.closes(3)
        assert gate.process.wait(5) == 0


def test_a_half_sent_head_is_cut_at_the_deadline(start_gate, upstream):
    gate = start_gate(draining(upstream.target, "300ms"))
    with gate.client() as client:
        client.send("GET / HTTP/1.1\r\nHo")
        tell(gate)
        client.read_until_close(5)
        assert gate.process.wait(5) == 0


def test_an_address_that_is_taken_is_told_and_nothing_is_started(tmp_path, upstream):
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = draining(
            upstream.target,
            listeners=[{"address": "127.0.0.1:0"}, {"address": f"127.0.0.1:{other.getsockname()[1]}"}],
        )
        with pytest.raises(AssertionError, match="E0601"):
            Gate(tmp_path / "gate", config)
