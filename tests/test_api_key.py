"""What is promised: only who shows the key of a known app gets through the policy `api_key`, in the one place that
counts; the backend never sees the key unless it is told so, and no client can claim to be an app."""
import hashlib
import json
import pathlib
import re
import subprocess

import pytest
import yaml

from gate import BINARY, ROOT, config_for, run_cli

KEYS = {"web": "w" * 8 + "0123456789abcdef", "ios": "i" * 8 + "0123456789abcdef"}


def digest(key):
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def guarded(start_gate, upstream):
    """guarded(**settings) → a gate that asks for keys of KEYS."""

    def start(environment=None, **settings):
        settings.setdefault("apps", [{"name": name, "digest": digest(key)} for name, key in KEYS.items()])
        routes = [{"match": "/*", "policies": ["partners"], "backend": {"http": "up"}}]
        policies = {"partners": {"kind": "api_key", **settings}}
        return start_gate(config_for(upstream.target, routes=routes, policies=policies), environment=environment)

    return start


def code(answer):
    return (answer.status_code, answer.json()["code"] if answer.status_code >= 400 else "")


def key_in(**headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


def test_only_a_known_key_passes_and_the_event_says_which_app(guarded, upstream):
    gate = guarded(app_field="X-App")
    assert gate.get("/x", headers={"X-Api-Key": KEYS["web"], "X-App": "root", "x_app": "root"}).status_code == 200
    seen = upstream.requests[-1]
    assert seen["x-app"] == "web" and "x-api-key" not in seen and "x_app" not in seen
    refused = gate.get("/x")
    assert code(refused) == (401, "api-key-missing")
    assert refused.headers["www-authenticate"] == "ApiKey"
    assert code(gate.get("/x", headers={"X-Api-Key": KEYS["web"][:-1]})) == (401, "api-key-unknown")
    assert code(gate.get("/x", headers={"X-Api-Key": ""})) == (401, "api-key-unknown")
    assert code(gate.get("/x", headers=[("X-Api-Key", KEYS["web"])] * 2)) == (401, "api-key-unknown")
    events = gate.wait_for_events(5)
    good = next(e for e in events if e["http"]["response"]["status_code"] == 200)
    assert good["gatehouse"]["app"] == "web"
    assert good["gatehouse"]["credential"]["kind"] == "api_key" and good["gatehouse"]["credential"]["verified"]
    assert "sign_in" not in good["gatehouse"]
    bad = [e for e in events if e.get("error", {}).get("code") == "api-key-unknown"]
    assert len(bad) == 3
    assert all(e["gatehouse"]["sign_in"] == {"outcome": "failed"} for e in bad)
    assert all(e["gatehouse"]["credential"]["verified"] is False and "app" not in e["gatehouse"] for e in bad)
    assert KEYS["web"] not in gate.log and KEYS["web"] not in json.dumps(events)


def test_the_key_is_taken_from_the_query_and_the_cookie_and_goes_no_further(guarded, upstream):
    gate = guarded(query="key", cookie="session")
    assert gate.get(f"/x?a=1&key={KEYS['ios']}&b=2").status_code == 200
    assert upstream.requests[-1].target == "/x?a=1&b=2"
    assert gate.get(f"/x?key={KEYS['ios']}").status_code == 200
    assert upstream.requests[-1].target == "/x"
    assert gate.get("/x", headers={"Cookie": f"a=1; session={KEYS['ios']}; b=2"}).status_code == 200
    assert upstream.requests[-1]["cookie"] == "a=1; b=2"
    # The field counts where it is there, and nothing of the other places goes on.
    assert gate.get(f"/x?key={KEYS['ios']}", headers={"X-Api-Key": KEYS["web"]}).status_code == 200
    assert upstream.requests[-1].target == "/x"
    assert code(gate.get(f"/x?key={KEYS['ios']}", headers={"X-Api-Key": "no"})) == (401, "api-key-unknown")


def test_a_backend_that_wants_the_key_gets_it_and_who_has_none_may_be_let_through(guarded, upstream):
    gate = guarded(forward=True, optional=True)
    assert gate.get("/x", headers={"X-Api-Key": KEYS["web"]}).status_code == 200
    assert upstream.requests[-1]["x-api-key"] == KEYS["web"]
    assert gate.get("/x").status_code == 200
    assert code(gate.get("/x", headers={"X-Api-Key": "no"})) == (401, "api-key-unknown")


def test_a_key_may_come_from_the_environment(guarded):
    gate = guarded(environment={"KEY": KEYS["web"]}, apps=[{"name": "web", "key": "${env:KEY}"}])
    assert gate.get("/x", headers={"X-Api-Key": KEYS["web"]}).status_code == 200
    assert code(gate.get("/x", headers={"X-Api-Key": KEYS["ios"]})) == (401, "api-key-unknown")


def hashed(*words, text):
    return subprocess.run([str(BINARY), *words], input=text, capture_output=True, text=True, timeout=30)


def test_the_digest_of_a_key_is_made_from_standard_input():
    done = hashed("key", "hash", text=KEYS["web"] + "\n")
    assert (done.returncode, done.stdout) == (0, digest(KEYS["web"]) + "\n")
    short = hashed("key", "hash", text="short\n")
    assert short.returncode == 1 and not short.stdout and "16 bytes" in short.stderr
    assert hashed("key", "hash", text="").returncode == 1
    two = hashed("key", "hash", text=KEYS["web"] + "\n" + KEYS["ios"] + "\n")
    assert two.returncode == 1 and "one line" in two.stderr


@pytest.mark.parametrize("settings, words", [
    ({"apps": []}, "apps"),
    ({"apps": [{"name": "a"}]}, "neither `digest` and `key`"),
    ({"apps": [{"name": "a", "digest": "sha256:00"}]}, "64 hex digits"),
    ({"apps": [{"name": "a", "digest": digest("x")}, {"name": "b", "digest": digest("x")}]}, "the same key as `a`"),
    ({"apps": [{"name": "a", "key": "short-secret"}]}, "fewer than 16 bytes"),
    ({"header": "", "apps": [{"name": "a", "digest": digest("x")}]}, "from nowhere"),
    ({"header": "Host", "apps": [{"name": "a", "digest": digest("x")}]}, "is no name"),
    ({"app_field": "Host", "apps": [{"name": "a", "digest": digest("x")}]}, "`Host` is no field"),
])
def test_settings_that_cannot_work_are_told(tmp_path, settings, words):
    config = config_for("127.0.0.1:1", routes=[{"match": "/*", "policies": ["p"], "backend": {"http": "up"}}],
                        policies={"p": {"kind": "api_key", **settings}})
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    done = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert "short-secret" not in done.stderr


@pytest.mark.parametrize("page", ["docs/policies/api_key.md", "docs/zh-CN/policies/api_key.md"])
def test_the_example_of_the_page_works(start_gate, upstream, page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    key = re.search(r"X-Api-Key: (\w{20,})", text).group(1)
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["orders"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    gate = start_gate(config)
    assert gate.get("/orders/17", headers={"X-Api-Key": key}).status_code == 200
    assert upstream.requests[-1]["x-app"] == "shop-ios"
    assert code(gate.get("/orders/17")) == (401, "api-key-missing")
