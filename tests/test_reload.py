"""What is promised: a reload takes the whole new config or nothing; what did not change is not touched; nothing
under way is cut; a thousand of them leave no trace."""
import base64
import copy
import socket
import threading

import pytest

from gate import config_for, is_built_with
from load import Load
from raw import RawClient, Wire, response, wait_until


def plain(target, *more, **parts):
    """One listener on a port of its own choice, no admin; `more` are further targets of `up`."""
    return config_for(target, *more, admin=None, **parts)


def route(match, upstream="up", **more):
    return {"match": match, "backend": {"http": upstream}, **more}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def listening(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def held(start_upstream):
    """An upstream that answers `/slow` once it is let go; everything else at once."""
    let_go, waiting = threading.Event(), threading.Semaphore(0)

    def script(wire):
        while wire.rest() or upstream.wait_for_bytes(wire):
            request = wire.read_request()
            upstream.note(request)
            if request.target.startswith("/slow"):
                waiting.release()
                let_go.wait(20)
            wire.send(response(request.target.encode()))

    upstream = start_upstream(script)
    upstream.let_go, upstream.waiting = let_go, waiting
    yield upstream
    let_go.set()


def test_new_routes_come_and_old_ones_go(start_gate, upstream):
    gate = start_gate(plain(upstream.target, routes=["/old"]))
    assert (gate.get("/old").status_code, gate.get("/new").status_code) == (200, 404)
    assert gate.reload(plain(upstream.target, routes=["/new"]))
    wait_until(lambda: gate.get("/new").status_code == 200)
    assert gate.get("/old").status_code == 404


def test_a_changed_file_is_enough(start_gate, upstream):
    gate = start_gate(plain(upstream.target, routes=["/old"]))
    gate.write(plain(upstream.target, routes=["/new"]))
    wait_until(lambda: gate.get("/new").status_code == 200)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda config: "gatehouse: 1\n  listeners: [",
        lambda config: {**config, "unheard_of": 1},
        lambda config: {**config, "apis": [{"name": "all", "routes": [route("/new", "missing")]}]},
        lambda config: {**config, "listeners": [{"address": "192.0.2.1:0"}]},
        lambda config: {**config, "listeners": config["listeners"] + [{"address": "192.0.2.1:0"}]},
        lambda config: {
            **config,
            "listeners": [{"address": "127.0.0.1:0", "tls": {"certificates": [{"cert": "no", "key": "no"}]}}],
        },
    ],
    ids=["no-yaml", "unknown-key", "missing-upstream", "address", "second-address", "certificate"],
)
def test_a_bad_config_changes_nothing(start_gate, upstream, spoil):
    good = plain(upstream.target, routes=["/old"])
    gate = start_gate(good)
    fresh = plain(upstream.target, routes=["/new"])
    assert not gate.reload(spoil(fresh))
    with gate.client() as client:
        assert client.get("/old").status == 200
        assert client.get("/new").status == 404
    # And the next good one is taken.
    assert gate.reload(fresh)
    wait_until(lambda: gate.get("/new").status_code == 200)


def test_a_failed_reload_leaves_no_descriptor_open(start_gate, upstream):
    store = {"path": "data/", "history": False}  # it opens its files when it comes to it
    gate = start_gate({**plain(upstream.target), "store": store})
    bad = {**plain(upstream.target), "store": store}
    bad["listeners"] += [{"address": f"127.0.0.1:{free_port()}"}, {"address": "192.0.2.1:0"}]
    assert not gate.reload(bad)
    before = gate.descriptors()
    for _ in range(5):
        assert not gate.reload(bad)
    assert gate.descriptors() == before
    # What was opened on the way to the failure is not taken for open by the next reload.
    good = copy.deepcopy(bad)
    del good["listeners"][2]
    assert gate.reload(good)
    port = int(good["listeners"][1]["address"].split(":")[1])
    wait_until(lambda: listening(port))


