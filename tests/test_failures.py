"""What is promised: whatever fails beside a request (a full table, an issuer, the history, the disk, a question that
asks too much) makes no request wait or fail, and is said in the log and counted."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import resource
import time

import pytest

from gate import START_SECONDS, config_for
from key_server import Key, KeyServer
from load import Load
from raw import SECONDS, wait_until

SOON = 3.0  # a request that waited for something would take longer, on a machine that is busy too
WAIT = "6s"
KEY = Key("ES256", "a")


def answered_soon(gate, path="/", status=200, times=20, **options):
    """So many requests, none slow but one that the machine itself may have held up; gives back the last answer."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        answer = gate.get(path, **options)
        assert answer.status_code == status, answer.text
        took.append(time.monotonic() - began)
    assert sorted(took)[-2] < SOON
    return answer


def counts(gate, name, at_least=1, seconds=SECONDS):
    """The metric, over all workers, comes to so much."""

    def total():
        return sum(value for key, value in gate.metrics().items() if key == name or key.startswith(name + "{"))

    wait_until(lambda: total() >= at_least, seconds, f"{name} {at_least}")


# Tables of limiters.


def test_a_limiter_whose_table_is_full_lets_strangers_pass_and_says_so(start_gate, upstream):
    policy = {"kind": "rate_limit", "limit": "1/h", "per": 'request.headers["x-caller"]', "keys": 100}
    route = {"match": "/*", "policies": ["few"], "backend": {"http": "up"}}
    gate = start_gate(config_for(upstream.target, routes=[route], policies={"few": policy}))
    with gate.client() as client:
        assert client.get("/", "X-Caller: first").status == 200
        for number in range(1000):  # each a caller of its own, and none is made good before an hour
            assert client.get("/", f"X-Caller: {number}").status == 200
        assert client.get("/", "X-Caller: first").status == 429  # who is known is still held to it
    counts(gate, 'gatehouse_limits_reached_total{limit="rate_limit_keys"}', 400)
    gate.wait_for_log(r"the limit rate_limit_keys was reached, \d+ more times")
    assert len([line for line in gate.lines if "rate_limit_keys" in line]) == 1


def test_a_condition_that_comes_to_no_answer_is_said(start_gate, upstream):
    policy = {"kind": "rate_limit", "limit": "1/h", "per": 'request.headers["x-caller"]'}
    route = {"match": "/*", "policies": ["few"], "backend": {"http": "up"}}
    gate = start_gate(config_for(upstream.target, routes=[route], policies={"few": policy}))
    answered_soon(gate, times=5)  # nobody says who calls
    counts(gate, "gatehouse_undecided_total", 5)
    gate.wait_for_log("policies came to no answer")


# The issuer of keys.


@pytest.fixture
def issuer():
    server = KeyServer(KEY)
    yield server
    server.close()


@pytest.fixture
def guarded(start_gate, upstream):
    """guarded(address) → a gate whose /guarded wants a token, and whose other paths want none."""

    def start(address, **settings):
        policy = {"kind": "jwt", "jwks": address, "fetch_timeout": WAIT, **settings}
        routes = [
            {"match": "/guarded", "policies": ["tokens"], "backend": {"http": "up"}},
            {"match": "/*", "backend": {"http": "up"}},
        ]
        return start_gate(config_for(upstream.target, routes=routes, policies={"tokens": policy}))

    return start


@pytest.mark.parametrize("how", ["away", "hang", "junk", "flood"])
def test_an_issuer_that_is_no_use_holds_up_nobody(guarded, issuer, how):
    if how == "away":
        issuer.close()
    else:
        issuer.behaviour = how
    gate = guarded(issuer.url, fetch_timeout=WAIT if how == "hang" else "500ms")
    failing = f'gatehouse_key_set_failing{{keys="{issuer.url}"}}'
    token = {"Authorization": f"Bearer {KEY.sign()}"}
    with Load(gate.port, connections=4) as load:
        answer = answered_soon(gate, "/guarded", 503, headers=token)
        assert answer.json()["code"] == "token-keys-unavailable"
        counts(gate, failing, seconds=START_SECONDS)
        gate.wait_for_log(r"keys of \S+: ")
        counts(gate, f'gatehouse_key_set_failures_total{{keys="{issuer.url}"}}', 1 if how == "hang" else 2)
        answered_soon(gate, "/guarded", 503, headers=token)
    assert load.failures == [] and load.answered > 20


def test_an_issuer_that_begins_to_hang_costs_nobody_who_is_known(guarded, issuer):
    gate = guarded(issuer.url, refresh_min="1s", refresh_max="1s", fetch_timeout="1s")
    token = {"Authorization": f"Bearer {KEY.sign()}"}
    wait_until(lambda: gate.get("/guarded", headers=token).status_code == 200, what="the keys")
    issuer.behaviour = "hang"
    counts(gate, f'gatehouse_key_set_failing{{keys="{issuer.url}"}}')
    answered_soon(gate, "/guarded", headers=token)
    answered_soon(gate, "/guarded", times=3, headers={"Authorization": f"Bearer {KEY.sign(sub='bob')}"})


# The event history.


