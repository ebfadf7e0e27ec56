"""What is promised: only who shows a token that its key signed, that is meant for here and counts now, gets through the
policy `jwt`; the upstream and the event learn who that is from the gate alone; keys are fetched off the request path,
and a set that was good stays in use whatever becomes of its issuer."""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import ssl
import time

import jwt
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gate import ROOT, config_for, run_cli
from key_server import Key, KeyServer, key_set
from raw import wait_until

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
KEYS = {name: Key(name, name) for name in ("RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA")}
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def key_server():
    made = []

    def start(*keys, **options):
        made.append(KeyServer(*keys, **options))
        return made[-1]

    yield start
    for server in made:
        server.close()


@pytest.fixture
def guarded(start_gate, upstream, tmp_path):
    """guarded(**settings) → a gate that asks for tokens of KEYS."""

    def start(open_route=False, environment=None, workers=1, **settings):
        if not {"jwks", "secret"} & set(settings):
            (tmp_path / "jwks.json").write_text(json.dumps(key_set(*KEYS.values())))
            settings["jwks"] = str(tmp_path / "jwks.json")
        settings = {"kind": "jwt", "algorithms": ALGORITHMS, **settings}
        if "secret" in settings:
            settings["algorithms"] = ["HS256"]
        routes = [{"match": "/*", "policies": ["signed-in"], "backend": {"http": "up"}}]
        if open_route:
            routes.append({"match": "/open", "backend": {"http": "up"}})
        config = config_for(upstream.target, routes=routes, policies={"signed-in": settings}, workers=workers)
        return start_gate(config, environment=environment)

    return start


def ask(gate, token=None, path="/x", **headers):
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return gate.get(path, headers=headers)


def code(answer):
    return (answer.status_code, answer.json()["code"] if answer.status_code >= 400 else "")


def b64(data):
    data = data if isinstance(data, bytes) else data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hs256(header, claims, secret):
    message = f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}"
    return f"{message}.{b64(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_token_of_each_kind_of_key_passes_cold_and_warm(guarded, name):
    gate = guarded()
    token = KEYS[name].sign()
    for _ in range(3):
        assert ask(gate, token).status_code == 200
    assert code(ask(gate, token[:-6] + "AAAAAA")) == (401, "token-not-trusted")


def test_who_shows_no_token_is_asked_for_one(guarded):
    gate = guarded(open_route=True)
    answer = ask(gate)
    assert code(answer) == (401, "token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert code(ask(gate, Authorization="Basic YTpi")) == (401, "token-missing")
    assert ask(gate, path="/open").status_code == 200


def test_a_refusal_says_why_and_never_the_token(guarded):
    gate = guarded(issuer="https://id.example", audience=["shop"])
    good = {"iss": "https://id.example", "aud": ["x", "shop"]}
    key = KEYS["ES256"]
    assert ask(gate, key.sign(good)).status_code == 200
    now = int(time.time())
    cases = {
        "token-expired": key.sign(good, exp=now - 60),
        "token-not-yet-valid": key.sign(good, nbf=now + 3600),
        "token-not-for-here": key.sign(good, iss="https://id.example/"),
        "token-malformed": key.sign(good, exp=None),
        "token-not-trusted": Key("ES256", "ES256").sign(good),
    }
    for wanted, token in cases.items():
        answer = ask(gate, token)
        assert code(answer) == (401, wanted)
        assert re.fullmatch(
            r'Bearer error="invalid_token", error_description="[ -!#-\[\]-~]+"', answer.headers["www-authenticate"])
        for part in token.split("."):
            assert part not in answer.text + str(answer.headers) + gate.log
    assert code(ask(gate, key.sign(good, aud="sho"))) == (401, "token-not-for-here")


def test_attacks_on_the_algorithm_fail(guarded):
    gate = guarded(algorithms=[*ALGORITHMS, "HS256"], bad_tokens="0/s")
    claims = {"sub": "root", "exp": int(time.time()) + 600}
    public = KEYS["RS256"].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), der, json.dumps(KEYS["RS256"].jwk).encode(), b""):
        token = hs256({"alg": "HS256", "kid": "RS256"}, claims, secret)
        assert code(ask(gate, token)) == (401, "token-not-trusted")
    for none in ("none", "None", "NONE", "nOnE"):
        head = f'{b64(json.dumps({"alg": none}))}.{b64(json.dumps(claims))}.'
        assert code(ask(gate, head)) == (401, "token-not-trusted")
        assert code(ask(gate, head + KEYS["RS256"].sign().split(".")[2])) == (401, "token-not-trusted")
    # The right key, but an algorithm that it isn't bound to.
    other = jwt.encode(claims, KEYS["RS256"].private, algorithm="PS256", headers={"kid": "RS256"})
    assert code(ask(gate, other)) == (401, "token-not-trusted")
    # A key of the attacker's own, brought along.
    evil = Key("ES256", "evil")
    for header in ({"jwk": evil.jwk}, {"jku": "http://127.0.0.1:1/jwks"}, {"kid": "ES256", "jwk": evil.jwk}):
        assert code(ask(gate, evil.sign(claims, header))) == (401, "token-not-trusted")
    # Right, but in DER.
    good = KEYS["ES256"].sign()
    message, signature = good.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    assert code(ask(gate, f"{message}.{b64(der)}")) == (401, "token-not-trusted")
    assert code(ask(gate, f"{message}.{b64(bytes(64))}")) == (401, "token-not-trusted")
    assert ask(gate, good).status_code == 200


