"""What is promised: detectors of one's own raise a caller to the level that they say and nobody else; they act where the
mode enforces and are noted where it observes; a changed file counts from a reload on and a wrong one changes nothing; what
stands, and what was learnt, is there again after a kill; the journal is told of the detectors once for each change."""
import json
import pathlib
import re

import pytest
import yaml

from gate import ROOT, config_for, run_cli
from raw import wait_until
from test_risk import SECRET, code, token, verdict_of

TOLD = "detectors: told to the journal"


def detectors(points=120, refusals=5, reason="{user.refused.amount} refusals of {event.user}"):
    return f"""
features:
  user.refused: {{ model: pace, window: 24h, where: event.status == 403 }}
detectors:
  refused_often:
    when: user.refused.amount >= {refusals}
    points: {points}
    fact: true
    reason: "{reason}"
"""


def guarded(target, mode="enforce", files=("detectors.yaml",)):
    policies = {"signed-in": {"kind": "jwt", "secret": SECRET, "algorithms": ["HS256"]}}
    refuse = {"match": "/secret", "policies": ["signed-in"], "backend": {"mock": {"status": 403, "body": "no"}}}
    mine = {"match": "/*", "policies": ["signed-in"], "backend": {"http": "up"}}
    behavior = {"mode": mode, "content": list(files), "risk": {"slow_time": "50ms"},
                "count_rule": {"limit": 1_000_000}}
    return config_for(target, routes=[refuse, mine], policies=policies, behavior=behavior)


@pytest.fixture
def start(start_gate, upstream, tmp_path):
    """start(text, mode) → a gate with these detectors, which the journal has been told of."""

    def begin(text, mode="enforce"):
        write(tmp_path / "gate-0", text)
        gate = start_gate(guarded(upstream.target, mode))
        gate.wait_for_log(TOLD)
        wait_for_contents(gate, 1)
        return gate

    return begin


