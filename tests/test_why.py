"""What is promised: `why` tells the lines of a subject's points, and they add up exactly to the total as printed, in
JSON and in the table; it says what lowers the level and why other detectors gave nothing. `notable` ranks. The same by
the admin API, with its scope and in pages. Who is not known is said to be so."""
import base64
import hashlib
import hmac
import json
import re
import time
from decimal import Decimal

import httpx
import pytest

from gate import config_for, run_cli
from raw import wait_until

SECRET = "0123456789abcdef0123456789abcdef"
CONTENT = """
features:
  user.routes: { model: seen, value: path, mature_events: 5 }
detectors:
  takes_out:
    when: event.path == "/export"
    points: 45
    window: 1s
    fact: true
    attack: T1567
    reason: "{event.user} takes out {event.path}"
  takes_keys:
    when: event.path == "/keys"
    points: 30
    half_life: 1m
    fact: true
    reason: "{event.user} takes the keys"
  keys_again:
    when: event.path == "/keys"
    family: takes_keys
    points: 5
    fact: true
    reason: "keys"
  rare_route:
    when: user.routes.new && user.routes.surprise > 20.0
    points: 30
    reason: "{event.path} is new"
"""


def b64(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def proof(user):
    claims = {"sub": user, "exp": int(time.time()) + 600}
    text = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'a'}))}.{b64(json.dumps(claims))}"
    return {"Authorization": f"Bearer {text}.{b64(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())}"}


@pytest.fixture
def judging(start_gate, upstream, tmp_path):
    """A gate with detectors, to which users come with a token."""
    detectors = tmp_path / "detectors.yaml"
    detectors.write_text(CONTENT)
    policies = {"signed-in": {"kind": "jwt", "secret": SECRET, "algorithms": ["HS256"]}}
    routes = [{"match": "/*", "policies": ["signed-in"], "backend": {"http": "up"}}]
    behavior = {"content": [str(detectors)]}
    return start_gate(config_for(upstream.target, routes=routes, policies=policies, behavior=behavior))


def visit(gate, user, *paths):
    for path in paths:
        assert gate.get(path, headers=proof(user)).status_code == 200


def ask(gate, *words):
    return json.loads(run_cli(*words, "--data", str(gate.data), "-o", "json").stdout, parse_float=Decimal)


def points(gate, user):
    done = run_cli("why", f"user:{user}", "--data", str(gate.data), "-o", "json", check=False)
    return len(json.loads(done.stdout)["lines"]) if done.returncode == 0 else 0


def test_lines_add_up_to_the_total_and_say_what_became_of_each(judging):
    visit(judging, "ann", "/home", "/export", "/keys")
    wait_until(lambda: points(judging, "ann") == 2, what="the lines")
    why = ask(judging, "why", "user:ann")
    assert why["subject"] == "user:ann" and why["level"] == "slow" and why["since"]
    assert [line["detector"] for line in why["lines"]] == ["takes_out", "takes_keys"]
    assert sum(Decimal(line["points"]) for line in why["lines"]) == Decimal(why["points"]) > 45
    assert sum(Decimal(line["trusted_points"]) for line in why["lines"]) == Decimal(why["trusted_points"])
    first = why["lines"][0]
    assert first["reason"] == "ann takes out /export" and first["attack"] == "T1567"
    assert (first["factors"]["points"], first["factors"]["share"], first["paid"]) == (45, 1, 45)
    assert first["sequence"] > 0 and first["half_life_seconds"] == 86400
    assert [fall["level"] for fall in why["falls"]][-1] is None
    assert why["next_level"]["level"] == "challenge" and why["next_level"]["enter"] == 80
    reasons = {one["detector"]: one["why"] for one in why["not_fired"]}
    assert reasons == {"keys_again": "family", "rare_route": "immature"}
    assert why["verdict"]["level"] == "slow"


