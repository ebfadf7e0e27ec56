"""What is promised: an answer is read as strictly as a request. What is malformed becomes a 502 or breaks off, a
surplus never reaches anybody, and a connection that was not clean to its last byte is never used again."""
import json
import random
import threading

import pytest

from gate import Gate, config_for
from hostile_answers import BROKEN, PASSED, REFUSED, REUSED
from raw import Closed, RawUpstream, response, wait_until

UPSTREAM = {"first_byte_timeout": "300ms", "idle_timeout": "300ms", "eject": {"failures": 10_000}}


class Scripted:
    """A gate before an upstream that gives one set answer, then ordinary ones on fresh connections."""

    def __init__(self, folder):
        self.upstream = RawUpstream(self.answer)
        config = config_for(self.upstream.target, workers=1)  # one pool, so that its connections can be counted
        config["upstreams"]["up"].update(UPSTREAM)
        self.gate = Gate(folder, config)
        self.next = None

    def answer(self, wire):
        while wire.rest() or self.upstream.wait_for_bytes(wire):
            self.upstream.note(wire.read_request())
            answer, self.next = self.next, None
            if answer is None:
                wire.send(response(b"fresh"))
            elif callable(answer):
                answer(wire)
            else:
                wire.send(answer.sent)
                if answer.closes:
                    return

    def ask(self, answer, method="GET"):
        self.next = answer
        client = self.gate.client()
        client.send(f"{method} /x HTTP/1.1\r\nHost: a\r\n\r\n")
        return client

    def connections(self):
        return len(self.upstream.wires)

    def another_is_fresh(self):
        before = self.connections()
        assert self.gate.get("/next").content == b"fresh"
        return self.connections() == before + 1


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    made = Scripted(tmp_path_factory.mktemp("hostile"))
    yield made
    made.gate.check()
    made.upstream.close()


def ids(answer):
    return answer.name


@pytest.mark.parametrize("answer", REFUSED, ids=ids)
def test_a_head_that_is_not_sound_is_a_502(scripted, answer):
    with scripted.ask(answer, answer.method) as client:
        got = client.read_response()
        assert got.status == answer.status
        assert json.loads(got.body)["code"] == answer.code
        assert scripted.another_is_fresh()
        # The client's own connection is as good as before.
        assert client.get("/y").body == b"fresh"


