"""bench/memory: what slow readers cost the gate, in resident memory and in bytes held for them."""
import concurrent.futures
import contextlib
import pathlib
import select
import socket
import subprocess
import threading
import time

from figures import Figure
from measure import BenchError, load, on_core, resident_bytes, wait_for
from peers import Gatehouse

MIB = 1 << 20
STREAMS = 4
GROWTH_BAR = 2 * MIB
IN_FLIGHT_BAR = 256 * 1024


class SlowUpstream:
    """Takes bodies at `rate` bytes a second each and answers 200; `GET /endless` never ends."""

    def __init__(self, rate):
        self.rate = rate
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self.port = self.listener.getsockname()[1]
        self.sent = 0  # bytes of endless bodies that the kernel took
        self.ports = []  # of the other side of those connections
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, address = self.listener.accept()
                threading.Thread(target=self._serve, args=(peer, address[1]), daemon=True).start()

    def _serve(self, peer, port):
        with contextlib.suppress(OSError), peer:
            bytes_read = b""
            while True:
                while b"\r\n\r\n" not in bytes_read:
                    piece = peer.recv(65536)
                    if not piece:
                        return
                    bytes_read += piece
                head, bytes_read = bytes_read.split(b"\r\n\r\n", 1)
                if head.startswith(b"GET /endless"):
                    self._send_endless(peer, port)
                    return
                bytes_read = self._take_body(peer, head.lower(), bytes_read)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def _take_body(self, peer, head, had):
        chunked = b"transfer-encoding: chunked" in head
        length = 0
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        began, taken, end = time.monotonic(), len(had), had[-8:]
        while not end.endswith(b"\r\n0\r\n\r\n") if chunked else taken < length:
            piece = peer.recv(65536)
            if not piece:
                raise OSError("the gate broke off")
            taken += len(piece)
            end = (end + piece)[-8:]
            time.sleep(max(0.0, began + taken / self.rate - time.monotonic()))
        return b""

    def _send_endless(self, peer, port):
        self.ports.append(port)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n")
        piece = b"x" * 65536
        peer.setblocking(False)  # a send that waits would keep to itself what the kernel has taken
        while True:
            select.select([], [peer], [])
            self.sent += peer.send(piece)

    def close(self):
        self.listener.close()


def curls(bench, arguments, count):
    command = ["curl", "-sSf", "--limit-rate", str(bench.rate), "-o", "/dev/null", *arguments]
    return [
        subprocess.Popen(on_core(bench.load_core, command), stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]


def growth_a_stream(bench, gate, arguments):
    """Peak of the resident memory above what it was, for each of STREAMS at once."""
    before = peak = resident_bytes(gate.pid)
    running = curls(bench, arguments, STREAMS)
    while any(one.poll() is None for one in running):
        peak = max(peak, resident_bytes(gate.pid))
        time.sleep(0.02)
    failed = [one.stderr.read() for one in running if one.returncode != 0]
    for one in running:
        one.stderr.close()
    return (peak - before) / STREAMS, failed[0].strip() if failed else ""


def tcp_queues():
    """{(local port, remote port): (bytes to send, bytes to read)} of this machine's IPv4."""
    queues = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, remote = (int(field.split(":")[1], 16) for field in fields[1:3])
        sending, reading = (int(part, 16) for part in fields[4].split(":"))
        queues[local, remote] = (sending, reading)
    return queues


def held_for_a_reader_that_stopped(gate, upstream):
    """(bytes in the gate's own memory, those with its kernel buffers)."""
    with socket.create_connection(("127.0.0.1", gate.port)) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: bench\r\n\r\n")
        wait_for(lambda: upstream.ports, 5, "the request did not reach the upstream")
        sent, since = -1, time.monotonic()
        while time.monotonic() - since < 1:  # still for a second
            if upstream.sent != sent:
                sent, since = upstream.sent, time.monotonic()
            time.sleep(0.02)
        queues = tcp_queues()
        own, gate_side = client.getsockname()[1], upstream.ports[-1]
        not_taken = queues[upstream.port, gate_side][0]
        arrived = queues[own, gate.port][1]
        kernel = queues[gate_side, upstream.port][1] + queues[gate.port, own][0]
        whole = upstream.sent - not_taken - arrived
        return whole - kernel, whole


def memory(bench):
    """All cases at once, each through a gate of its own: at a slow rate a large body takes long."""
    with contextlib.ExitStack() as stack:
        slow = SlowUpstream(bench.rate)
        stack.callback(slow.close)
        size = bench.body_mib * MIB
        body = bench.folder / "body"
        with body.open("wb") as file:
            file.truncate(size)
        download = ["{base}/bytes/%d" % size]
        upload = ["-T", str(body), "{base}/take"]
        h2 = "--http2-prior-knowledge"
        cases = {
            "h1 to h1, slow reader": (bench.upstream.port, download),
            "h2 to h1, slow reader": (bench.upstream.port, [h2, *download]),
            "h1 to h1, slow upstream": (slow.port, upload),
            "h2 to h1, slow upstream": (slow.port, [h2, *upload]),
        }
        gates = {}
        for number, (name, (port, _)) in enumerate(cases.items()):
            gates[name] = wait_for_gate(bench, bench.folder / f"memory-{number}", port)
            stack.callback(gates[name].stop)
            load(gates[name].port, bench.load_core, 64, 1)  # pools and code are there afterwards

        def grown(name):
            base = f"http://127.0.0.1:{gates[name].port}"
            arguments = [word.format(base=base) for word in cases[name][1]]
            return growth_a_stream(bench, gates[name], arguments)

        made = []
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for name, (growth, fault) in zip(cases, pool.map(grown, cases)):
                bench.say(f"memory {name}: {growth / MIB:.2f} MiB a stream {fault}")
                made.append(Figure("memory", f"MiB grown a stream, {name}", growth / MIB,
                                   bar=GROWTH_BAR / MIB, void=fault).judged())
        own, whole = held_for_a_reader_that_stopped(gates["h1 to h1, slow upstream"], slow)
        made.append(Figure("memory", "KiB in the gate for a reader that stopped", own / 1024,
                           bar=IN_FLIGHT_BAR / 1024).judged())
        made.append(Figure("memory", "the same with the kernel's buffers", whole / 1024).judged())
        return made


def wait_for_gate(bench, folder, port):
    """The slow upstream answers `GET /` too, so that the gate is seen to stand."""
    try:
        return Gatehouse(folder, bench.proxy_core, port, bench.gatehouse)
    except BenchError as error:
        raise BenchError(f"memory: {error}") from error
