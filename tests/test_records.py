"""What is promised: a verdict by hand is a record of the journal first, in force when the answer says so, and
there again after a restart, a kill and the loss of the database; an operator's word replaces the engine's."""
import hashlib
import json
import resource
import shutil
import sqlite3
import threading

from gate import config_for
from raw import wait_until

SUBJECT = "address:127.0.0.1"
ENFORCE = {"mode": "enforce", "count_rule": {"limit": 1000000}}


def enforcing(start_gate, upstream, **parts):
    return start_gate(config_for(upstream.target, **{"behavior": ENFORCE, **parts}))


def verdict(gate, *words, check=True):
    done = gate.cli("verdict", *words, "-o", "json", check=check)
    return json.loads(done.stdout) if done.stdout else done


def standing(gate):
    return [(row["subject"], row["level"]) for row in verdict(gate, "list")["verdicts"]]


def by_hand(gate):
    """The journal's own records, oldest first."""
    lines = gate.cli("journal", "cat", "--limit", "100000", "-o", "ndjson").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    return [record for record in records if record["event"]["action"] == "verdict_by_hand"]


def test_a_block_is_in_force_when_it_is_answered_and_gone_when_it_is_cleared(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    assert gate.get("/").status_code == 200
    for _ in range(5):
        answer = verdict(gate, "set", SUBJECT, "block", "--for", "1h", "--reason", "scans us")
        assert answer["in_force"] is True and answer["subject"] == SUBJECT
        refused = gate.get("/")
        assert refused.status_code == 403 and refused.json()["code"] == "blocked-by-verdict"
        assert verdict(gate, "clear", SUBJECT)["in_force"] is True
        assert gate.get("/").status_code == 200
    assert standing(gate) == []
    assert gate.cli("verdict", "clear", SUBJECT, check=False).returncode == 5


def test_users_and_apps_are_blocked_too_and_observing_is_said(start_gate, upstream, tmp_path):
    key = "k" * 32
    digest = hashlib.sha256(key.encode()).hexdigest()
    config = config_for(
        upstream.target,
        routes=[{"match": "/*", "policies": ["keys"], "backend": {"http": "up"}}],
        policies={"keys": {"kind": "api_key", "apps": [{"name": "ios", "digest": f"sha256:{digest}"}]}},
        behavior={**ENFORCE, "mode": "observe"},
    )
    gate = start_gate(config)
    observed = gate.cli("verdict", "set", "app:ios", "block", "--for", "1h").stdout
    assert "only observes" in observed
    assert gate.get("/", headers={"X-API-Key": key}).status_code == 200
    assert gate.reload({**config, "behavior": ENFORCE})
    assert verdict(gate, "set", "app:ios", "block", "--for", "1h")["mode"] == "enforce"
    assert gate.get("/", headers={"X-API-Key": key}).status_code == 403
    verdict(gate, "clear", "app:ios")
    assert gate.get("/", headers={"X-API-Key": key}).status_code == 200


def test_the_journal_says_who_set_what_about_whom_and_why(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    verdict(gate, "set", "user:ann", "watch", "--for", "1h", "--reason", "asked by HR")
    record = by_hand(gate)[-1]
    own = record["gatehouse"]
    assert (own["about"], own["name"], own["detail"]) == ("user:ann", "watch", "asked by HR")
    assert own["by"].startswith("uid ")
    assert own["subjects"][0]["kind"] == "user"


def test_it_stands_after_a_restart_and_after_a_kill(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    verdict(gate, "set", SUBJECT, "block", "--for", "1h")
    verdict(gate, "set", "app:ios", "slow", "--for", "2h")
    gate.restart()
    wait_until(lambda: standing(gate) == [(SUBJECT, "block"), ("app:ios", "slow")], 5, "both verdicts")
    wait_until(lambda: gate.get("/").status_code == 403, 5, "the block")
    verdict(gate, "clear", SUBJECT)
    gate.kill()
    gate.start()
    wait_until(lambda: standing(gate) == [("app:ios", "slow")], 5, "the one that stands")
    assert gate.get("/").status_code == 200


def test_it_stands_when_it_is_older_than_what_the_engine_reads_again(start_gate, upstream):
    """The engine begins with the last segments alone; the rest comes from the records."""
    short = {**ENFORCE, "count_rule": {"limit": 1000000, "window": "1s", "block_for": "1s"}}
    gate = enforcing(
        start_gate, upstream, behavior=short, journal={"segment_bytes": "1MiB", "fsync": "never"}
    )
    verdict(gate, "set", "user:ann", "block", "--for", "30d")
    set_at = by_hand(gate)[-1]["event"]["sequence"]

    def segments():
        return len(list((gate.data / "journal").iterdir()))

    with gate.client() as client:
        while segments() < 3:
            for _ in range(200):
                client.send(b"GET /" + b"a" * 300 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                assert client.read_response("GET").status == 200
    gate.restart()
    wait_until(lambda: standing(gate) == [("user:ann", "block")], 5, "the verdict")
    assert set_at < 100
    assert "whole journal" not in gate.log.split("stopped")[-1]


def test_the_database_is_filled_from_the_journal_when_it_is_lost(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    verdict(gate, "set", SUBJECT, "block", "--for", "1h")
    verdict(gate, "set", "user:ann", "watch", "--for", "1h")
    verdict(gate, "clear", "user:ann")
    rows = json.loads(ask(gate, "/v1/verdicts_by_hand"))["verdicts_by_hand"]
    assert [row["level"] for row in rows] == [None, "watch", "block"]
    gate.stop()
    for path in gate.data.glob("records.sqlite*"):
        path.unlink()
    gate.start()
    assert json.loads(ask(gate, "/v1/verdicts_by_hand"))["verdicts_by_hand"] == rows
    wait_until(lambda: gate.get("/").status_code == 403, 5, "the block")


def ask(gate, target):
    import httpx

    secret = gate.cli("token", "create", "test", "--scope", "all").stdout.strip()
    answer = httpx.get(gate.admin_url + target, headers={"Authorization": f"Bearer {secret}"}, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_broken_database_is_set_aside_and_told(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    verdict(gate, "set", SUBJECT, "block", "--for", "1h")
    gate.stop()
    for path in gate.data.glob("records.sqlite-*"):
        path.unlink()
    (gate.data / "records.sqlite").write_bytes(b"no database" * 1000)
    gate.start()
    gate.wait_for_log("E0812: the records are broken")
    assert (gate.data / "records.sqlite.broken").exists()
    wait_until(lambda: standing(gate) == [(SUBJECT, "block")], 5, "the verdict")
    assert gate.cli("token", "list").stdout.count("\n") == 1
    assert gate.metrics()["gatehouse_records_set_aside_total"] == 1


def test_a_database_that_can_not_be_opened_leaves_the_gate_up_and_refuses_changes(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    verdict(gate, "set", SUBJECT, "block", "--for", "1h")
    gate.stop()
    for path in gate.data.glob("records.sqlite*"):
        path.unlink()
    (gate.data / "records.sqlite").mkdir()
    gate.start()
    wait_until(lambda: gate.get("/").status_code == 403, 5, "the block")
    refused = gate.cli("verdict", "clear", SUBJECT, check=False)
    assert refused.returncode == 1 and "can't be read or written" in refused.stderr
    assert gate.metrics()["gatehouse_records_writable"] == 0
    gate.stop()
    shutil.rmtree(gate.data / "records.sqlite")


def test_a_full_disk_refuses_the_change_and_keeps_nothing_of_it(start_gate, upstream):
    """A limit on the size of files is a full disk: what grows is refused."""
    gate = enforcing(start_gate, upstream, store={"path": "data/", "history": False})
    gate.cli("token", "create", "before", "--scope", "all")
    largest = max(path.stat().st_size for path in gate.data.rglob("*") if path.is_file())
    resource.prlimit(gate.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def refusal():
        done = gate.cli("token", "create", "x" * 60, "--scope", "all", check=False)
        return done.stderr if done.returncode else None

    assert "records" in wait_until(refusal, 10, "a refusal")
    before = gate.cli("token", "list", "-o", "json").stdout
    refused = gate.cli("verdict", "set", SUBJECT, "block", "--for", "1h", check=False)
    assert refused.returncode == 1
    assert gate.get("/").status_code == 200
    assert gate.cli("token", "create", "y", "--scope", "all", check=False).returncode == 1
    assert gate.cli("token", "list", "-o", "json").stdout == before
    resource.prlimit(gate.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_until(lambda: gate.cli("verdict", "set", SUBJECT, "block", "--for", "1h", check=False).returncode == 0, 10, "it")
    assert gate.get("/").status_code == 403


def test_an_allow_by_hand_wins_over_the_rule(start_gate, upstream):
    rule = {"limit": 3, "window": "10s", "block_for": "1m", "status_min": 404, "status_max": 404}
    gate = enforcing(
        start_gate, upstream, routes=["GET /open"], behavior={"mode": "enforce", "count_rule": rule}
    )
    verdict(gate, "set", SUBJECT, "allow", "--for", "1h", "--reason", "our monitoring")
    for _ in range(10):
        assert gate.get("/closed").status_code == 404
    gate.wait_for_events(10)
    assert gate.get("/open").status_code == 200
    verdict(gate, "clear", SUBJECT)
    for _ in range(3):
        gate.get("/closed")
    wait_until(lambda: gate.get("/open").status_code == 403, 5, "the block")
    verdict(gate, "set", SUBJECT, "allow", "--for", "1h")
    assert gate.get("/open").status_code == 200


def test_changes_at_the_same_time_are_each_recorded_once(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    failed = []

    def work(number):
        for turn in range(5):
            done = gate.cli("verdict", "set", f"user:{number}-{turn}", "watch", "--for", "1h", check=False)
            if done.returncode or "until" not in done.stdout:
                failed.append(done)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    subjects = {f"user:{number}-{turn}" for number in range(6) for turn in range(5)}
    assert {row[0] for row in standing(gate)} == subjects
    assert sorted(record["gatehouse"]["about"] for record in by_hand(gate)) == sorted(subjects)
    gate.stop()
    with sqlite3.connect(gate.data / "records.sqlite") as database:
        rows = database.execute("SELECT subject FROM verdicts_by_hand").fetchall()
        assert sorted(row[0] for row in rows) == sorted(subjects)
        assert database.execute("SELECT count(*) FROM audit WHERE status = 200").fetchone() == (30,)


def test_a_kill_between_journal_and_copy_loses_nothing(start_gate, upstream):
    gate = enforcing(start_gate, upstream)
    for number in range(20):
        gate.cli("verdict", "set", f"user:{number}", "watch", "--for", "1h")
    gate.kill()
    # What a kill before the copy leaves: rows and position of an earlier time.
    database = sqlite3.connect(gate.data / "records.sqlite")
    keep = database.execute("SELECT at_us, sequence FROM verdicts_by_hand ORDER BY at_us LIMIT 1 OFFSET 9").fetchone()
    database.execute("DELETE FROM verdicts_by_hand WHERE at_us > ?", keep[:1])
    database.execute("UPDATE journal_position SET at_us = ?, sequence = ?", keep)
    database.commit()
    database.close()
    gate.start()
    wait_until(lambda: len(standing(gate)) == 20, 5, "all verdicts")
    rows = json.loads(ask(gate, "/v1/verdicts_by_hand"))["verdicts_by_hand"]
    assert sorted(row["subject"] for row in rows) == sorted(f"user:{number}" for number in range(20))


def test_what_is_no_verdict_is_told(gate):
    for words, code, what in [
        (("set", "203.0.113.7", "block", "--for", "1h"), 2, "names no subject"),
        (("set", "address:203.0.113", "block", "--for", "1h"), 2, "is no address"),
        (("set", SUBJECT, "kill", "--for", "1h"), 2, "a level is wanted"),
        (("set", SUBJECT, "block"), 2, "an end is wanted"),
        (("set", SUBJECT, "block", "--for", "400d"), 2, "is no end"),
        (("clear", "user:nobody"), 5, "no verdict stands on `user:nobody`"),
    ]:
        done = gate.cli("verdict", *words, check=False)
        assert (done.returncode, what in done.stderr) == (code, True), (words, done.stderr)
    assert by_hand(gate) == []
