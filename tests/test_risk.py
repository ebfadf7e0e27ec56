"""What is promised: a verdict does at the gate what its level and the route's rules say and nothing else: it is only
noted where it is observed; who is slowed holds no thread and goes with the client; a new sign-in passes a challenge; a
trap gives made-up answers and asks no upstream; what can't be held any more is refused; and the event tells all of it."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import pathlib
import re
import time

import pytest
import yaml

from gate import ROOT, config_for, run_cli
from raw import wait_until

LIMIT = 3
SECRET = "0123456789abcdef0123456789abcdef"
# The count rule makes blocks; a route that only observes those does the next enforced thing below.
SLOW = {"block": "observe", "slow": "enforce"}
CHALLENGE = {"block": "observe", "challenge": "enforce"}
TRAP = {"block": "observe", "trap": "enforce"}


def route(path, risk=None, **more):
    parts = {"match": path, "backend": {"http": "up"}, **more}
    return parts if risk is None else {**parts, "risk": risk}


def risky(target, *routes, mode="observe", risk=None, policies=None, **more):
    """Routes, and a rule that blocks who was told 404 three times. /blocked enforces, /off looks at nothing."""
    rule = {"limit": LIMIT, "window": "1h", "block_for": "1h", "status_min": 404, "status_max": 404}
    behavior = {"mode": mode, "count_rule": rule, **({"risk": risk} if risk else {})}
    routes = [*routes, route("/blocked", "enforce"), route("/off", "off")]
    return config_for(target, routes=routes, behavior=behavior, policies=policies, **more)


def condemn(gate):
    """Gets a block for 127.0.0.1, and waits until every worker knows of it."""
    for _ in range(LIMIT):
        assert gate.get("/nowhere").status_code == 404
    for _ in range(20):
        wait_until(lambda: gate.get("/blocked").status_code == 403, what="the block")


def code(answer):
    return (answer.status_code, answer.json()["code"])


def verdict_of(gate, path):
    """Of the latest event of that path."""
    events = gate.wait_for_events(1, where=lambda event: event["url"].get("path") == path)
    verdict = events[-1]["gatehouse"].get("verdict")
    return verdict and (verdict["level"], verdict["done"], verdict["would"], verdict["decided"])


def acts(gate):
    return {
        (match[1] or "done", match[2]): value
        for name, value in gate.metrics().items()
        if value and (match := re.fullmatch(r'gatehouse_verdict_acts(_observed)?_total\{act="(\w+)"\}', name))
    }


def test_observing_is_the_default_and_says_what_it_would_have_done(start_gate, upstream):
    gate = start_gate(risky(upstream.target, route("/open"), workers=1))
    condemn(gate)
    assert gate.get("/open").status_code == 200
    assert verdict_of(gate, "/open") == ("block", "none", "block", False)
    assert acts(gate)[("_observed", "block")] == 1


def test_each_route_has_its_own_rules(start_gate, upstream):
    gate = start_gate(risky(upstream.target, route("/open", {"block": "observe"}), mode="enforce"))
    condemn(gate)
    assert gate.get("/open").status_code == 200
    assert gate.get("/off").status_code == 200
    blocked = gate.get("/blocked")
    assert code(blocked) == (403, "blocked-by-verdict")
    assert "404" in blocked.json()["detail"]
    # A block includes the care of what is below it.
    assert verdict_of(gate, "/open") == ("block", "trap", "block", True)
    assert verdict_of(gate, "/off") is None
    assert verdict_of(gate, "/blocked") == ("block", "block", "none", True)


def test_a_reload_changes_what_a_standing_verdict_does(start_gate, upstream):
    config = risky(upstream.target, route("/open"))
    gate = start_gate(config)
    condemn(gate)
    assert gate.get("/open").status_code == 200
    config["behavior"]["mode"] = "enforce"
    assert gate.reload(config)
    wait_until(lambda: gate.get("/open").status_code == 403, what="the new mode")
    config["apis"][0]["routes"][0]["risk"] = "off"
    assert gate.reload(config)
    wait_until(lambda: gate.get("/open").status_code == 200, what="the route's own mode")


def test_watch_marks_the_request_for_the_backend_alone(start_gate, upstream):
    routes = [route("/open", {"block": "observe", "watch": "enforce"})]
    gate = start_gate(risky(upstream.target, *routes, risk={"mark": "X-Risk"}))
    assert gate.get("/open", headers={"X-Risk": "none"}).status_code == 200
    assert "X-Risk" not in upstream.requests[-1]
    condemn(gate)
    answer = gate.get("/open", headers={"X_Risk": "none"})
    assert answer.status_code == 200 and "x-risk" not in answer.headers
    assert upstream.requests[-1]["X-Risk"] == "block"
    assert "X_Risk" not in upstream.requests[-1]
    assert verdict_of(gate, "/open") == ("block", "mark", "block", False)


def test_slow_delays_and_holds_no_thread(start_gate, upstream):
    routes = [route("/slow", {**SLOW, "slow_time": "500ms"})]
    gate = start_gate(risky(upstream.target, *routes, workers=1))
    condemn(gate)
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        begin = time.monotonic()
        asked = [pool.submit(gate.get, "/slow") for _ in range(30)]
        wait_until(lambda: gate.metrics()['gatehouse_slowed{worker="0"}'] > 1, what="some that wait")
        assert gate.get("/off").status_code == 200
        assert all(one.result().status_code == 200 for one in asked)
        taken = time.monotonic() - begin
    assert 0.5 <= taken < 10, "one after the other would be 15 s"
    assert verdict_of(gate, "/slow") == ("block", "slow", "block", False)
    assert gate.metrics()['gatehouse_slowed{worker="0"}'] == 0


def test_a_delay_ends_with_the_client_and_with_the_requests_time(start_gate, upstream):
    routes = [
        route("/slow", {**SLOW, "slow_time": "30s"}),
        route("/late", {**SLOW, "slow_time": "30s"}, timeout="200ms"),
    ]
    gate = start_gate(risky(upstream.target, *routes, workers=1))
    condemn(gate)
    with gate.client() as client:
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: gate.metrics()['gatehouse_slowed{worker="0"}'] == 1, what="the delay")
        client.reset()
    wait_until(lambda: gate.metrics()['gatehouse_slowed{worker="0"}'] == 0, what="its end")
    events = gate.wait_for_events(1, where=lambda event: event["url"].get("path") == "/slow")
    assert events[-1]["gatehouse"]["outcome"] == "aborted"
    assert gate.get("/late").status_code == 504
    assert not [one for one in upstream.requests if one.target in ("/slow", "/late")]


def test_who_is_slowed_over_the_limit_is_refused(start_gate, upstream):
    routes = [route("/slow", {**SLOW, "slow_time": "30s"})]
    gate = start_gate(risky(upstream.target, *routes, workers=1, risk={"slowed_max": 1}))
    condemn(gate)
    with gate.client() as client:
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: gate.metrics()['gatehouse_slowed{worker="0"}'] == 1, what="the delay")
        refused = gate.get("/slow")
        client.reset()
    assert code(refused) == (429, "slowed-by-verdict")
    assert refused.headers["retry-after"] == "30"


def test_the_program_stops_while_requests_are_slowed(start_gate, upstream):
    gate = start_gate(risky(upstream.target, route("/slow", {**SLOW, "slow_time": "300ms"}), workers=1))
    condemn(gate)
    with gate.client() as client:
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: gate.metrics()['gatehouse_slowed{worker="0"}'] == 1, what="the delay")
        assert gate.stop() == 0
        assert client.read_response().status == 200


def b64(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def token(**claims):
    claims = {"sub": "ann", "exp": int(time.time()) + 600, **claims}
    text = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'a'}))}.{b64(json.dumps(claims))}"
    return {"Authorization": f"Bearer {text}.{b64(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())}"}


def test_a_new_sign_in_passes_a_challenge(start_gate, upstream):
    policies = {"signed-in": {"kind": "jwt", "secret": SECRET, "algorithms": ["HS256"]}}
    routes = [route("/mine", CHALLENGE, policies=["signed-in"]), route("/anybody", CHALLENGE)]
    gate = start_gate(risky(upstream.target, *routes, policies=policies))
    old = token(auth_time=int(time.time()) - 60, iat=int(time.time()), amr=["pwd"])
    assert gate.get("/mine", headers=old).status_code == 200
    condemn(gate)
    asked = gate.get("/mine", headers=old)
    assert code(asked) == (401, "challenged-by-verdict")
    assert "sign in again" in asked.json()["detail"]
    step_up = asked.headers["www-authenticate"]
    assert step_up.startswith('Bearer error="insufficient_user_authentication"')
    age = int(re.search(r"max_age=(\d+)", step_up).group(1))
    assert 0 <= age < 60
    assert verdict_of(gate, "/mine") == ("block", "challenge", "block", True)
    soon = int(time.time()) + 1  # the verdict may be of this second
    assert gate.get("/mine", headers=token(auth_time=soon)).status_code == 200
    assert verdict_of(gate, "/mine") == ("block", "challenge_passed", "block", False)
    assert code(gate.get("/mine", headers=token(iat=soon, amr=["pwd"]))) == (401, "challenged-by-verdict")
    assert gate.get("/mine", headers=token(iat=soon, amr=["pwd", "otp"])).status_code == 200
    assert code(gate.get("/anybody")) == (401, "challenged-by-verdict")
    # What is no token at all is told so first.
    assert code(gate.get("/mine")) == (401, "token-missing")


def test_a_trap_makes_its_answers_up_and_asks_no_upstream(start_gate, upstream):
    routes = [
        route("/orders/{id}", {**TRAP, "decoy": {"examples": ['{"id": 48211, "state": "sent", "total": 12.5}']}}),
        route("/things", TRAP),
    ]
    gate = start_gate(risky(upstream.target, *routes))
    condemn(gate)
    before = len(upstream.requests)
    first = gate.get("/orders/17")
    assert first.status_code == 200 and first.headers["content-type"] == "application/json"
    assert list(first.json()) == ["id", "state", "total"]
    assert (first.json()["id"], first.json()["state"]) == (17, "sent")
    assert gate.get("/orders/17").content == first.content
    assert gate.get("/orders/18").json()["total"] != first.json()["total"]
    assert 3 <= len(gate.get("/things").json()) <= 8
    assert not {"risk", "verdict", "decoy", "trap"} & set(re.findall(r"\w+", str(first.headers).lower()))
    with gate.client() as client:
        posted = client.ask("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST")
        assert posted.status == 201 and json.loads(posted.body)
        head = client.ask("HEAD /things HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD")
        assert (head.status, head.body) == (200, b"") and int(head["content-length"]) > 0
        removed = client.ask("DELETE /orders/17 HTTP/1.1\r\nHost: a\r\n\r\n", "DELETE")
        assert (removed.status, removed.body) == (204, b"")
    assert len(upstream.requests) == before
    events = gate.wait_for_events(3, where=lambda event: event["url"].get("path") == "/things")
    post = next(one for one in events if one["http"]["request"]["method"] == "POST")
    assert post["http"]["request"]["bytes"] == 5
    assert verdict_of(gate, "/orders/17") == ("block", "trap", "block", True)


def test_who_cannot_be_trapped_any_more_is_refused_without_a_hint(start_gate, upstream):
    gate = start_gate(risky(upstream.target, route("/things", TRAP), workers=1, risk={"trapped_max": 1}))
    condemn(gate)
    with gate.client() as client:
        client.send("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        wait_until(lambda: gate.metrics()['gatehouse_trapped{worker="0"}'] == 1, what="the trap")
        refused = gate.get("/things")
        assert code(refused) == (503, "overloaded")
        assert "verdict" not in refused.text
        client.send("lo")
        assert client.read_response("POST").status == 201
    assert gate.metrics()['gatehouse_limits_reached_total{limit="trapped"}'] == 1
    wait_until(lambda: gate.get("/things").status_code == 200, what="room in the trap")


def test_a_trap_ends_with_the_client(start_gate, upstream):
    gate = start_gate(risky(upstream.target, route("/things", TRAP), workers=1))
    condemn(gate)
    with gate.client() as client:
        client.send("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        wait_until(lambda: gate.metrics()['gatehouse_trapped{worker="0"}'] == 1, what="the trap")
        client.reset()
    wait_until(lambda: gate.metrics()['gatehouse_trapped{worker="0"}'] == 0, what="its end")


def test_a_decoy_is_a_backend_like_others(start_gate, upstream):
    gate = start_gate(config_for(upstream.target, routes=[route("/*", backend={"decoy": {}}), route("/real")]))
    assert gate.get("/admin/users/7").json()["id"] == 7
    assert len(gate.get("/admin/users").json()) >= 3
    assert gate.get("/real").status_code == 200
    assert len(upstream.requests) == 1
    events = gate.wait_for_events(1, where=lambda event: event["url"].get("path") == "/admin/users/7")
    assert "upstream" not in events[-1]["gatehouse"]
    assert "a decoy" in run_cli("explain", "request", "GET /admin/users/7", "--config", gate.path).stdout


@pytest.mark.parametrize(
    "change, words",
    [
        ({"route": "of"}, "off"),
        ({"route": {"mode": "enforced"}}, "enforce"),
        ({"route": {"slowly": "enforce"}}, "E0203"),
        ({"route": {"decoy": {"examples": ["{"]}}}, "E0426"),
        ({"route": {"decoy": {"examples": ["1"] * 17}}}, "E0426"),
        ({"general": {"slow_time": "5ms"}}, "E0302"),
        ({"general": {"mark": "Host"}}, "E0427"),
        ({"general": {"mark": "X Risk"}}, "E0427"),
        ({"backend": {"decoy": {}, "http": "up"}}, "E0424"),
        ({"backend": {"decoy": {"examples": ["no"]}}}, "E0426"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, change, words):
    config = risky("127.0.0.1:9", route("/a", change.get("route")), risk=change.get("general"))
    if "backend" in change:
        config["apis"][0]["routes"][0]["backend"] = change["backend"]
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    done = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr, done.stderr
    assert "gatehouse.yaml:" in done.stderr


def page_config(page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    text = re.search(r"```yaml\n(.*?)```", text, re.S).group(1)
    return yaml.safe_load(text.replace("risk: off", 'risk: "off"'))  # this reader takes it for a boolean


@pytest.mark.parametrize("page", ["docs/policies/risk.md", "docs/zh-CN/policies/risk.md"])
def test_the_example_of_the_page_works(start_gate, upstream, page):
    config = page_config(page)
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["orders"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    config["behavior"]["count_rule"] = {"limit": LIMIT, "window": "1h", "status_min": 404, "status_max": 404}
    gate = start_gate(config)
    assert gate.get("/orders/17").status_code == 200
    for _ in range(LIMIT):
        gate.get("/nowhere")
    wait_until(lambda: gate.get("/orders/17").status_code == 403, what="the block")
    assert gate.get("/status").text == "fine"


@pytest.mark.parametrize("page", ["docs/backends/README.md", "docs/zh-CN/backends/README.md"])
def test_the_decoy_of_the_page_works(start_gate, upstream, page):
    config = page_config(page)
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["orders"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    gate = start_gate(config)
    user = gate.get("/admin/users/4").json()
    assert (user["id"], user["name"]) == (4, "root")
    assert re.fullmatch(r"2025-\d\d-\d\dT\d\d:\d\d:\d\dZ", user["last_login"])
    assert gate.get("/status").text == "fine"


def by_hand(gate, subject, level):
    """Sets a verdict by hand; what the command says is that every worker has it."""
    gate.cli("verdict", "set", subject, level, "--for", "1h", "--reason", "a test")


def identified(target, mode="enforce", **risk):
    policies = {"signed-in": {"kind": "jwt", "secret": SECRET, "algorithms": ["HS256"], "app_claim": "azp"}}
    routes = [route("/mine", policies=["signed-in"]), route("/open")]
    return config_for(target, routes=routes, policies=policies, behavior={"mode": mode, "risk": risk})


def test_each_level_that_is_set_by_hand_does_what_it_says_to_its_user_alone(start_gate, upstream):
    gate = start_gate(identified(upstream.target, mark="X-Risk", slow_time="200ms"))
    ann, bob = token(sub="ann"), token(sub="bob")
    by_hand(gate, "user:ann", "watch")
    assert gate.get("/mine", headers=ann).status_code == 200
    assert upstream.requests[-1]["X-Risk"] == "watch"
    assert verdict_of(gate, "/mine") == ("watch", "mark", "none", False)
    by_hand(gate, "user:ann", "slow")
    begin = time.monotonic()
    assert gate.get("/mine", headers=ann).status_code == 200
    assert time.monotonic() - begin >= 0.2
    by_hand(gate, "user:ann", "challenge")
    assert code(gate.get("/mine", headers=ann)) == (401, "challenged-by-verdict")
    by_hand(gate, "user:ann", "trap")
    before = len(upstream.requests)
    assert len(gate.get("/mine", headers=ann).json()) >= 3
    assert len(upstream.requests) == before
    by_hand(gate, "user:ann", "block")
    assert code(gate.get("/mine", headers=ann)) == (403, "blocked-by-verdict")
    assert "a test" in gate.get("/mine", headers=ann).json()["detail"]
    # Somebody else, and ann as long as nobody knows that it is her.
    assert gate.get("/mine", headers=bob).status_code == 200
    assert "X-Risk" not in upstream.requests[-1]
    assert gate.get("/open", headers=ann).status_code == 200


def test_an_allow_by_hand_wins_over_what_stands_on_other_subjects(start_gate, upstream):
    gate = start_gate(identified(upstream.target))
    ann = token(sub="ann", azp="ios")
    by_hand(gate, "app:ios", "block")
    assert code(gate.get("/mine", headers=ann)) == (403, "blocked-by-verdict")
    by_hand(gate, "user:ann", "allow")
    assert gate.get("/mine", headers=ann).status_code == 200
    assert verdict_of(gate, "/mine") == ("allow", "none", "none", False)
    assert code(gate.get("/mine", headers=token(sub="bob", azp="ios"))) == (403, "blocked-by-verdict")


def test_the_block_of_an_address_comes_before_any_credential(start_gate, upstream):
    gate = start_gate(identified(upstream.target))
    by_hand(gate, "address:127.0.0.1", "block")
    assert code(gate.get("/mine")) == (403, "blocked-by-verdict")
    by_hand(gate, "user:ann", "allow")
    assert code(gate.get("/mine", headers=token())) == (403, "blocked-by-verdict")
    by_hand(gate, "address:127.0.0.1", "allow")
    assert gate.get("/mine", headers=token()).status_code == 200


def test_a_challenge_outlives_a_restart_and_can_still_be_passed(start_gate, upstream):
    gate = start_gate(identified(upstream.target))
    old = token(auth_time=int(time.time()) - 1)
    by_hand(gate, "user:ann", "challenge")
    gate.restart()
    wait_until(lambda: gate.get("/mine", headers=old).status_code == 401, what="the challenge")
    soon = token(auth_time=int(time.time()) + 1)
    assert gate.get("/mine", headers=soon).status_code == 200
