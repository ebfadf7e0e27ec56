"""What is promised: only who shows name and password of a known user gets through the policy `basic`; a password is
checked off the workers, and once; guesses are held back by address; who goes away while waiting costs nothing more."""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import time

import pytest
import yaml

from gate import BINARY, ROOT, config_for, run_cli
from raw import wait_until

# Of "open sesame": bcrypt at its least cost, and one that takes a good while.
QUICK = "$2b$04$XQdoG2X70Uk7LbmSBIA6Tu8LeqNToovMk8Zre5oRLYe7yZQ153dGO"
SLOW = "$2b$14$XQdoG2X70Uk7LbmSBIA6Tu8LeqNToovMk8Zre5oRLYe7yZQ153dGO"
ANN = ("ann", "open sesame")


@pytest.fixture
def guarded(start_gate, upstream):
    """guarded(**settings) → a gate on which ann may sign in."""

    def start(limits=None, workers=1, timeout=None, **settings):
        if not {"users", "file"} & set(settings):
            settings["users"] = [{"name": "ann", "hash": QUICK}]
        route = {"match": "/*", "policies": ["staff"], "backend": {"http": "up"}}
        if timeout:
            route["timeout"] = timeout
        routes = [route, {"match": "/open", "backend": {"mock": {"body": "open"}}}]
        policies = {"staff": {"kind": "basic", **settings}}
        return start_gate(config_for(upstream.target, routes=routes, policies=policies, workers=workers))

    return start


def code(answer):
    return (answer.status_code, answer.json()["code"] if answer.status_code >= 400 else "")


def test_only_a_known_user_passes_and_the_event_says_who_tried(guarded, upstream):
    gate = guarded(realm="the shop", user_field="X-User")
    asked = gate.get("/x")
    assert code(asked) == (401, "credentials-missing")
    assert asked.headers["www-authenticate"] == 'Basic realm="the shop", charset="UTF-8"'
    assert gate.get("/x", auth=ANN, headers={"X-User": "root"}).status_code == 200
    seen = upstream.requests[-1]
    assert seen["x-user"] == "ann" and "authorization" not in seen
    assert gate.get("/x", auth=ANN).status_code == 200
    wrong = gate.get("/x", auth=("ann", "open sesam"))
    assert code(wrong) == (401, "credentials-wrong")
    assert "www-authenticate" in wrong.headers
    unknown = gate.get("/x", auth=("eve", "open sesame"))
    same = ("status", "code", "title", "type")
    assert {k: unknown.json().get(k) for k in same} == {k: wrong.json().get(k) for k in same}, "which of both isn't told"
    assert code(gate.get("/x", headers={"Authorization": "Basic !"})) == (401, "credentials-malformed")
    events = gate.wait_for_events(6)
    told = [(e["http"]["response"]["status_code"], e["gatehouse"].get("sign_in"), e.get("user")) for e in events]
    assert told == [
        (401, None, None),
        (200, {"outcome": "ok", "user": "ann"}, {"id": "ann"}),
        (200, None, {"id": "ann"}),
        (401, {"outcome": "failed", "user": "ann"}, None),
        (401, {"outcome": "failed", "user": "eve"}, None),
        (401, {"outcome": "failed"}, None),
    ]
    assert "sesam" not in json.dumps(events) and "sesam" not in gate.log


def test_guesses_are_held_back_by_address_and_who_is_known_still_passes(guarded):
    gate = guarded(failed_sign_ins="3/h")
    assert gate.get("/x", auth=ANN).status_code == 200
    for guess in ("a", "b", "c"):
        assert code(gate.get("/x", auth=("ann", guess))) == (401, "credentials-wrong")
    held = gate.get("/x", auth=("ann", "d"))
    assert code(held) == (429, "too-many-failed-sign-ins")
    assert 0 < int(held.headers["retry-after"]) <= 1200
    assert gate.get("/x", auth=ANN).status_code == 200


def test_many_guesses_at_once_are_no_way_round_that(guarded):
    gate = guarded(failed_sign_ins="3/h", users=[{"name": "ann", "hash": SLOW}])
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda i: code(gate.get("/x", auth=("ann", f"guess {i}")))[1], range(12)))
    assert codes.count("credentials-wrong") == 3
    assert codes.count("too-many-failed-sign-ins") == 9


