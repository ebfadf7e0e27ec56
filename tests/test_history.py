"""The event history: asked while the gate runs, whole after whatever befell the gate."""
import csv
import io
import json
import os
import signal
import threading

from gate import START_SECONDS, config_for
from raw import wait_until


def groups(gate, *fields, **options):
    text = gate.cli("events", "--group-by", ",".join(fields), **options).stdout
    return [json.loads(line) for line in text.splitlines()]


def sequences_in_journal(gate):
    text = gate.cli("journal", "cat", seconds=START_SECONDS).stdout
    events = [json.loads(line)["event"] for line in text.splitlines()]
    return [event["sequence"] for event in events if event["action"] == "final"]


def is_open(gate):
    return gate.metrics().get("gatehouse_history_open") == 1


def test_events_are_counted_while_the_gate_runs(gate):
    for number in range(12):
        gate.get(f"/{number % 3}")
    gate.wait_for_events(12)
    assert groups(gate, "url.path") == [{"url.path": f"/{n}", "count": 4} for n in range(3)]
    assert groups(gate, "client.ip", "http.response.status_code") == [
        {"client.ip": "127.0.0.1", "http.response.status_code": 200, "count": 12}
    ]
    table = gate.cli("events", "--group-by", "url.path", "-o", "table").stdout.splitlines()
    assert table[0].split() == ["url.path", "count"]
    assert table[1].split() == ["/0", "4"]


def test_events_are_chosen_by_time_and_filter(gate):
    for path in ("/a", "/b", "/ab"):
        gate.get(path)
    gate.wait_for_events(3)

    def paths(*words):
        return [event["url"]["path"] for event in gate.events(*words)]

    assert paths("url.path.startsWith('/a')") == ["/a", "/ab"]
    assert paths("http.response.status_code == 200 && url.path == '/b'") == ["/b"]
    assert paths("client.address in cidr('127.0.0.0/8') && url.path == '/a'") == ["/a"]
    assert paths("client.address in [cidr('10.0.0.0/8'), cidr('::1/128')]") == []
    assert paths("--since", "1h") == ["/a", "/b", "/ab"]
    assert paths("--since", "1h", "--until", "30m") == []
    assert paths("--since", "2020-01-01", "--limit", "2") == ["/b", "/ab"]
    assert paths("--until", "2020-01-01T00:00:00Z") == []


def test_what_is_asked_wrongly_is_marked(gate):
    def fails(*words):
        done = gate.cli("events", *words, check=False)
        assert done.returncode == 2, done.stderr
        return done.stderr

    said = fails("url.path == 'a' && url.paht == 'b'")
    lines = said.splitlines()
    assert "did you mean `path`" in lines[-1], said
    marked = next(line for line in lines if "^" in line)
    text = lines[lines.index(marked) - 1]
    assert text[marked.index("^") :].startswith("paht")
    assert "did you mean `client.ip`" in fails("--group-by", "client.pi")
    assert "no time for `since`" in fails("--since", "yesterday")
    assert "--follow takes no group" in fails("--follow", "--group-by", "client.ip")
    assert "did you mean `path`" in fails("--follow", "url.paht == 'b'")


def test_events_come_in_every_form(gate):
    for _ in range(3):
        gate.get("/a,b")
    gate.wait_for_events(3)
    assert len(json.loads(gate.cli("events", "-o", "json").stdout)) == 3
    rows = list(csv.DictReader(io.StringIO(gate.cli("events", "-o", "csv").stdout)))
    assert [row["url.path"] for row in rows] == ["/a,b"] * 3
    assert rows[0]["http.response.status_code"] == "200"
    assert json.loads(gate.cli("events", "url.path == 'none'", "-o", "json").stdout) == []


def test_a_killed_gate_loses_and_doubles_nothing(gate):
    stop = threading.Event()

    def load():
        while not stop.is_set():
            try:
                gate.get("/load")
            except Exception:  # the gate was killed
                return

    for _ in range(3):
        clients = [threading.Thread(target=load) for _ in range(4)]
        for client in clients:
            client.start()
        before = len(sequences_in_journal(gate))
        wait_until(lambda: len(sequences_in_journal(gate)) > before + 100, START_SECONDS, "load")
        gate.kill()
        for client in clients:
            client.join()
        wanted = sequences_in_journal(gate)
        assert [event["event"]["sequence"] for event in gate.events()] == wanted  # no gate runs
        gate.start()
        (counted,) = groups(gate, "event.action")
        assert counted["count"] >= len(wanted)
        assert [event["event"]["sequence"] for event in gate.events()][: len(wanted)] == wanted
    stop.set()


