"""What is promised: HTTP/2 callers are served like those of HTTP/1, with prior knowledge and by ALPN;
what would mean something else to an HTTP/1 upstream is refused, floods are cut off, drains lose nothing."""
import json
import shutil
import subprocess
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import pytest

from gate import config_for
from raw import SECONDS, RawClient, chunked, response, wait_until

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"localhost"), (b":path", b"/")]


def fields(method="GET", path="/", *more):
    return [
        (b":method", method.encode()),
        (b":scheme", b"http"),
        (b":authority", b"localhost"),
        (b":path", path.encode()),
        *((name.encode(), value.encode("latin-1")) for name, value in more),
    ]


class Answer:
    def __init__(self):
        self.heads, self.body, self.trailers = [], b"", {}
        self.ended, self.reset = False, None

    @property
    def status(self):
        return int(self.heads[-1][":status"])


class Http2:
    """A caller that sends what it is told to, right or wrong."""

    def __init__(self, port, **options):
        self.wire = RawClient(port, **options)
        self.state = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=True,
                header_encoding="latin-1",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self.answers, self.goaways = {}, []
        self.credit = True
        self.state.initiate_connection()
        self.push()

    def push(self):
        try:
            self.wire.send(self.state.data_to_send())
        except OSError:
            self.wire.ended = "reset"

    def ask(self, head, body=None, end=True):
        stream = self.state.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.state.send_headers(stream, head, end_stream=end and body is None)
        if body is not None:
            self.send(stream, body, end)
        self.push()
        return stream

    def send(self, stream, body, end=True, seconds=SECONDS):
        while body:
            room = min(self.state.local_flow_control_window(stream), self.state.max_outbound_frame_size)
            if room == 0:
                self.read(seconds)
                continue
            self.state.send_data(stream, body[:room], end_stream=end and len(body) <= room)
            body = body[room:]
            self.push()

    def trail(self, stream, trailers):
        self.state.send_headers(stream, trailers, end_stream=True)
        self.push()

    def reset(self, stream):
        self.state.reset_stream(stream, 8)
        self.push()

    def read(self, seconds=SECONDS):
        """Takes in what arrives next; False at the end."""
        if not self.wire.fill(seconds):
            return False
        while len(rest := self.wire.rest()) >= 9 and len(rest) >= 9 + int.from_bytes(rest[:3], "big"):
            for event in self.state.receive_data(self.wire.take(9 + int.from_bytes(rest[:3], "big"))):
                self.take(event)
            if self.goaways:
                # To this library a GOAWAY is the end; to us it is the beginning of one.
                self.state.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        self.push()
        return True

    def take(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.last_stream_id, event.error_code))
        elif answer is None:
            return
        elif isinstance(event, (h2.events.ResponseReceived, h2.events.InformationalResponseReceived)):
            answer.heads.append(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.credit and event.flow_controlled_length:
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = event.error_code

    def wait(self, stream, seconds=SECONDS):
        answer = self.answers[stream]
        while not answer.ended and answer.reset is None:
            assert self.read(seconds), f"closed, with {self.goaways}"
        return answer

    def get(self, path="/", *more):
        return self.wait(self.ask(fields("GET", path, *more)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()


def test_a_request_passes_and_its_answer_comes_back(gate, upstream):
    upstream.script = response(b"hello", "200 OK", "X-Own: Yes", "Connection: keep-alive")
    with Http2(gate.port) as client:
        answer = client.get("/orders/7?full=1", ("cookie", "a=1"), ("cookie", "b=2"))
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.heads[0]["x-own"] == "Yes" and answer.heads[0]["content-length"] == "5"
    assert "connection" not in answer.heads[0]
    request = upstream.requests[0]
    assert request.start == "GET /orders/7?full=1 HTTP/1.1"
    assert request["host"] == "localhost" and request["cookie"] == "a=1; b=2"


def test_one_connection_carries_many_requests_and_each_makes_one_event(gate):
    with Http2(gate.port) as client:
        streams = [client.ask(fields("GET", f"/things/{number}")) for number in range(50)]
        assert all(client.wait(stream).status == 200 for stream in streams)
    gate.wait_for_events(50)
    gate.stop()
    events = gate.events()
    assert len(events) == 50


def test_content_and_trailers_pass_both_ways(gate, upstream):
    upstream.script = (
        b"HTTP/1.1 200 OK\r\nTrailer: Checksum\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunked(b"a" * 70_000, b"b" * 70_000, trailers=["Checksum: 7"])
    )
    body = b"0123456789" * 30_000
    with Http2(gate.port) as client:
        stream = client.ask(fields("POST", "/", ("te", "trailers")), body, end=False)
        client.trail(stream, [(b"checksum", b"9")])
        answer = client.wait(stream)
    assert answer.body == b"a" * 70_000 + b"b" * 70_000
    assert answer.trailers == {"checksum": "7"}
    request = upstream.requests[0]
    assert request.body == body and request["transfer-encoding"] == "chunked"
    assert request.trailers == [("checksum", "9")]


def test_a_slow_upstream_stops_the_sender(start_gate, start_upstream):
    go = threading.Event()

    def script(wire):
        wire.take_until(b"\r\n\r\n")
        go.wait(SECONDS)
        while not wire.rest().endswith(b"0\r\n\r\n") and wire.fill():
            pass
        wire.send(response(b"taken"))

    gate = start_gate(config_for(start_upstream(script).target))
    with Http2(gate.port) as client:
        stream = client.ask(fields("POST"), end=False)
        sent, total = 0, 64 * 1024 * 1024
        with pytest.raises(TimeoutError):
            while sent < total:
                room = client.state.local_flow_control_window(stream)
                client.send(stream, b"x" * max(1, room), end=False, seconds=1)
                sent += max(1, room)
        assert sent < total / 2, "only sockets and one window lie between"
        go.set()
        client.send(stream, b"x", end=True)
        assert client.wait(stream).body == b"taken"


def test_a_client_that_takes_nothing_stops_the_upstream(start_gate, start_upstream):
    sent = []

    def script(wire):
        wire.take_until(b"\r\n\r\n")
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
        wire.sock.settimeout(1)
        try:
            for _ in range(1024):
                wire.sock.sendall(b"x" * 65536)
                sent.append(65536)
        except OSError:
            pass

    gate = start_gate(config_for(start_upstream(script).target))
    with Http2(gate.port) as client:
        client.credit = False
        stream = client.ask(GET)
        while len(client.answers[stream].body) < 65_535:
            client.read()
        with pytest.raises(TimeoutError):
            client.read(1)
        assert len(client.answers[stream].body) == 65_535
        assert sum(sent) < 32 * 1024 * 1024
        assert gate.rss_bytes() < 200 * 1024 * 1024


@pytest.mark.parametrize(
    "head",
    [
        fields("GET", "/", ("x", "a\r\nEvil: 1")),
        fields("GET", "/", ("x", "a\nb")),
        fields("GET", "/", ("x", "a\0b")),
        fields("GET", "/", ("connection", "close")),
        fields("GET", "/", ("transfer-encoding", "chunked")),
        fields("GET", "/", ("upgrade", "websocket")),
        fields("GET", "/", ("te", "gzip")),
        fields("GET", "/", ("host", "other.example")),
        fields("GET", "/", ("X-Upper", "a")),
        fields("GET", "/", ("x y", "a")),
        fields("GET", "/", ("content-length", "5")),
        fields("GET", "/", (":path", "/b")),
        fields("GET", "/", (":protocol", "websocket")),
        fields("GET", "/a b"),
        fields("GET", "/a HTTP/1.1\r\nEvil: 1\r\n\r\nGET /b"),
        fields("GET", ""),
        fields("GE T"),
        GET[1:],
        GET[:3],
        [*GET[:2], GET[3]],
        [(b"x", b"y"), *GET],
    ],
    ids=lambda head: repr(head[-1]),
)
def test_what_is_malformed_is_refused_and_makes_one_event(gate, upstream, head):
    with Http2(gate.port) as client:
        answer = client.wait(client.ask(head))
        assert answer.reset == 1 and not answer.ended
        if answer.heads:
            assert answer.status == 400
        assert client.get("/fine").status == 200
    gate.wait_for_events(2)
    assert [request.target for request in upstream.requests] == ["/fine"]
    gate.stop()
    assert len(gate.events()) == 2


@pytest.mark.parametrize("body", [b"123", b"12345"])
def test_content_unlike_its_length_never_passes_as_whole(gate, upstream, body):
    with Http2(gate.port) as client:
        head = fields("POST", "/", ("content-length", "4"))
        answer = client.wait(client.ask(head, body))
        assert answer.reset == 1
    assert upstream.requests == []


def test_a_head_that_is_too_large_is_told_so(gate):
    with Http2(gate.port) as client:
        answer = client.get("/", *((f"x-{number}", "y" * 4000) for number in range(10)))
        assert answer.status == 431
        assert client.get().status == 200


def test_an_answer_before_the_end_of_the_request_resets_it_without_error(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, routes=["GET /open"]))
    with Http2(gate.port) as client:
        stream = client.ask(fields("POST", "/closed"), b"some", end=False)
        answer = client.wait(stream)
        assert answer.status == 404
        wait_until(lambda: answer.reset is not None or not client.read(), SECONDS, "the reset")
        assert answer.reset == 0


def test_rapid_resets_are_cut_off_and_the_gate_goes_on(gate):
    with Http2(gate.port) as client:
        try:
            for _ in range(2000):
                client.reset(client.ask(GET))
                if client.wire.ended:
                    break
            while client.read():
                pass
        except h2.exceptions.ProtocolError:
            pass
        assert client.goaways and client.goaways[-1][1] == 11
    assert gate.get("/still").status_code == 200


def test_a_client_that_goes_away_ends_its_exchanges(start_gate, start_upstream):
    ended = threading.Event()

    def script(wire):
        wire.take_until(b"\r\n\r\n")
        if not wire.fill():
            ended.set()

    gate = start_gate(config_for(start_upstream(script).target))
    with Http2(gate.port) as client:
        client.ask(GET)
        wait_until(lambda: gate.metrics(), SECONDS, "the metrics")
    assert ended.wait(SECONDS), "the upstream was told"
    gate.wait_for_events(1)


def test_a_drain_lets_the_last_request_end(start_gate, start_upstream):
    go, asked = threading.Event(), threading.Event()

    def script(wire):
        wire.take_until(b"\r\n\r\n")
        asked.set()
        go.wait(SECONDS)
        wire.send(response(b"late"))

    gate = start_gate(config_for(start_upstream(script).target))
    with Http2(gate.port) as client:
        stream = client.ask(GET)
        assert asked.wait(SECONDS)
        stopping = threading.Thread(target=gate.stop)
        stopping.start()
        while len(client.goaways) < 2:
            assert client.read()
        assert client.goaways == [(2**31 - 1, 0), (stream, 0)]
        go.set()
        assert client.wait(stream).body == b"late"
        while client.read():
            pass
        stopping.join(SECONDS)


def test_alpn_chooses_http2(start_gate, upstream, authority):
    certificate, key = authority.issue("localhost")
    config = config_for(upstream.target)
    config["listeners"][0]["tls"] = {"certificates": [{"cert": str(certificate), "key": str(key)}]}
    gate = start_gate(config)
    with Http2(gate.port, tls=authority.client(), alpn=["h2", "http/1.1"]) as client:
        assert client.wire.sock.selected_alpn_protocol() == "h2"
        assert client.get().status == 200


def test_a_listener_may_do_without_it(start_gate, upstream):
    config = config_for(upstream.target)
    config["listeners"][0]["http2"] = False
    gate = start_gate(config)
    with Http2(gate.port) as client:
        client.ask(GET)
        answer = client.wire.read_response()
        assert (answer.status, answer["connection"]) == (505, "close")
        assert json.loads(answer.body)["code"] == "unsupported-version"
        assert client.wire.closes()
    assert upstream.requests == []
    (event,) = gate.wait_for_events(1)
    assert event["gatehouse"]["outcome"] == "malformed", event
    assert gate.metrics()['gatehouse_errors_total{code="unsupported-version"}'] == 1


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_curl_is_served(gate):
    done = subprocess.run(
        ["curl", "-sS", "--http2-prior-knowledge", "-w", " %{http_version}", gate.url + "/x"],
        capture_output=True, text=True, timeout=SECONDS,
    )
    assert done.stdout == "ok 2", done.stderr


@pytest.mark.skipif(not shutil.which("nghttp"), reason="nghttp is not there")
def test_nghttp_uploads(gate, upstream, tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"x" * 500_000)
    done = subprocess.run(
        ["nghttp", "-d", str(path), gate.url + "/up"], capture_output=True, text=True, timeout=SECONDS
    )
    assert done.stdout == "ok", done.stderr
    assert len(upstream.requests[0].body) == 500_000