def test_a_slow_check_holds_up_nobody_else_and_is_done_once_for_all_who_ask_the_same(guarded):
    gate = guarded(users=[{"name": "ann", "hash": SLOW}], failed_sign_ins="6/h")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        began = time.monotonic()
        waiting = [pool.submit(gate.get, "/x", auth=("ann", "the same")) for _ in range(6)]
        wait_until(lambda: gate.get("/open").status_code == 200)
        others = 0
        while not all(one.done() for one in waiting):
            assert gate.get("/open").text == "open"
            others += 1
        assert {code(one.result()) for one in waiting} == {(401, "credentials-wrong")}
    assert code(gate.get("/x", auth=("ann", "another"))) == (429, "too-many-failed-sign-ins")
    assert others >= 3, f"one worker answered {others} others in {time.monotonic() - began} s"


def test_the_time_of_the_request_ends_the_wait(guarded):
    gate = guarded(users=[{"name": "ann", "hash": SLOW}], timeout="100ms")
    answer = gate.get("/x", auth=("ann", "whatever"))
    assert answer.status_code == 504
    assert gate.get("/open").status_code == 200


def test_a_client_that_goes_away_while_it_waits_is_forgotten(guarded):
    gate = guarded(users=[{"name": "ann", "hash": SLOW}], failed_sign_ins="0/s")
    for i in range(20):
        client = gate.client()
        client.send(f"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {'YW5uOmEw'[:-4]}{i:02}aa\r\n\r\n".encode())
        client.reset()
    gone = gate.wait_for_events(20)
    assert all(e["gatehouse"]["outcome"] in ("aborted", "refused") for e in gone)
    assert gate.get("/open").status_code == 200
    assert gate.stop() == 0, "nothing is left that waits"


def test_a_gate_stops_while_passwords_are_checked(guarded):
    gate = guarded(users=[{"name": "ann", "hash": SLOW}])
    client = gate.client()
    client.send(b"GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YW5uOmEw\r\n\r\n")
    assert gate.stop() == 0


def test_users_come_from_a_file_that_may_change(guarded, tmp_path):
    users = tmp_path / "users"
    users.write_text(f"# people\nann:{QUICK}\n")
    gate = guarded(file=str(users))
    assert gate.get("/x", auth=ANN).status_code == 200
    assert code(gate.get("/x", auth=("bob", "open sesame"))) == (401, "credentials-wrong")
    users.write_text(f"bob:{QUICK}\n")
    wait_until(lambda: gate.get("/x", auth=("bob", "open sesame")).status_code == 200, what="the new user")
    assert code(gate.get("/x", auth=ANN)) == (401, "credentials-wrong"), "what was remembered is forgotten"


def test_a_hash_is_made_from_standard_input_and_works(guarded):
    done = subprocess.run([str(BINARY), "password", "hash"], input="correct horse\n", capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("$y$")
    gate = guarded(users=[{"name": "ann", "hash": done.stdout.strip()}], optional=True, forward=True, cache_time="0s")
    assert gate.get("/x", auth=("ann", "correct horse")).status_code == 200
    assert gate.get("/x").status_code == 200
    assert code(gate.get("/x", auth=ANN)) == (401, "credentials-wrong")


@pytest.mark.parametrize("settings, words", [
    ({}, "no users"),
    ({"users": [{"name": "ann", "hash": "opensesame"}]}, "no hash of yescrypt"),
    ({"users": [{"name": "a:b", "hash": QUICK}]}, "no colon"),
    ({"users": [{"name": "ann", "hash": QUICK}] * 2}, "there twice"),
    ({"users": [{"name": "ann", "hash": QUICK.replace("$04", "$31")}]}, "cost is over 14"),
    ({"file": "none"}, "none` does not exist"),
    ({"realm": 'a"b', "users": [{"name": "ann", "hash": QUICK}]}, "`realm` has a quote"),
    ({"user_field": "Host", "users": [{"name": "ann", "hash": QUICK}]}, "`Host` is no field"),
])
def test_settings_that_cannot_work_are_told(tmp_path, settings, words):
    config = config_for("127.0.0.1:1", routes=[{"match": "/*", "policies": ["p"], "backend": {"http": "up"}}],
                        policies={"p": {"kind": "basic", **settings}})
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    done = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert "opensesame" not in done.stderr and QUICK not in done.stderr


@pytest.mark.parametrize("page", ["docs/policies/basic.md", "docs/zh-CN/policies/basic.md"])
def test_the_example_of_the_page_works(start_gate, upstream, page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["office"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    gate = start_gate(config)
    assert gate.get("/reports", auth=ANN).status_code == 200
    assert upstream.requests[-1]["x-user"] == "ann"
    assert code(gate.get("/reports")) == (401, "credentials-missing")