def test_a_broken_history_is_set_aside_and_filled_again(gate):
    for _ in range(5):
        gate.get("/")
    gate.wait_for_events(5)
    gate.stop()
    (gate.data / "history.duckdb").write_bytes(b"x" * 100_000)
    gate.start()
    assert len(gate.events()) == 5
    assert "set aside" in gate.log
    assert (gate.data / "history.duckdb.broken").exists()
    wait_until(lambda: gate.metrics()["gatehouse_history_set_aside_total"] == 1, what="the count")


def test_the_gate_serves_on_while_its_history_can_not_be_opened(start_gate, upstream, tmp_path):
    gate = start_gate(config_for(upstream.target))
    gate.get("/before")
    gate.wait_for_events(1)
    gate.stop()
    history = gate.data / "history.duckdb"
    history.rename(tmp_path / "kept")
    history.mkdir()
    gate.start()
    assert gate.get("/during").status_code == 200
    gate.wait_for_log("the event history fails at opening it")
    wait_until(lambda: gate.metrics()["gatehouse_history_failures_total"] >= 1, what="the count")
    wait_until(lambda: gate.metrics()["gatehouse_history_lag_records"] >= 1, what="the lag")
    assert not is_open(gate)
    asked = gate.cli("events", check=False)
    assert asked.returncode == 1 and "journal cat" in asked.stderr
    assert json.loads(gate.cli("status", "-o", "json").stdout)["history"]["fault"]
    history.rmdir()
    (tmp_path / "kept").rename(history)
    wait_until(lambda: is_open(gate), START_SECONDS, "the history")
    assert [event["url"]["path"] for event in gate.events()] == ["/before", "/during"]


def test_the_history_can_be_switched_off(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, store={"path": "data/", "history": False}))
    gate.get("/")
    asked = gate.cli("events", check=False)
    assert asked.returncode == 1 and "switched off" in asked.stderr
    assert not (gate.data / "history.duckdb").exists()
    assert "gatehouse_history_open" not in gate.metrics()
    wait_until(lambda: len(sequences_in_journal(gate)) == 1, what="the event")


# The access log.


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_access_log_has_a_line_for_each_request_and_follows_its_name(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, access_log={"path": "access.log"}))
    log, moved = gate.folder / "access.log", gate.folder / "access.log.moved"
    gate.get("/one")
    wait_until(lambda: len(lines_of(log)) == 1, what="a line")
    log.rename(moved)
    os.kill(gate.pid, signal.SIGHUP)
    gate.wait_for_log("reloaded")
    gate.get("/two")
    wait_until(lambda: len(lines_of(log)) == 1, what="a line in the new file")
    assert [line["url"]["path"] for line in lines_of(moved)] == ["/one"]
    assert [line["url"]["path"] for line in lines_of(log)] == ["/two"]
    log.unlink()  # nobody says so
    wait_until(lambda: gate.get("/three").status_code == 200 and lines_of(log), what="a line in a new file")
    assert lines_of(log)[0]["url"]["path"] == "/three"


def test_an_access_log_turns_over_by_its_size(start_gate, upstream):
    settings = {"path": "access.log", "rotate_bytes": "64KiB", "keep_files": 2}
    gate = start_gate(config_for(upstream.target, access_log=settings))
    log = gate.folder / "access.log"
    total = 0
    while not (gate.folder / "access.log.1").exists():
        for _ in range(20):
            gate.get(f"/{total}")
            total += 1
        assert total < 2000
    wait_until(lambda: gate.metrics()["gatehouse_access_log_lines_total"] == total, what="the lines")
    lines = lines_of(gate.folder / "access.log.1") + lines_of(log)
    assert [line["url"]["path"] for line in lines] == [f"/{number}" for number in range(total)]
    assert (gate.folder / "access.log.1").stat().st_size <= 65536


def test_an_access_log_that_can_not_be_written_is_told(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, access_log={"path": "missing/access.log"}))
    assert gate.get("/").status_code == 200
    gate.wait_for_log("the access log loses lines")
    wait_until(
        lambda: gate.metrics()["gatehouse_access_log_lost_lines_total"] >= 1, what="the count"
    )
