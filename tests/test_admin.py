"""What is promised: the operators' door says how the gate is, reloads it whole or not at all, is closed to
web pages and to other users, and never gets in the way of requests."""
import json
import re
import signal
import socket
import stat
import threading

import httpx

from gate import config_for, run_cli
from raw import response, wait_until


def short_gate(start_gate, tmp_path_factory, config):
    """A gate whose socket's path is short enough for any client."""
    folder = tmp_path_factory.mktemp("s")
    return start_gate({**config, "admin": {"address": "127.0.0.1:0", "socket": str(folder / "s")}}), folder / "s"


def test_tcp_serves_health_and_metrics_alone(gate):
    assert gate.admin("/healthz").text == "ok\n"
    assert gate.admin("/readyz").text == "ready\n"
    assert gate.admin("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
    for path in ("/status", "/verdicts", "/events", "/reload", "/", "/healthz/", "/metrics?x", "//metrics"):
        answer = gate.admin(path)
        assert answer.status_code == (200 if path == "/metrics?x" else 404), path
    refused = httpx.post(gate.admin_url + "/reload", timeout=10, trust_env=False)
    assert refused.status_code == 404
    assert httpx.post(gate.admin_url + "/healthz", timeout=10, trust_env=False).headers["allow"] == "GET, HEAD"
    assert "reloaded" not in gate.log


def test_head_has_the_length_and_no_content(gate):
    answer = httpx.head(gate.admin_url + "/healthz", timeout=10, trust_env=False)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "3", b"")


def ask_raw(port, head):
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(head.replace("\n", "\r\n").encode() + b"\r\n")
        got = b""
        while piece := sock.recv(65536):
            got += piece
    return int(got.split()[1])


def test_a_name_that_is_not_ours_is_refused(gate):
    def ask(host):
        return ask_raw(gate.admin_port, f"GET /metrics HTTP/1.1\nHost: {host}\nConnection: close\n")

    for host in ("rebound.example", f"rebound.example:{gate.admin_port}", "localhost.example", "192.0.2.1"):
        assert ask(host) == 403, host
    for host in ("localhost", f"127.0.0.1:{gate.admin_port}", "[::1]:1", "LOCALHOST"):
        assert ask(host) == 200, host


def test_a_web_page_is_refused(gate):
    for origin in ("http://localhost", "https://page.example", "null"):
        head = f"GET /metrics HTTP/1.1\nHost: localhost\nOrigin: {origin}\nConnection: close\n"
        assert ask_raw(gate.admin_port, head) == 403


def test_a_probe_without_a_host_is_served(gate):
    assert ask_raw(gate.admin_port, "GET /healthz HTTP/1.0\n") == 200


def test_what_is_no_request_gets_400(gate):
    assert ask_raw(gate.admin_port, "GET /healthz HTTP/1.1\nHost: a\nHost: b\n") == 400
    assert ask_raw(gate.admin_port, "NO\n") == 400


def test_the_socket_belongs_to_its_owner_alone_and_goes_with_the_gate(gate):
    path = gate.data / "gatehouse.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    gate.stop()
    assert not path.exists()


def test_a_socket_that_a_killed_gate_left_is_taken_over(gate):
    gate.kill()
    assert (gate.data / "gatehouse.sock").exists()
    gate.start()
    assert json.loads(gate.cli("status", "-o", "json").stdout)["ready"] is True
    gate.stop()


def test_a_file_in_the_sockets_place_is_left_alone(tmp_path, gate):
    gate.stop()
    precious = gate.data / "gatehouse.sock"
    precious.write_text("precious")
    done = run_cli("run", gate.path, check=False)
    assert done.returncode == 1 and "another kind" in done.stderr
    assert precious.read_text() == "precious"
    precious.unlink()


def test_status_says_what_runs(start_gate, tmp_path_factory, upstream):
    gate, path = short_gate(start_gate, tmp_path_factory, config_for(upstream.target))
    gate.get("/x")
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, base_url="http://localhost", timeout=20) as client:
        status = client.get("/status").json()
        assert status["ready"] is True
        assert re.fullmatch("[0-9a-f]{12}", status["revision"])
        assert status["listeners"] == [f"127.0.0.1:{gate.port}"]
        assert status["behavior"] == {"mode": "observe", "verdicts": 0}
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/reload").headers["allow"] == "POST"
        assert client.post("/reload").json()["taken"] is True
        wait_until(lambda: "/x" in client.get("/events?limit=1000").text, 5, "the event")
        assert len(client.get("/events?limit=1").text.splitlines()) == 1
        for bad in ("limit=0", "limit=5001", "limit=x", "since=-1", "group_by=color", "what=1"):
            assert client.get(f"/events?{bad}").status_code == 400, bad
        assert client.get("/verdicts").json() == {"verdicts": [], "more": False}


def test_a_bad_config_changes_nothing_and_is_told(gate):
    before = json.loads(gate.cli("status", "-o", "json").stdout)
    bad = json.loads(gate.path.read_text())
    bad["listners"] = []
    gate.write(bad)
    refused = gate.cli("reload", check=False)
    assert refused.returncode == 3
    assert "E02" in refused.stderr and "did you mean `listeners`?" in refused.stderr
    assert "the running config is unchanged" in refused.stderr
    after = json.loads(gate.cli("status", "-o", "json").stdout)
    assert after["revision"] == before["revision"]
    assert after["reload"]["refused"] >= 1 and "listners" in after["reload"]["last"]
    assert gate.get("/").status_code == 200
    assert gate.metrics()["gatehouse_reload_last_taken"] == 0