def write(folder, text, name="detectors.yaml"):
    folder.mkdir(exist_ok=True)
    fresh = folder / (name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(folder / name)


def provoke(gate, user, times=5):
    for _ in range(times):
        assert gate.get("/secret", headers=token(sub=user)).status_code == 403


def status(gate, user):
    return gate.get("/mine", headers=token(sub=user)).status_code


def contents(gate):
    return gate.cli("journal", "cat").stdout.count("detectors 1/")


def wait_for_contents(gate, count):
    wait_until(lambda: contents(gate) == count, what=f"{count} contents in the journal")


def test_who_is_refused_often_is_blocked_and_nobody_else(start):
    gate = start(detectors())
    provoke(gate, "bob", 4)
    provoke(gate, "ann", 5)
    wait_until(lambda: status(gate, "ann") == 403, what="the block")
    blocked = gate.get("/mine", headers=token(sub="ann"))
    assert code(blocked) == (403, "blocked-by-verdict")
    assert "5 refusals of ann" in blocked.json()["detail"]
    assert verdict_of(gate, "/mine") == ("block", "block", "none", True)
    assert status(gate, "bob") == 200
    assert verdict_of(gate, "/mine") is None
    # What the verdict itself answers is no further evidence.
    assert gate.metrics()["gatehouse_behavior_contributions_total"] == 1


@pytest.mark.parametrize("mode, done, would", [("enforce", "slow", "none"), ("observe", "none", "slow")])
def test_a_level_acts_where_it_is_enforced_and_is_noted_where_it_is_observed(start, mode, done, would):
    gate = start(detectors(points=70), mode)
    provoke(gate, "ann")
    gate.wait_for_log("slow user ann: 5 refusals of ann")
    wait_until(lambda: status(gate, "ann") == 200 and verdict_of(gate, "/mine"), what="the verdict at the gate")
    assert verdict_of(gate, "/mine") == ("slow", done, would, False)


def test_a_changed_file_counts_from_its_reload_on(start):
    gate = start(detectors(refusals=1000))
    provoke(gate, "ann", 4)
    write(gate.folder, detectors(refusals=5, reason="once more"))
    wait_for_contents(gate, 2)
    provoke(gate, "ann", 1)  # what was learnt before counts on
    wait_until(lambda: status(gate, "ann") == 403, what="the block")
    assert "once more" in gate.get("/mine", headers=token(sub="ann")).json()["detail"]
    assert status(gate, "bob") == 200


def test_a_wrong_file_changes_nothing(start, upstream):
    gate = start(detectors())
    wrong = detectors().replace("user.refused.amount >=", "user.refusals.amount >=")
    write(gate.folder, wrong)
    config = guarded(upstream.target, mode="observe")
    assert not gate.reload(config)
    assert "E0433" in gate.log and "detectors.yaml:6:16" in gate.log, gate.log
    provoke(gate, "ann")
    wait_until(lambda: status(gate, "ann") == 403, what="the block by what stood before")
    assert gate.log.count(TOLD) == 1
    checked = run_cli("check", gate.path, check=False)
    assert checked.returncode == 3 and "detectors.yaml:6:16" in checked.stderr, checked.stderr


def test_a_file_that_is_not_there_or_a_name_in_two_files_is_told(tmp_path):
    config = guarded("127.0.0.1:9", files=["one.yaml", "two.yaml", "none.yaml"])
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    for name in ("one.yaml", "two.yaml"):
        write(tmp_path, detectors() + "thresholds: { watch: { enter: 10, leave: 5 } }\n", name)
    told = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert told.returncode == 3 and "none.yaml` does not exist" in told.stderr, told.stderr
    config["behavior"]["content"].remove("none.yaml")
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    told = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert told.returncode == 3
    for words in ("a feature `user.refused`", "a detector `refused_often`", "`thresholds`", "one.yaml:3"):
        assert words in told.stderr, told.stderr


def test_detectors_may_come_from_several_files(start_gate, upstream, tmp_path):
    write(tmp_path / "gate-0", detectors(), "one.yaml")
    write(tmp_path / "gate-0", "thresholds: { block: { enter: 0, leave: 0 } }", "two.yaml")
    gate = start_gate(guarded(upstream.target, files=["one.yaml", "two.yaml"]))
    gate.wait_for_log(TOLD)
    provoke(gate, "ann")
    gate.wait_for_log("challenge user ann: 5 refusals of ann")
    assert gate.metrics()["gatehouse_behavior_content_unread_total"] == 0


def test_what_stands_and_what_was_learnt_outlives_a_kill(start):
    gate = start(detectors())
    provoke(gate, "bob", 4)
    provoke(gate, "ann", 5)
    wait_until(lambda: status(gate, "ann") == 403, what="the block")
    file = gate.data / "verdicts.standing"
    wait_until(lambda: file.exists() and '"block"' in file.read_text(), what="the verdict in its file")
    gate.kill()
    gate.start()
    assert status(gate, "ann") == 403, "from the first request on"
    gate.wait_for_log(r"the engine has read \d+ records in \d+ ms")
    assert status(gate, "ann") == 403 and status(gate, "bob") == 200
    provoke(gate, "bob", 1)
    wait_until(lambda: status(gate, "bob") == 403, what="the fifth refusal")
    assert contents(gate) == 1, "what has not changed is not told again"
    gate.kill()
    file.unlink()
    gate.start()
    wait_until(lambda: status(gate, "ann") == 403 and status(gate, "bob") == 403, what="what the journal says")


def test_detectors_that_are_taken_away_are_gone_for_a_restart_too(start, upstream):
    gate = start(detectors())
    provoke(gate, "ann", 4)
    gate.stop()
    gate.write(guarded(upstream.target, files=[]))
    gate.start()
    gate.wait_for_log("detectors: none from now on")
    wait_for_contents(gate, 2)
    provoke(gate, "ann", 4)
    gate.restart()
    provoke(gate, "ann", 4)
    assert status(gate, "ann") == 200
    assert contents(gate) == 2 and "none from now on" not in gate.log


def page_blocks(page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    return [match for match in re.findall(r"```yaml\n(.*?)```", text, re.S)]


@pytest.mark.parametrize("page", ["docs/detectors.md", "docs/zh-CN/detectors.md"])
def test_the_example_of_the_page_works(start_gate, upstream, tmp_path, page):
    config_text, detectors_text = page_blocks(page)[:2]
    config = yaml.safe_load(config_text)
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["shop"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    write(tmp_path / "gate-0", detectors_text)
    gate = start_gate(config)
    gate.wait_for_log(TOLD)
    ann, bob = ("ann", "open sesame"), ("bob", "open sesame")
    for _ in range(10):
        assert gate.get("/admin/users", auth=ann).status_code == 403
    wait_until(lambda: gate.get("/orders/17", auth=ann).status_code == 403, what="the block")
    assert "10 refusals of ann within an hour" in gate.get("/orders/17", auth=ann).json()["detail"]
    assert gate.get("/orders/17", auth=bob).status_code == 200
