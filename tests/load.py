"""tests/load: requests on many keep-alive connections at once, every answer looked at.

    with Load(gate.port) as load:   requests flow until the block ends
        …
    assert load.failures == [] and load.answered > 100
"""
import socket
import ssl
import threading

from raw import Closed, RawClient


class Load:
    """`connections` clients in threads; a client whose connection was announced to close opens another.

    A connection that closes between two requests is no failure: the client had nothing under way.
    """

    def __init__(self, port, connections=8, tls=None, target="/", name="localhost"):
        self.port, self.tls, self.target, self.name = port, tls, target, name
        self.answered, self.failures, self.opened = 0, [], 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]

    def run(self):
        client = None
        while not self.over.is_set():
            try:
                if client is None:
                    client = RawClient(self.port, tls=self.tls, name=self.name)
                    with self.lock:
                        self.opened += 1
                answer = client.get(self.target, host=self.name)
                with self.lock:
                    self.answered += 1
                    if answer.status != 200:
                        self.failures.append((answer.status, answer.body))
                if answer.get("connection", "").lower() == "close":
                    client.close()
                    client = None
            except (Closed, OSError, ssl.SSLError, socket.timeout) as fault:
                with self.lock:
                    self.failures.append(repr(fault))
                client = None
        if client is not None:
            client.close()

    def wait_for(self, more, seconds=30):
        """Until that many more requests were answered."""
        wanted = self.answered + more
        pause = threading.Event()
        for _ in range(seconds * 200):
            if self.answered >= wanted:
                return
            pause.wait(0.005)
        raise AssertionError(f"{self.answered} answers, {wanted} wanted: {self.failures[:3]}")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