def test_a_reload_by_command_takes_the_new_config(gate, upstream):
    config = json.loads(gate.path.read_text())
    config["apis"][0]["routes"] = [{"match": "GET /only", "backend": {"http": "up"}}]
    gate.write(config)
    assert "reloaded: revision" in gate.cli("reload").stdout
    wait_until(lambda: gate.get("/other").status_code == 404, 5, "the new routes")
    assert gate.get("/only").status_code == 200
    assert gate.metrics()["gatehouse_reload_last_taken"] == 1


def test_a_changed_file_is_taken_without_being_asked(gate):
    config = json.loads(gate.path.read_text())
    config["apis"][0]["routes"] = [{"match": "GET /only", "backend": {"http": "up"}}]
    gate.write(config)
    wait_until(lambda: gate.get("/other").status_code == 404, 10, "the new routes")


def test_what_waits_for_a_restart_is_named(gate):
    config = json.loads(gate.path.read_text())
    config["workers"] = 1
    config["journal"] = {"fsync": "never"}
    gate.write(config)
    for _ in range(2):  # and as long as it does
        assert "takes effect at the next start: `workers`, `journal`" in gate.cli("reload").stdout


def test_the_metrics_count_what_happened(gate):
    for number in range(3):
        assert gate.get(f"/{number}").status_code == 200
    gate.wait_for_events(3)
    metrics = wait_until(
        lambda: (m := gate.metrics()) and m.get("gatehouse_engine_records_total", 0) >= 3 and m, 5, "the counts"
    )
    assert sum(v for k, v in metrics.items() if k.startswith("gatehouse_requests_total{") and 'class="2xx"' in k) == 3
    assert metrics["gatehouse_journal_failing"] == 0
    assert metrics["gatehouse_ready"] == 1
    assert metrics["process_resident_memory_bytes"] > 1e6
    assert metrics["process_open_fds"] > 5
    assert metrics['gatehouse_reloads_total{result="taken"}'] == 0
    assert any(key.startswith("gatehouse_build_info{version=") for key in metrics)
    assert metrics['gatehouse_verdict_lag_seconds_bucket{le="+Inf"}'] == metrics["gatehouse_verdict_lag_seconds_count"]


def test_the_metrics_tell_how_many_buffers_are_lent(gate):
    def lent():
        return sum(v for k, v in gate.metrics().items() if k.startswith("gatehouse_buffers_in_use{"))

    with gate.client() as client:
        client.send(b"GET / HT")
        wait_until(lambda: lent() == 1, 5, "the buffer with half a head")
        client.send(b"TP/1.1\r\nHost: a\r\n\r\n")
        assert client.read_response().status == 200
        wait_until(lambda: lent() == 0, 5, "the buffer to come back")


def test_every_family_is_told_once_and_has_its_help(gate):
    text = gate.admin("/metrics").text
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    names = [name for name, _ in families]
    assert len(names) == len(set(names))
    assert re.findall(r"^# HELP (\S+) .", text, re.M) == names
    for name, kind in families:
        assert kind != "counter" or name.endswith("_total"), name
    for line in text.splitlines():
        if not line.startswith("#"):
            assert re.match(r"[a-z_]+(\{.*\})? [0-9.e+-]+$", line), line


def test_many_connections_do_not_exhaust_it(gate):
    held = [socket.create_connection(("127.0.0.1", gate.admin_port), 10) for _ in range(200)]
    assert gate.get("/").status_code == 200
    for sock in held:
        sock.close()
    wait_until(lambda: works(gate), 5, "the admin's door")


def works(gate):
    try:
        return gate.admin("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def held_upstream(start_upstream):
    """An upstream that answers once `released` is set."""
    released = threading.Event()

    def script(wire):
        upstream.note(wire.read_request())
        released.wait(20)
        wire.send(response(b"late", "200 OK"))

    upstream = start_upstream(script)
    return upstream, released


def test_while_it_drains_it_is_not_ready(start_gate, start_upstream):
    upstream, released = held_upstream(start_upstream)
    gate = start_gate(config_for(upstream.target))
    with gate.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        upstream.wait_for_requests(1)
        gate.process.send_signal(signal.SIGTERM)
        wait_until(lambda: gate.admin("/readyz").status_code == 503, 5, "not ready")
        assert gate.admin("/healthz").status_code == 200
        refused = gate.cli("reload", check=False)
        assert refused.returncode == 3 and "stopping" in refused.stderr
        released.set()
        assert client.read_response("GET").body == b"late"
    assert gate.process.wait(10) == 0


def test_a_second_signal_cuts_off_what_is_left(start_gate, start_upstream):
    upstream, released = held_upstream(start_upstream)
    gate = start_gate(config_for(upstream.target))
    gate.expected_faults = True
    with gate.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        upstream.wait_for_requests(1)
        gate.process.send_signal(signal.SIGTERM)
        gate.wait_for_log("draining")
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(10) == 130
    released.set()