def test_attacks_on_the_form_fail(guarded):
    gate = guarded(bad_tokens="0/s")
    good = KEYS["EdDSA"].sign()
    header, claims, signature = good.split(".")
    for token in (f"{good}.", f".{good}", f"{good}=", f"{header}.{claims}", "a.b.c.d.e", "a" * 9000, "..", "x",
                  f"{b64('{')}.{claims}.{signature}"):
        assert code(ask(gate, token)) == (401, "token-malformed"), token[:40]
    with gate.client() as client:
        answer = client.get("/x", f"Authorization: Bearer {good}", f"Authorization: Bearer {good}")
        assert answer.status == 401
    with gate.client() as client:
        assert client.get("/x", f"Authorization: bearer   {good}").status == 200
    for headers in ({"crit": ["exp"]}, {"cty": "JWT"}, {"typ": "logout+jwt"}):
        assert code(ask(gate, KEYS["EdDSA"].sign(headers=headers))) == (401, "token-malformed")


def test_the_upstream_learns_the_user_from_the_gate_alone(guarded, upstream):
    gate = guarded(open_route=True, forward={"sub": "X-User-Id", "roles": "X-Roles"})
    lies = {"X-User-Id": "root", "x_user_id": "root", "X-Roles": "admin"}
    assert ask(gate, KEYS["ES256"].sign(roles=["a", "b"]), **lies).status_code == 200
    seen = upstream.requests[-1]
    assert [value for name, value in seen.fields if name.lower() in ("x-user-id", "x_user_id")] == ["ann"]
    assert seen["x-roles"] == "a,b"
    assert ask(gate, KEYS["ES256"].sign(), **lies).status_code == 200
    assert not {"x-roles", "x_user_id"} & {name.lower() for name, _ in upstream.requests[-1].fields}
    assert ask(gate, path="/open", **lies).status_code == 200
    assert not {"x-user-id", "x_user_id", "x-roles"} & {name.lower() for name, _ in upstream.requests[-1].fields}
    with gate.client() as client:
        client.send(
            b"POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n\r\n"
            b"2\r\nhi\r\n0\r\nX-User-Id: root\r\nX-Other: fine\r\n\r\n")
        assert client.read_response().status == 200
    assert not any(name.lower() == "x-user-id" for name, _ in upstream.requests[-1].trailers)


def test_a_claim_that_no_field_can_hold_refuses_the_request(guarded):
    gate = guarded(forward={"role": "X-Role"})
    for value in ("a\r\nX-Admin: 1", ["a,admin"], {"a": 1}, " a"):
        assert code(ask(gate, KEYS["ES256"].sign(role=value))) == (401, "token-malformed")


def test_the_event_says_who_called_and_holds_no_token(guarded):
    gate = guarded(app_claim="azp")
    token = KEYS["ES256"].sign(azp="ios")
    bad = token[:-6] + "AAAAAA"
    assert ask(gate, token).status_code == 200
    assert ask(gate, bad).status_code == 401
    good, refused = sorted(
        gate.wait_for_events(2, where=lambda event: event["event"]["action"] == "final"),
        key=lambda event: event["event"]["sequence"])
    assert good["user"]["id"] == "ann"
    assert good["gatehouse"]["app"] == "ios"
    assert good["gatehouse"]["credential"]["verified"] is True
    kinds = {one["kind"]: one["hash"] for one in good["gatehouse"]["subjects"]}
    assert set(kinds) == {"address", "user", "app", "token"}
    assert kinds["token"] == good["gatehouse"]["credential"]["hash"]
    assert "user" not in refused
    assert refused["gatehouse"]["credential"]["verified"] is False
    assert [one["kind"] for one in refused["gatehouse"]["subjects"]] == ["address"]
    assert refused["error"]["code"] == "token-not-trusted"
    journal = b"".join(path.read_bytes() for path in (gate.data / "journal").iterdir() if path.is_file())
    for part in token.split("."):
        assert part.encode() not in journal and part not in gate.log


