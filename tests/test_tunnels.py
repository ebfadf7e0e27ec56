"""What is promised: once both sides have changed to another protocol, bytes pass both ways until each side has ended; what
would be another HTTP gets no tunnel."""
import asyncio

import pytest
import websockets

from raw import wait_until
from test_streaming import behind, one_worker, request  # noqa: F401: a fixture is found by its name

UPGRADE = ["Connection: Upgrade", "Upgrade: own"]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n"


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_a_tunnel_carries_bytes_and_both_half_closes(behind, content):
    def script(wire):
        head = wire.read_request()
        upstream.note(head)
        wire.send(SWITCH + b"hi")
        while wire.rest() or wire.fill():
            wire.send(wire.take(len(wire.rest())).upper())
        wire.send(b"bye")

    gate, upstream = behind(script)
    with gate.client() as client:
        length = [f"Content-Length: {len(content)}"] if content else []
        client.send(request("POST /x" if content else "GET /x", *UPGRADE, *length, body=content))
        head = client.read_head()
        assert (head.status, head["upgrade"], head["connection"].lower()) == (101, "own", "upgrade")
        assert client.take(2) == b"hi"
        for _ in range(3):
            client.send(b"hello\r\n\r\n")
            assert client.take(9) == b"HELLO\r\n\r\n"
        client.finish()
        assert client.read_until_close() == b"bye"
        assert client.ended == "end"
    assert upstream.requests[0]["upgrade"] == "own"


def test_a_tunnel_whose_upstream_ends_first_still_carries_the_rest(behind):
    got = []

    def script(wire):
        upstream.note(wire.read_request())
        wire.send(SWITCH + b"done")
        wire.finish()
        got.append(wire.read_until_close())

    gate, upstream = behind(script)
    with gate.client() as client:
        client.send(request("GET /x", *UPGRADE))
        assert client.read_head().status == 101
        assert client.read_until_close() == b"done"
        client.send(b"still here").finish()
        wait_until(lambda: got == [b"still here"], what="the rest at the upstream")


@pytest.mark.parametrize("side", ["client", "upstream"])
def test_a_tunnel_that_breaks_on_one_side_ends_on_the_other(behind, side):
    def script(wire):
        upstream.note(wire.read_request())
        wire.send(SWITCH)
        if side == "upstream":
            wire.take(1)
            wire.reset()
        else:
            wire.closes()

    gate, upstream = behind(script)
    client = gate.client()
    client.send(request("GET /x", *UPGRADE))
    assert client.read_head().status == 101
    if side == "client":
        client.reset()
        wait_until(lambda: upstream.wires[0].ended, what="the end upstream")
    else:
        client.send(b"x")
        assert client.closes()
        client.close()


def test_a_switch_while_content_flows_is_refused(behind):
    def script(wire):
        upstream.note(wire.read_head())
        wire.send(SWITCH)
        wire.closes()

    gate, upstream = behind(script)
    with gate.client() as client:
        got = client.ask(request("POST /x", *UPGRADE, "Content-Length: 100", body=b"GET / HTTP/1.1\r\n"))
        assert got.status == 502


@pytest.mark.parametrize("asked", ["h2c", "own, h2c", "HTTP/2.0", "TLS/1.0"])
def test_another_http_gets_no_tunnel(behind, asked):
    gate, upstream = behind()
    with gate.client() as client:
        assert client.get("/x", "Connection: Upgrade", f"Upgrade: {asked}").body == b"ok"
    assert "upgrade" not in upstream.requests[0]


def test_an_upstream_may_decline_the_change(behind):
    gate, upstream = behind()
    with gate.client() as client:
        for _ in range(2):
            assert client.get("/x", *UPGRADE).body == b"ok"
    assert len(upstream.wires) == 1


def test_a_websocket_passes(start_gate):
    async def talk():
        async def echo(socket, *_):
            async for message in socket:
                await socket.send(message)

        async with websockets.serve(echo, "127.0.0.1", 0, max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            gate = await asyncio.to_thread(start_gate, one_worker(f"127.0.0.1:{port}"))
            async with websockets.connect(f"ws://127.0.0.1:{gate.port}/chat", max_size=None) as socket:
                for message in ["hello", b"\x00\xff" * 500_000, ""]:
                    await socket.send(message)
                    assert await asyncio.wait_for(socket.recv(), 10) == message
                await asyncio.wait_for(await socket.ping(), 10)

    asyncio.run(talk())
