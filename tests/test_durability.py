"""What is promised: who was answered 100 ms before the power went is in the journal; a torn end is cut off when the
gate starts again, and events go on from the next number."""
import pathlib
import time

from gate import config_for
from raw import wait_until


def numbers(events):
    return [event["event"]["sequence"] for event in events]


def requests(events):
    return [event for event in events if "/n/" in str(event.get("url", ""))]


def test_a_kill_loses_at_most_the_last_tenth_of_a_second(start_gate, upstream):
    gate = start_gate(config_for(upstream.target))
    answered = []
    with gate.client() as client:
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            assert client.get(f"/n/{len(answered)}").status == 200
            answered.append(time.monotonic())
        died = time.monotonic()
        gate.kill()  # which lasts until the process is gone
    due = sum(at < died - 0.1 for at in answered)
    seen = requests(gate.events())
    assert due <= len(seen) <= len(answered) + 1
    assert len(answered) > 100


def journal(gate):
    files = [path for path in (gate.data / "journal").iterdir() if path.is_file()]
    return max(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def last_written(gate):
    data = journal(gate).read_bytes()
    return len(data.rstrip(b"\0")), data


def test_a_torn_end_is_cut_off_and_the_numbers_go_on(start_gate, upstream):
    gate = start_gate(config_for(upstream.target))
    for number in range(20):
        assert gate.get(f"/n/{number}").status_code == 200
    gate.wait_for_events(20, where=lambda event: "/n/" in str(event.get("url", "")))
    gate.kill()
    before = requests(gate.events())
    assert len(before) == 20
    path: pathlib.Path = journal(gate)
    end, data = last_written(gate)
    path.write_bytes(data[: end - 7])
    gate.start()
    for number in range(20, 25):
        assert gate.get(f"/n/{number}").status_code == 200
    wait_until(lambda: len(requests(gate.events())) >= 24, what="the new events")
    gate.stop()
    after = gate.events()
    told = numbers(after)
    assert told == sorted(set(told)), "numbers are not unique and rising"
    paths = [event["url"]["path"] for event in requests(after)]
    assert paths[-5:] == [f"/n/{number}" for number in range(20, 25)]
    assert paths[:19] == [f"/n/{number}" for number in range(19)]