def test_listeners_come_stay_and_go(start_gate, upstream):
    first, second = free_port(), free_port()
    config = plain(upstream.target, listeners=[{"address": f"127.0.0.1:{first}"}])
    gate = start_gate(config)
    with RawClient(first) as stays:
        assert stays.get().status == 200
        both = copy.deepcopy(config)
        both["listeners"].append({"address": f"127.0.0.1:{second}"})
        assert gate.reload(both)
        wait_until(lambda: listening(second))
        with RawClient(second) as idle, RawClient(second) as busy:
            assert idle.get().status == 200
            assert busy.get().status == 200
            assert gate.reload(config)
            wait_until(lambda: not listening(second))
            assert idle.closes()
            assert busy.closes()
        assert stays.get().status == 200


def test_a_request_on_a_listener_that_goes_is_finished(start_gate, held):
    first, second = free_port(), free_port()
    config = plain(held.target, listeners=[{"address": f"127.0.0.1:{first}"}])
    both = copy.deepcopy(config)
    both["listeners"].append({"address": f"127.0.0.1:{second}"})
    gate = start_gate(both)
    with RawClient(second) as client:
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        held.waiting.acquire(timeout=10)
        assert gate.reload(config)
        wait_until(lambda: not listening(second))
        held.let_go.set()
        answer = client.read_response()
        assert (answer.status, answer.body) == (200, b"/slow")
        assert client.closes()


def test_two_listeners_may_leave_their_ports_to_the_system(start_gate, upstream, authority):
    crt, key = authority.issue("localhost")
    tls = {"certificates": [{"cert": str(crt), "key": str(key)}]}
    config = plain(
        upstream.target, listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "tls": tls}]
    )
    gate = start_gate(config)
    with gate.client(0) as one, gate.client(1, tls=authority.client()) as other:
        assert one.get().status == other.get().status == 200
        assert gate.reload()
        assert one.get().status == other.get().status == 200


def test_a_request_under_way_keeps_the_config_it_began_with(start_gate, held, start_upstream):
    gate = start_gate(plain(held.target, routes=["/slow/{n}"]))
    clients = [gate.client() for _ in range(4)]
    for number, client in enumerate(clients):
        client.send(f"GET /slow/{number} HTTP/1.1\r\nHost: a\r\n\r\n")
        held.waiting.acquire(timeout=10)
    other = start_upstream(response(b"other"))
    for _ in range(3):
        assert gate.reload(plain(other.target, routes=["/new"]))
    wait_until(lambda: gate.get("/new").status_code == 200)
    held.let_go.set()
    for number, client in enumerate(clients):
        assert client.read_response().body == b"/slow/%d" % number
        assert client.get("/new").body == b"other"
        client.close()


