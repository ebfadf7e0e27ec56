"""What is promised: a target's name is resolved while the gate runs: new addresses are used, those that went are
drained, a dead name server changes nothing, and a name that nobody knows is told of."""
import socket
import struct
import threading

import pytest

from gate import config_for
from raw import RawUpstream, response, wait_until

NAME = "app.test.example"


class NameServer:
    """A UDP name server: `addresses` answers every A question; None says that the name is unknown."""

    def __init__(self, *addresses):
        self.addresses, self.asked, self.silent = list(addresses), 0, False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                question, client = self.sock.recvfrom(4096)
            except OSError:
                return
            if not question:
                return
            if not self.silent:
                self.sock.sendto(self.answer(question), client)

    def answer(self, question):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack("!H", question[end - 4 : end - 2])[0]
        self.asked += 1
        unknown = self.addresses is None
        answers = self.addresses if kind == 1 and not unknown else []
        head = question[:2] + struct.pack("!HHHHH", 0x8183 if unknown else 0x8180, 1, len(answers), 0, 0)
        record = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + socket.inet_aton(one) for one in answers
        )
        return head + question[12:end] + record

    def close(self):
        self.sock.close()


@pytest.fixture
def names():
    server = NameServer("127.0.0.1")
    yield server
    server.close()


def named(names, port, **settings):
    config = config_for(
        f"{NAME}:{port}",
        admin=None,
        workers=1,
        resolver={"servers": [f"127.0.0.1:{names.port}"], "ttl_min": "1s", "ttl_max": "1s"},
    )
    config["upstreams"]["up"].update(settings)
    return config


@pytest.fixture
def pair():
    """Two upstreams on one port of two addresses, and the port."""
    first = RawUpstream(response(b"first"))
    second = object.__new__(RawUpstream)
    second.script, second.tls = response(b"second"), None
    second.requests, second.wires, second.faults = [], [], []
    second.lock, second.closing = threading.Lock(), False
    second.listener = socket.create_server(("127.0.0.2", first.port), backlog=64)
    second.port = first.port
    second.thread = threading.Thread(target=second.accept, daemon=True)
    second.thread.start()
    yield first, second
    first.close()
    second.close()


def test_a_name_is_resolved_before_the_first_request_is_given_up(start_gate, names, upstream):
    gate = start_gate(named(names, upstream.port, wait_timeout="5s"))
    assert gate.get("/").status_code == 200
    assert names.asked >= 1


def test_new_addresses_are_used_and_those_that_went_are_drained(start_gate, names, pair):
    first, second = pair
    gate = start_gate(named(names, first.port, wait_timeout="5s"))
    with gate.client() as client:
        assert client.get().body == b"first"
        names.addresses = ["127.0.0.2"]
        wait_until(lambda: client.get().body == b"second")
        wait_until(lambda: first.wires[0].ended == "end", what="the end of the old connection")
        names.addresses = ["127.0.0.1", "127.0.0.2"]
        wait_until(lambda: {client.get().body for _ in range(4)} == {b"first", b"second"})


def test_what_is_under_way_at_an_address_that_goes_is_finished(start_gate, names, pair):
    first, second = pair
    let_go, begun = threading.Event(), threading.Event()

    def held(wire):
        wire.read_request()
        begun.set()
        let_go.wait(20)
        wire.send(response(b"finished"))

    first.script = held
    gate = start_gate(named(names, first.port, wait_timeout="5s"))
    with gate.client() as slow, gate.client() as other:
        slow.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert begun.wait(10)
        names.addresses = ["127.0.0.2"]

        def moved():
            other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return other.read_response().body == b"second"

        first.script = response(b"first")
        wait_until(moved)
        let_go.set()
        assert slow.read_response().body == b"finished"


def test_a_name_server_that_dies_changes_nothing(start_gate, names, upstream):
    gate = start_gate(named(names, upstream.port, wait_timeout="5s"))
    assert gate.get("/").status_code == 200
    names.silent = True
    pause = threading.Event()
    for _ in range(10):
        pause.wait(0.25)
        assert gate.get("/").status_code == 200
    names.silent, names.addresses = False, None  # unknown now: the last good answer stays, too
    asked = names.asked
    wait_until(lambda: names.asked > asked + 1, 20)
    assert gate.get("/").status_code == 200


def test_a_name_that_nobody_knows_is_told_of(start_gate, names, upstream):
    names.addresses = None
    gate = start_gate(named(names, upstream.port))
    answer = gate.get("/")
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream-name-unknown")
    names.addresses = ["127.0.0.1"]
    wait_until(lambda: gate.get("/").status_code == 200, 20)


def test_a_reload_keeps_what_a_name_stands_for(start_gate, names, upstream):
    config = named(names, upstream.port, wait_timeout="5s")
    gate = start_gate(config)
    assert gate.get("/").status_code == 200
    names.silent = True
    config["upstreams"]["up"]["keep_idle"] = 3
    assert gate.reload(config)
    for _ in range(5):
        assert gate.get("/").status_code == 200