class Stopped:
    """Holds one thread of a process still, as a disk that hangs would; the others run on."""

    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, pid, name):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
        (self.thread,) = [int(task.name) for task in tasks if (task / "comm").read_text().strip() == name]

    def __enter__(self):
        if self.libc.ptrace(self.SEIZE, self.thread, None, None) != 0:
            pytest.skip(f"a thread can't be stopped here: {os.strerror(ctypes.get_errno())}")
        self.libc.ptrace(self.INTERRUPT, self.thread, None, None)
        os.waitpid(self.thread, self.WALL)
        return self

    def __exit__(self, *_):
        self.libc.ptrace(self.DETACH, self.thread, None, None)


def test_a_history_that_hangs_holds_up_nobody_and_takes_all_of_it_afterwards(start_gate, upstream):
    store = {"path": "data/", "query_time": "100ms"}
    gate = start_gate(config_for(upstream.target, store=store))
    gate.get("/before")
    gate.wait_for_events(1)
    with Stopped(gate.pid, "store"):
        answered_soon(gate, "/during", times=50)
        counts(gate, "gatehouse_history_lag_records", 50)
        began = time.monotonic()
        asked = gate.cli("events", check=False, seconds=START_SECONDS)
        assert asked.returncode == 1 and "does not answer" in asked.stderr
        assert time.monotonic() - began < 20
        gate.wait_for_log("the event history stands still", START_SECONDS)
        answered_soon(gate)
        assert gate.admin("/readyz").status_code == 200
    gate.wait_for_log("the event history takes records again")
    assert [event["url"]["path"] for event in gate.events()] == ["/before"] + ["/during"] * 50 + ["/"] * 20


def test_a_question_that_asks_too_much_is_ended_and_the_next_is_answered(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, store={"path": "data/", "query_time": "100ms"}))
    with Load(gate.port, connections=8, target="/" + "ab" * 200) as load:
        wait_until(lambda: load.answered > 5000, START_SECONDS, "some events")
    # Patterns for which the expression engine needs more states than it keeps, as many as a filter may hold.
    costly = " || ".join(f"url.path.matches('a[ab]{{{n}}}a[ab]{{{n}}}x')" for n in range(100, 250))
    with Load(gate.port, connections=4) as load:
        began = time.monotonic()
        asked = gate.cli("events", costly, check=False, seconds=START_SECONDS)
        assert asked.returncode == 1 and "was ended before it was answered" in asked.stderr
        assert time.monotonic() - began < 8
        answered_soon(gate)
        # 100 ms may be short for any question while the machine is busy.
        wait_until(lambda: gate.cli("events", "--limit", "1", check=False).stdout, what="the next answer")
    assert load.failures == []
    counts(gate, "gatehouse_history_questions_failed_total")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (["(" * 5000 + "true" + ")" * 5000], "filter has 10004 bytes"),
        (["url.path == '" + "a" * 9000 + "'"], "filter has 9014 bytes"),
        (["(" * 3000 + "true" + ")" * 3000], "nested|deep"),
        (["url.path.matches('(((a{1000}){1000}){1000})')"], "no regular expression"),
        (["--group-by", ",".join(["client.ip"] * 9)], "9 fields to group by"),
        ([r"url.path == '\x00' || url.path == '\U0001f600'"], None),
    ],
)
def test_a_question_that_can_not_be_is_refused_and_harms_nobody(gate, question, words):
    gate.get("/")
    gate.wait_for_events(1)
    asked = gate.cli("events", *question, check=False)
    assert asked.returncode == (2 if words else 0), asked.stderr
    assert re.search(words or "", asked.stderr)
    assert len(gate.events()) == 1


# The disk.


@contextlib.contextmanager
def full_disk(gate):
    """No file of the gate's can grow any more: to it, the disk is full."""
    before = resource.prlimit(gate.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(gate.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(gate.pid, resource.RLIMIT_FSIZE, before)


def test_a_full_disk_stops_no_request_and_what_is_missing_is_said(start_gate, upstream):
    config = config_for(upstream.target, access_log={"path": "access.log"})
    gate = start_gate(config)
    log = gate.folder / "access.log"
    answered_soon(gate, "/before", times=3)
    wait_until(lambda: len(gate.events()) == 3, what="the events")
    wait_until(lambda: log.exists() and len(log.read_text().splitlines()) == 3, what="the lines")
    with full_disk(gate):
        with Load(gate.port, connections=4, target="/during") as load:
            answered_soon(gate, "/during", times=50)
            for name in (
                "gatehouse_journal_failing",
                "gatehouse_journal_write_failures_total",
                "gatehouse_access_log_lost_lines_total",
            ):
                counts(gate, name)
        assert load.failures == [] and load.answered > 50
        gate.wait_for_log("File too large")
        gate.wait_for_log("the access log loses lines")
        assert json.loads(gate.cli("status", "-o", "json").stdout)["events"]["journal_failing"] is True
        answered_soon(gate, "/during")
    wait_until(lambda: gate.metrics()["gatehouse_journal_failing"] == 0, START_SECONDS, "the journal")
    gate.wait_for_log("the journal is written again")
    answered_soon(gate, "/after", times=2)
    wait_until(lambda: [e for e in gate.events() if e["url"]["path"] == "/after"], START_SECONDS, "events")
    gaps = [event for event in gate.events("--all") if event["event"]["action"] == "gap"]
    assert sum(event["gatehouse"]["count"] for event in gaps) == gate.metrics()["gatehouse_journal_unwritten_total"]
    lines = [json.loads(line)["url"]["path"] for line in log.read_text().splitlines()]
    assert lines[:3] == ["/before"] * 3 and lines[-2:] == ["/after"] * 2
    gate.stop()
    assert "whole and in order" in gate.cli("journal", "verify").stdout
