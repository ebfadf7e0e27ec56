"""tests/raw: both ends of a connection at the level of bytes: what was sent, what arrived, and when.

RawClient    sends exact bytes to the gate and reads its answers.
RawUpstream  stands behind the gate, keeps every byte that it gets, and answers by a script.

Nothing here mends anything: a malformed message is sent as it is written, and what can't be parsed
raises with the bytes that were there. Every wait has a deadline.
"""
import dataclasses
import socket
import ssl
import struct
import threading
import time

SECONDS = 10  # the deadline of a wait for which no other is named


def wait_until(condition, seconds=SECONDS, what="the condition"):
    """Returns the first true value of condition(); fails at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.005)


class Closed(Exception):
    """The peer closed where more bytes were due; `.got` holds what came."""

    def __init__(self, got, why="closed"):
        super().__init__(f"{why} after {got!r}")
        self.got = got


@dataclasses.dataclass
class Message:
    """A request or a response as it stood on the wire."""

    start: str                  # the first line
    fields: list                # of (name, value) in order, names as they were written
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    raw: bytes = b""            # head and body, framing included
    interim: list = dataclasses.field(default_factory=list)  # 1xx responses that came before

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __getitem__(self, name):
        values = self.all(name)
        if len(values) != 1:
            raise AssertionError(f"{name} is there {len(values)} times in {self.fields}")
        return values[0]

    def __contains__(self, name):
        return bool(self.all(name))


def parse_fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise AssertionError(f"a field without a colon: {line!r}")
        fields.append((name, value.strip(" \t")))
    return fields


class Wire:
    """A connected socket, with everything that was read and written kept."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(SECONDS)
        self.received = b""   # every byte that ever arrived
        self.used = 0         # how much of it has been parsed
        self.ended = None     # "end" or "reset" once the peer is gone

    # Writing.

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def drip(self, data, size=1, pause=0.0):
        """A few bytes at a time, each in a segment of its own."""
        for at in range(0, len(data), size):
            self.sock.sendall(data[at : at + size])
            if pause:
                time.sleep(pause)
        return self

    def finish(self):
        """Half-close: nothing more will be sent, but answers can still be read."""
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        """Close with an RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.sock.close()

    # Reading.

    def fill(self, seconds=SECONDS):
        """Reads once; False at the peer's end. A reset counts as an end, and is told apart by .ended."""
        if self.ended:
            return False
        self.sock.settimeout(seconds)
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            raise TimeoutError(f"nothing arrived in {seconds} s after {self.rest()[-200:]!r}") from None
        except (ConnectionError, ssl.SSLError, OSError):
            self.ended = "reset"
            return False
        if not data:
            self.ended = "end"
            return False
        self.received += data
        return True

    def rest(self):
        return self.received[self.used :]

    def take(self, count, seconds=SECONDS):
        while len(self.received) - self.used < count:
            if not self.fill(seconds):
                raise Closed(self.rest())
        data = self.received[self.used : self.used + count]
        self.used += count
        return data

    def take_until(self, mark, seconds=SECONDS):
        while (at := self.received.find(mark, self.used)) < 0:
            if not self.fill(seconds):
                raise Closed(self.rest())
        return self.take(at + len(mark) - self.used)

    def read_until_close(self, seconds=SECONDS):
        """All that is left until the peer closes; TimeoutError if it doesn't."""
        deadline = time.monotonic() + seconds
        while self.fill(max(0.001, deadline - time.monotonic())):
            pass
        data = self.rest()
        self.used = len(self.received)
        return data

    def read_head(self, seconds=SECONDS):
        began = self.used
        lines = self.take_until(b"\r\n\r\n", seconds).decode("latin-1").split("\r\n")[:-2]
        return Message(lines[0], parse_fields(lines[1:]), raw=self.received[began : self.used])

    def read_chunked(self, message, seconds=SECONDS):
        while True:
            size = int(self.take_until(b"\r\n", seconds).split(b";")[0], 16)
            if size == 0:
                break
            message.body += self.take(size, seconds)
            if self.take(2, seconds) != b"\r\n":
                raise AssertionError(f"a chunk does not end with CRLF: {message.body[-50:]!r}")
        lines = []
        while (line := self.take_until(b"\r\n", seconds)) != b"\r\n":
            lines.append(line[:-2].decode("latin-1"))
        message.trailers = parse_fields(lines)

    def read_body(self, message, until_close, seconds=SECONDS):
        began = self.used
        if message.get("transfer-encoding", "").lower() == "chunked":
            self.read_chunked(message, seconds)
        elif "content-length" in message:
            message.body = self.take(int(message["content-length"]), seconds)
        elif until_close:
            message.body = self.read_until_close(seconds)
        message.raw += self.received[began : self.used]
        return message

    def read_request(self, seconds=SECONDS):
        return self.read_body(self.read_head(seconds), until_close=False, seconds=seconds)

    def read_response(self, method="GET", seconds=SECONDS):
        """The next final response; interim ones are kept beside it."""
        interim = []
        while True:
            message = self.read_head(seconds)
            if not 100 <= message.status < 200 or message.status == 101:
                break
            interim.append(message)
        message.interim = interim
        if method == "HEAD" or message.status in (101, 204, 304):
            return message
        return self.read_body(message, until_close=True, seconds=seconds)

    def closes(self, seconds=SECONDS):
        """True if the peer closes within the time without another byte."""
        try:
            return not self.fill(seconds)
        except TimeoutError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RawClient(Wire):
    """RawClient(port) or RawClient(port, tls=context, name="shop.example", alpn=["http/1.1"])."""

    def __init__(self, port, tls=None, name="localhost", alpn=None, host="127.0.0.1", receive_bytes=None):
        sock = socket.socket()
        if receive_bytes:  # before connect, so that the window is small from the beginning
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        sock.settimeout(SECONDS)
        sock.connect((host, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            if alpn:
                tls.set_alpn_protocols(alpn)
            sock = tls.wrap_socket(sock, server_hostname=name)
        super().__init__(sock)

    def ask(self, data, method="GET", seconds=SECONDS):
        return self.send(data).read_response(method, seconds)

    def get(self, target="/", *fields, host="localhost"):
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", *fields]
        return self.ask("\r\n".join(lines) + "\r\n\r\n")


def exchange(port, data, seconds=SECONDS, **options):
    """Sends bytes on a fresh connection and gives back every byte until the peer closes it."""
    with RawClient(port, **options) as client:
        client.send(data)
        return client.read_until_close(seconds)


def parse_responses(data, methods=()):
    """All responses in these bytes, in order; methods tells which of them answered HEAD."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = threading.Thread(target=lambda: (theirs.sendall(data), theirs.shutdown(socket.SHUT_WR)))
        writer.start()
        wire, found, methods = Wire(ours), [], list(methods)
        while wire.rest() or wire.fill():
            found.append(wire.read_response(methods.pop(0) if methods else "GET"))
        writer.join()
        return found


def response(body=b"", status="200 OK", *fields):
    """An ordinary HTTP/1.1 response: response(b"hello", "200 OK", "Cache-Control: no-store")."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*parts, trailers=()):
    """A chunked body of these parts."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return body + b"0\r\n" + "".join(f"{line}\r\n" for line in trailers).encode("latin-1") + b"\r\n"


class RawUpstream:
    """A server on a free port that answers by a script, a thread for each connection.

        RawUpstream()                          200 `ok` to every request, connections kept
        RawUpstream(b"HTTP/1.1 200 OK…")       these bytes to every request
        RawUpstream([b"…", b"…"])              one after the other, over all connections; the last stays
        RawUpstream(lambda wire: …)            whatever the function does with the connection's Wire

    .requests holds the requests that were read whole, .wires the connections, .received every byte by
    connection. An exception of a script is raised again by close().
    """

    def __init__(self, script=None, tls=None):
        self.script = script if script is not None else response(b"ok", "200 OK", "Content-Type: text/plain")
        self.tls = tls
        self.requests, self.wires, self.faults = [], [], []
        self.lock = threading.Lock()
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    @property
    def received(self):
        return [wire.received for wire in self.wires]

    def wait_for_requests(self, count, seconds=SECONDS):
        wait_until(lambda: len(self.requests) >= count, seconds, f"{count} requests upstream")
        return self.requests

    def accept(self):
        while not self.closing:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(SECONDS)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        wire = Wire(sock)
        with self.lock:
            self.wires.append(wire)
        try:
            if callable(self.script):
                self.script(wire)
            else:
                self.answer_all(wire)
        except (Closed, OSError):
            pass  # the gate went away, or the script's own reset
        except Exception as fault:
            self.faults.append(fault)
        finally:
            wire.close()

    def note(self, request):
        """For scripts that read requests themselves."""
        with self.lock:
            self.requests.append(request)
            return len(self.requests)

    def answer_all(self, wire):
        while wire.rest() or self.wait_for_bytes(wire):
            number = self.note(wire.read_request())
            if isinstance(self.script, (list, tuple)):
                wire.send(self.script[min(number, len(self.script)) - 1])
            else:
                wire.send(self.script)

    def wait_for_bytes(self, wire):
        """An idle connection may stay idle for as long as the test runs."""
        while not self.closing:
            try:
                return wire.fill(0.5)
            except TimeoutError:
                pass
        return False

    def close(self):
        self.closing = True
        # accept() does not notice a close from another thread; a shutdown wakes it.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(SECONDS)
        for wire in self.wires:
            wire.close()
        if self.faults:
            raise self.faults[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