def test_the_table_adds_up_as_it_is_printed(judging):
    visit(judging, "ann", "/export", "/keys")
    wait_until(lambda: points(judging, "ann") == 2, what="the lines")
    page = run_cli("why", "user:ann", "--data", str(judging.data)).stdout
    rows = [Decimal(number) for number in re.findall(r"^ +(\d+\.\d{3})  \d{4}-", page, re.M)]
    (total,) = re.findall(r"^ +(\d+\.\d{3})  = the sum$", page, re.M)
    assert len(rows) == 2 and sum(rows) == Decimal(total)
    assert page.startswith("user:ann  slow since 20")
    assert f"\n{total} points, " in page
    assert "takes_out: ann takes out /export [T1567]" in page and "45 points = 45.000" in page
    assert "rare_route: immature: user.routes has learnt 0.0 of 5 events in 0.0 of 7.0 days" in page
    assert "if nothing more is found:\n" in page and "  no level at 20" in page
    assert "next: challenge at 80.000 trusted points" in page


def test_notable_ranks_and_the_api_gives_it_in_pages(judging):
    visit(judging, "ann", "/export", "/keys")
    visit(judging, "bob", "/export")
    visit(judging, "eve", "/keys")
    visit(judging, "joe", "/home")
    wait_until(lambda: points(judging, "eve") == 1, what="the lines")
    rows = ask(judging, "notable")["notable"]
    assert [row["subject"] for row in rows] == ["user:ann", "user:bob", "user:eve"]
    assert rows[0]["reason"] == "ann takes out /export; and 1 more"
    assert rows[0]["points"] > rows[1]["points"] > rows[2]["points"] > 0
    assert [row["subject"] for row in ask(judging, "notable", "--limit", "1")["notable"]] == ["user:ann"]
    table = run_cli("notable", "--data", str(judging.data)).stdout.splitlines()
    assert table[0].split() == ["POINTS", "LEVEL", "SUBJECT", "SINCE", "WHY"] and len(table) == 4
    secret = run_cli("token", "create", "soc", "--scope", "risk:read", "--data", str(judging.data)).stdout.strip()
    other = run_cli("token", "create", "x", "--scope", "status:read", "--data", str(judging.data)).stdout.strip()
    with httpx.Client(base_url=f"http://127.0.0.1:{judging.admin_port}") as api:
        def get(target, token=secret):
            return api.get(target, headers={"Authorization": f"Bearer {token}"})

        seen, target = [], "/v1/notable?limit=1"
        while target:
            page = get(target).json()
            seen += [row["subject"] for row in page["notable"]]
            target = f"/v1/notable?limit=1&cursor={page['next']}" if "next" in page else None
        assert seen == ["user:ann", "user:bob", "user:eve"]
        assert get("/v1/entities/user:ann/why").json()["subject"] == "user:ann"
        for target in ("/v1/notable", "/v1/entities/user:ann/why"):
            assert get(target, other).status_code == 403
        assert get("/v1/entities/ann/why").status_code == 400
        assert get("/v1/entities/why").status_code == 404


def test_who_is_not_known_is_said_to_be_so(judging):
    done = run_cli("why", "user:nobody", "--data", str(judging.data), check=False)
    assert done.returncode == 5 and "nothing is known of `user:nobody`" in done.stderr and done.stdout == ""
    done = run_cli("why", "nobody", "--data", str(judging.data), check=False)
    assert done.returncode == 2
    judging.stop()
    for words in (["why", "user:ann"], ["notable"]):
        assert run_cli(*words, "--data", str(judging.data), check=False).returncode == 7


def test_a_verdict_by_hand_is_told_where_nobody_is_scored(gate):
    data = ["--data", str(gate.data)]
    done = run_cli("why", "user:ann", *data, check=False)
    assert done.returncode == 5 and "there are no detectors" in done.stderr
    run_cli("verdict", "set", "user:ann", "block", "--for", "1h", "--reason", "as agreed", *data)
    page = run_cli("why", "user:ann", *data).stdout
    assert "user:ann  at no level" in page and "set by hand: as agreed" in page
    assert ask(gate, "notable")["notable"] == []