def test_an_optional_token_may_be_missing_but_not_bad(guarded, upstream):
    gate = guarded(optional=True, forward={"sub": "X-User-Id"})
    assert ask(gate, **{"X-User-Id": "root"}).status_code == 200
    assert "x-user-id" not in {name.lower() for name, _ in upstream.requests[-1].fields}
    assert code(ask(gate, "junk")) == (401, "token-malformed")


def test_a_token_may_come_in_a_field_or_cookie_of_its_own(guarded):
    token = KEYS["ES256"].sign()
    gate = guarded(header="X-Token", cookie="session")
    assert ask(gate, **{"X-Token": token}).status_code == 200
    assert ask(gate, **{"X-Token": f"Bearer {token}"}).status_code == 200
    assert ask(gate, Cookie=f"a=b; session={token}; c=d").status_code == 200
    assert code(ask(gate, token)) == (401, "token-missing")
    assert code(ask(gate, Cookie=f"xsession={token}")) == (401, "token-missing")
    assert code(ask(gate, Cookie=f"session={token}; session={token}")) == (401, "token-malformed")


def test_a_shared_secret_comes_from_the_environment_and_stays_there(guarded):
    gate = guarded(secret="${env:JWT_SECRET}", environment={"JWT_SECRET": SECRET})
    token = jwt.encode({"sub": "ann", "exp": int(time.time()) + 60}, SECRET, algorithm="HS256")
    assert ask(gate, token).status_code == 200
    bad = jwt.encode({"sub": "ann", "exp": int(time.time()) + 60}, SECRET[::-1], algorithm="HS256")
    assert code(ask(gate, bad)) == (401, "token-not-trusted")
    assert SECRET not in gate.log


def test_a_stranger_cannot_buy_endless_checks(guarded):
    gate = guarded(bad_tokens="3/h")
    good = KEYS["ES256"].sign()
    assert ask(gate, good).status_code == 200
    for i in range(3):
        assert code(ask(gate, good[:-8] + f"AAAAAAA{i}"))[0] == 401
    answer = ask(gate, good[:-8] + "BBBBBBBB")
    assert code(answer) == (429, "too-many-bad-tokens")
    assert 1000 < int(answer.headers["retry-after"]) <= 1200
    assert ask(gate, good).status_code == 200, "a token that was found good still passes"
    assert code(ask(gate, KEYS["ES256"].sign(sub="bob")))[0] == 429
    assert gate.metrics()['gatehouse_errors_total{code="too-many-bad-tokens"}'] == 2


def test_a_changed_key_file_counts_at_once_and_a_broken_one_never(guarded, tmp_path):
    gate = guarded()
    old = KEYS["ES256"].sign()
    assert ask(gate, old).status_code == 200
    fresh = Key("ES256", "fresh")
    path = tmp_path / "jwks.json"

    def write(text):
        (tmp_path / "new.json").write_text(text)
        (tmp_path / "new.json").replace(path)

    write("{ broken")
    gate.wait_for_log("last good set stays in use")
    assert ask(gate, old).status_code == 200
    write(json.dumps(key_set(fresh)))
    wait_until(lambda: ask(gate, fresh.sign()).status_code == 200, what="the new key")
    assert code(ask(gate, old)) == (401, "token-not-trusted"), "what was cached went with its key"


def test_keys_are_fetched_and_outlive_their_issuer(guarded, key_server):
    server = key_server(KEYS["RS256"])
    gate = guarded(jwks=server.url, refresh_min="1s", refresh_max="1s", fetch_timeout="300ms")
    wait_until(lambda: ask(gate, KEYS["RS256"].sign()).status_code == 200, what="the first fetch")
    for behaviour in ("fail", "junk", "flood", "redirect", "hang"):
        server.behaviour, asked = behaviour, server.asked
        wait_until(lambda: server.asked > asked, 20, f"a fetch while it would {behaviour}")
        assert ask(gate, KEYS["RS256"].sign()).status_code == 200, behaviour
        wait_until(lambda: gate.metrics()[f'gatehouse_key_set_failing{{keys="{server.url}"}}'] == 1, what=behaviour)
        server.behaviour = "answer"
        wait_until(lambda: gate.metrics()[f'gatehouse_key_set_failing{{keys="{server.url}"}}'] == 0, 20, "an end")
    for words in ("answered 500", "no JSON object", "larger than", "answered 302"):
        assert words in gate.log, words