def test_a_tunnel_lives_on(start_gate, start_upstream):
    def echo(wire):
        request = wire.read_head()
        assert request["upgrade"] == "websocket"
        wire.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        wire.send(wire.rest())
        while True:
            seen = len(wire.received)
            if not wire.fill():
                return
            wire.send(wire.received[seen:])

    upstream = start_upstream(echo)
    gate = start_gate(plain(upstream.target))
    key = base64.b64encode(b"0123456789abcdef").decode()
    with gate.client() as client:
        client.send(
            "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        assert client.read_head().status == 101
        for number in range(5):
            client.send(b"frame %d" % number)
            assert client.take(7) == b"frame %d" % number
            changed = plain(upstream.target, routes=[f"/other{number}"])
            changed["upstreams"]["up"]["keep_idle"] = number
            assert gate.reload(changed)


def test_an_upstream_that_stays_as_it_is_keeps_its_connections(start_gate, upstream):
    config = plain(upstream.target)
    gate = start_gate(config)
    with gate.client() as client:
        assert client.get().status == 200
        for number in range(3):
            other = copy.deepcopy(config)
            other["upstreams"]["more"] = {"targets": [f"127.0.0.1:{1000 + number}"]}
            other["apis"][0]["routes"].append(route("/more", "more"))
            assert gate.reload(other)
            assert client.get().status == 200
    assert len(upstream.wires) == 1


def test_a_changed_upstream_gets_new_connections_and_its_new_settings(start_gate, upstream):
    config = plain(upstream.target)
    gate = start_gate(config)
    with gate.client() as client:
        assert client.get().status == 200
        config["upstreams"]["up"]["keep_idle"] = 7
        assert gate.reload(config)
        wait_until(lambda: client.get().status == 200 and len(upstream.wires) == 2)
        # The old pool's idle connection is not kept.
        wait_until(lambda: upstream.wires[0].ended == "end")


def test_other_targets_under_the_same_name_are_used(start_gate, upstream, start_upstream):
    other = start_upstream(response(b"other"))
    gate = start_gate(plain(upstream.target))
    assert gate.get("/").text == "ok"
    assert gate.reload(plain(other.target))
    wait_until(lambda: gate.get("/").text == "other")


def test_the_roots_that_an_upstream_is_believed_by_count_by_what_they_hold(
    start_gate, start_upstream, authority, tmp_path
):
    upstream = start_upstream(tls=authority.server("127.0.0.1"))
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.path.read_bytes())
    config = plain(upstream.target)
    config["upstreams"]["up"]["tls"] = {"ca": str(roots)}
    gate = start_gate(config)
    with gate.client() as client:
        assert client.get().status == 200
        assert gate.reload()
        assert client.get().status == 200
        assert len(upstream.wires) == 1
        crt, _ = authority.issue("stranger")
        roots.write_bytes(crt.read_bytes())
        assert gate.reload()
        wait_until(lambda: client.get().status == 502)


def test_fifty_reloads_and_certificate_changes_fail_no_request(start_gate, start_upstream, authority, tmp_path):
    upstream = start_upstream()
    live = tmp_path / "live"

    def issue(number):
        """A new pair in place of the old one at once, as those who renew certificates do it."""
        folder, fresh = tmp_path / str(number), tmp_path / "fresh"
        folder.mkdir()
        authority.issue("localhost", stem=folder / "own")
        fresh.symlink_to(folder)
        fresh.replace(live)

    issue(0)
    tls = {"certificates": [{"cert": str(live / "own.crt"), "key": str(live / "own.key")}]}
    config = plain(
        upstream.target, listeners=[{"address": "127.0.0.1:0"}, {"address": "127.0.0.1:0", "tls": tls}]
    )
    gate = start_gate(config)
    with Load(gate.ports[0], 4) as open_load, Load(gate.ports[1], 4, tls=authority.client()) as tls_load:
        for number in range(50):
            if number % 2:
                issue(number)
            fresh = copy.deepcopy(config)
            fresh["apis"][0]["routes"].append(route(f"/extra/{number}"))
            fresh["upstreams"]["up"]["keep_idle"] = 64 + number % 3
            assert gate.reload(fresh)
            open_load.wait_for(5)
            tls_load.wait_for(5)
    assert open_load.failures == [] and tls_load.failures == []


def test_a_hundred_reloads_of_a_thousand_routes_give_their_memory_back(start_gate, upstream):
    def config(number):
        routes = ["/*"] + [f"/r{number % 2}/{n}/{{id}}" for n in range(1000)]
        return plain(upstream.target, routes=routes)

    gate = start_gate(config(0))
    with gate.client() as client:
        for number in range(1, 21):
            assert gate.reload(config(number), 30)
            assert client.get().status == 200
        before = gate.rss_bytes()
        for number in range(80):
            assert gate.reload(config(number), 30)
            assert client.get().status == 200
        grown = gate.rss_bytes() - before
    if not is_built_with("__asan_init", "__tsan_init"):
        assert grown < 8 << 20, f"{grown >> 10} KiB more than after 20 reloads"