@pytest.mark.parametrize("old", [False, True], ids=["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize("answer", BROKEN, ids=ids)
def test_a_body_that_breaks_is_seen_to_break(scripted, answer, old):
    scripted.next = answer
    with scripted.gate.client() as client:
        client.send(f"GET /x HTTP/1.{0 if old else 1}\r\nHost: a\r\n\r\n")
        try:
            got = client.read_response()
        except Closed:
            pass
        else:
            assert old and client.ended == "reset", f"{got.raw!r} seems whole"
        assert b"0\r\n\r\n" not in client.received.partition(b"\r\n\r\n")[2]
        assert client.closes()
    assert scripted.another_is_fresh()


@pytest.mark.parametrize("answer", PASSED, ids=ids)
def test_what_stands_behind_an_answer_reaches_nobody(scripted, answer):
    with scripted.ask(answer, answer.method) as client:
        got = client.read_response(answer.method)
        assert got.status == (200 if answer.status == 502 else answer.status)
        assert got.body == answer.body
        assert client.rest() == b""
        assert scripted.another_is_fresh() == (answer.name not in REUSED)
        assert client.get("/y").body == b"fresh"
        assert b"stolen" not in client.received


@pytest.mark.parametrize("answer", [REFUSED[0], BROKEN[0], PASSED[0]], ids=ids)
def test_how_the_answer_is_cut_changes_nothing(scripted, answer):
    def drip(wire):
        wire.drip(answer.sent)
        if answer.closes:
            wire.finish()

    with scripted.ask(drip) as client:
        if answer.broken:
            with pytest.raises(Closed):
                client.read_response()
        else:
            got = client.read_response()
            assert got.status == (502 if answer.code else 200)
            assert answer.code or got.body == answer.body


def test_a_reset_in_the_body_is_seen(scripted):
    def reset(wire):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        wire.reset()

    with scripted.ask(reset) as client, pytest.raises(Closed):
        client.read_response()
    assert scripted.another_is_fresh()


def test_a_reset_before_the_head_is_a_502(scripted):
    with scripted.ask(lambda wire: wire.reset(), "POST") as client:
        got = client.read_response()
        assert (got.status, json.loads(got.body)["code"]) == (502, "upstream-closed")


def test_an_upstream_that_never_answers_is_a_504(scripted):
    with scripted.ask(lambda wire: wire.closes()) as client:
        got = client.read_response()
        assert (got.status, json.loads(got.body)["code"]) == (504, "upstream-first-byte-timeout")
    assert scripted.another_is_fresh()


def test_a_head_that_drips_is_not_waited_for(scripted):
    def drip(wire):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 1000:
            wire.send(bytes([byte]))
            if wire.ended:
                return
            try:
                wire.fill(0.02)
            except TimeoutError:
                pass

    with scripted.ask(drip) as client:
        got = client.read_response()
        assert (got.status, json.loads(got.body)["code"]) == (504, "upstream-first-byte-timeout")


def test_a_body_that_stops_is_broken_off(scripted):
    def stop(wire):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        wire.closes()

    with scripted.ask(stop) as client, pytest.raises(Closed):
        client.read_response()
    assert scripted.another_is_fresh()


def test_an_answer_before_the_question_answers_nothing(start_upstream, start_gate):
    def early(wire):
        wire.send(response(b"early"))
        wire.closes()

    upstream = start_upstream(early)
    gate = start_gate(config_for(upstream.target))
    # On a new connection the two may cross on the way; what is there before we ask is refused.
    answer = gate.get("/x")
    assert answer.status_code in (200, 502)
    # Bytes on a connection that rests are never an answer.
    quiet = start_upstream()
    gate = start_gate(config_for(quiet.target, workers=1))
    assert gate.get("/1").content == b"ok"
    quiet.wires[0].send(response(b"stolen"))
    wait_until(lambda: quiet.wires[0].ended, what="the end of the connection that spoke")
    assert gate.get("/2").content == b"ok"
    assert len(quiet.wires) == 2


def test_a_pooled_connection_that_ended_is_replaced_without_a_word(start_upstream, start_gate):
    upstream = start_upstream()
    gate = start_gate(config_for(upstream.target, workers=1))
    for number in range(5):
        assert gate.get(f"/{number}").status_code == 200
        upstream.wires[-1].finish()
    assert [one.target for one in upstream.requests] == [f"/{number}" for number in range(5)]


def test_faults_of_the_backend_are_said_to_be_its_own(start_upstream, start_gate):
    upstream = start_upstream([answer.sent for answer in REFUSED[:3]] + [BROKEN[0].sent])
    config = config_for(upstream.target)
    config["upstreams"]["up"]["eject"] = {"failures": 1000}
    gate = start_gate(config)
    for number in range(3):
        assert gate.get(f"/{number}").status_code == 502
    with gate.client() as client, pytest.raises(Closed):
        client.get("/3")
    events = gate.wait_for_events(4)
    text = json.dumps(events)
    assert text.count("upstream-malformed") >= 4
    assert text.count('"backend"') >= 4


def misbehave(wire, dice):
    """An upstream that may answer, or break, at any moment."""
    head = wire.read_head()
    for _ in range(3):
        move = dice.random()
        if move < 0.15:
            return wire.reset()
        if move < 0.25:
            return None
        if move < 0.4:
            wire.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        elif move < 0.5 and "upgrade" in head:
            wire.send(b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: own\r\n\r\n" + bytes(dice.randrange(99)))
            return wire.finish() if dice.random() < 0.5 else wire.closes(0.05)
        elif move < 0.7:
            wire.send(response(bytes(dice.choice([0, 5, 300_000]))))
            return wire.closes(0.05) if dice.random() < 0.7 else None
        elif move < 0.8:
            wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            return wire.closes(0.02)
        else:
            try:
                wire.fill(0.01)
            except TimeoutError:
                pass
    return wire.send(response(b"at last"))


def annoy(client, dice):
    """A client that may send, or break, at any moment."""
    fields = dice.choice(["", "Expect: 100-continue\r\n", "Connection: upgrade\r\nUpgrade: own\r\n"])
    size = dice.choice([0, 5, 100_000, 1_000_000])
    framing = f"Content-Length: {size}\r\n" if dice.random() < 0.5 else "Transfer-Encoding: chunked\r\n"
    client.send(f"POST /chaos HTTP/1.1\r\nHost: a\r\n{fields}{framing if size else ''}\r\n")
    if size:
        body = bytes(size) if "Length" in framing else b"%x\r\n%s\r\n0\r\n\r\n" % (size, bytes(size))
        client.send(body[: dice.choice([len(body), len(body), dice.randrange(len(body))])])
    move = dice.random()
    if move < 0.3:
        client.reset()
    elif move < 0.5:
        client.close()
    else:
        if move < 0.7:
            client.finish()
        try:
            client.fill(dice.choice([0.01, 0.2]))
        except TimeoutError:
            pass
        client.reset() if dice.random() < 0.5 else client.close()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_both_sides_do_at_once_makes_one_event_each(start_upstream, start_gate, seed):
    rounds, threads = 40, 4
    upstream = start_upstream(lambda wire: misbehave(wire, random.Random(f"{seed}-{len(upstream.wires)}")))
    config = config_for(upstream.target, limits={"body_idle": "300ms"})
    config["upstreams"]["up"].update({**UPSTREAM, "connections_max": 3, "wait_timeout": "200ms"})
    gate = start_gate(config)
    before = gate.sockets()

    def annoy_much(name):
        dice = random.Random(f"{seed}-{name}")
        for _ in range(rounds):
            try:
                annoy(gate.client(), dice)
            except OSError:
                pass  # the gate may end what is broken

    annoyers = [threading.Thread(target=annoy_much, args=(name,)) for name in range(threads)]
    for one in annoyers:
        one.start()
    for one in annoyers:
        one.join()
    assert gate.alive()
    wait_until(lambda: gate.sockets() <= before + 2 * 3, 10, "the sockets to come back")
    gate.stop()
    ids = [json.dumps(event) for event in gate.events() if "/chaos" in json.dumps(event)]
    # A client that resets at once may be gone before its head was read.
    assert rounds * threads * 0.8 < len(ids) <= rounds * threads