def test_without_keys_nobody_passes_and_nobody_waits(guarded, key_server):
    server = key_server(KEYS["RS256"])
    server.behaviour = "hang"
    gate = guarded(jwks=server.url, fetch_timeout="1s")
    began = time.monotonic()
    answer = ask(gate, KEYS["RS256"].sign())
    assert code(answer) == (503, "token-keys-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert time.monotonic() - began < 0.9
    gate.wait_for_log("there is none yet")
    server.behaviour = "answer"
    wait_until(lambda: ask(gate, KEYS["RS256"].sign()).status_code == 200, 20, "the keys")


def test_an_unknown_kid_fetches_again_but_not_for_each_token(guarded, key_server):
    first, second = Key("ES256", "first"), Key("ES256", "second")
    server = key_server(first)
    gate = guarded(jwks=server.url, refresh_min="2s", refresh_max="1h")
    wait_until(lambda: ask(gate, first.sign()).status_code == 200, what="the first fetch")
    asked = server.asked
    server.keys = [first, second]
    for _ in range(20):
        assert code(ask(gate, second.sign())) in ((401, "token-not-trusted"), (200, ""), (429, "too-many-bad-tokens"))
    wait_until(lambda: server.asked == asked + 1, what="one more fetch")
    wait_until(lambda: ask(gate, second.sign()).status_code == 200, what="the second key")
    assert server.asked == asked + 1


def test_an_issuer_is_believed_only_with_its_certificate(guarded, key_server, authority):
    certificate, key = authority.issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = key_server(KEYS["RS256"], tls=context)
    trusting = guarded(jwks=server.url, jwks_ca=str(authority.path))
    wait_until(lambda: ask(trusting, KEYS["RS256"].sign()).status_code == 200, what="the keys")
    doubting = guarded(jwks=server.url)
    doubting.wait_for_log("there is none yet")
    assert code(ask(doubting, KEYS["RS256"].sign())) == (503, "token-keys-unavailable")


def test_a_reload_keeps_keys_and_known_tokens(guarded, key_server):
    server = key_server(KEYS["RS256"])
    gate = guarded(jwks=server.url)
    token = KEYS["RS256"].sign()
    wait_until(lambda: ask(gate, token).status_code == 200, what="the keys")
    server.behaviour, asked = "hang", server.asked
    config = dict(gate.config)
    config["limits"] = {"fields": 90}
    assert gate.reload(config)
    assert ask(gate, token).status_code == 200
    config["policies"]["signed-in"]["issuer"] = ""
    config["policies"]["signed-in"]["skew"] = "10s"
    assert gate.reload(config), "the policy is another, its key source the same"
    assert ask(gate, KEYS["RS256"].sign(sub="bob")).status_code == 200
    assert server.asked == asked


@pytest.mark.parametrize("settings, words", [
    ({}, "neither `jwks` and `secret`"),
    ({"jwks": "none.json"}, "none.json` does not exist"),
    ({"secret": "short"}, "a secret has 5 bytes"),
    ({"secret": SECRET, "jwks": "x.json"}, "both `jwks` and `secret`"),
    ({"secret": SECRET, "algorithms": ["RS256"]}, "no key of policy `p` serves"),
    ({"secret": SECRET, "algorithms": ["none"]}, "none"),
    ({"secret": SECRET, "forward": {"sub": "Host"}}, "`Host` is no field"),
    ({"secret": SECRET, "forward": {"sub": "X-Forwarded-User"}}, "is no field"),
    ({"secret": SECRET, "forward": {"sub": "X-A", "b": "x-a"}}, "two claims"),
    ({"jwks": "ftp://x/y"}, "an address of https or http"),
    ({"jwks": "https://user@x/y"}, "an address of https or http"),
])
def test_settings_that_cannot_work_are_told(tmp_path, settings, words):
    config = config_for("127.0.0.1:1", routes=[{"match": "/*", "policies": ["p"], "backend": {"http": "up"}}],
                        policies={"p": {"kind": "jwt", **settings}})
    (tmp_path / "gatehouse.yaml").write_text(json.dumps(config, indent=2))
    done = run_cli("check", tmp_path / "gatehouse.yaml", check=False)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.parametrize("page", ["docs/policies/jwt.md", "docs/zh-CN/policies/jwt.md"])
def test_the_example_of_the_page_works(start_gate, upstream, tmp_path, page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    config["upstreams"]["orders"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    policy = config["policies"]["signed-in"]
    folder = tmp_path / "gate-0" / "keys"
    folder.mkdir(parents=True)
    (folder / "jwks.json").write_text(json.dumps(key_set(KEYS["ES256"])))
    gate = start_gate(config)
    token = KEYS["ES256"].sign(iss=policy["issuer"], aud=policy["audience"])
    assert ask(gate, token, path="/orders/17").status_code == 200
    assert upstream.requests[-1]["x-user-id"] == "ann"
    assert code(ask(gate, path="/orders/17")) == (401, "token-missing")
