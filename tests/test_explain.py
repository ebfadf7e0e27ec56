"""What is promised: `gatehouse explain request` says which route a request would take, what each policy would make of
it as far as that can be told, and where it would go, without a gate that runs and without sending anything."""
import hashlib
import json

import pytest

from gate import config_for, run_cli

KEY = "0123456789abcdef" * 2
BCRYPT = "$2b$04$XQdoG2X70Uk7LbmSBIA6Tu8LeqNToovMk8Zre5oRLYe7yZQ153dGO"


@pytest.fixture
def explain(tmp_path):
    """explain(request, *fields) → the answer's JSON; explain.text(…) → the text."""
    digest = "sha256:" + hashlib.sha256(KEY.encode()).hexdigest()
    config = config_for(
        "127.0.0.1:1",
        policies={
            "partners": {"kind": "api_key", "apps": [{"name": "web", "digest": digest}]},
            "staff": {"kind": "basic", "users": [{"name": "ann", "hash": BCRYPT}]},
            "office": {"kind": "ip_list", "allow": ["192.0.2.0/24"]},
            "tag": {"kind": "headers", "request": {"set": {"X-Tag": "1"}}},
        },
    )
    config["apis"] = [
        {"name": "shop", "hosts": ["shop.example"], "routes": [
            {"match": "GET /orders/{id}", "policies": ["tag", "partners"],
             "backend": {"http": "up", "path": "/internal/{id}"}},
            {"match": "/reports", "policies": ["staff"], "backend": {"http": "up"}},
            {"match": "/inside", "policies": ["office"], "backend": {"http": "up"}},
            {"match": "/hello", "backend": {"mock": {"status": 204}}},
        ]},
    ]
    path = tmp_path / "gatehouse.yaml"
    path.write_text(json.dumps(config))

    def ask(request, *fields, host="shop.example"):
        words = ["explain", "request", request, "--config", path, "-o", "json"]
        for field in (f"Host: {host}", *fields):
            words += ["-H", field]
        return json.loads(run_cli(*words).stdout)

    def text(request, *words):
        return run_cli("explain", "request", request, "--config", path, *words).stdout

    ask.text, ask.path = text, path
    return ask


def test_says_route_policies_in_their_order_and_destination(explain):
    told = explain("GET /orders/./17?x=1", f"X-Api-Key: {KEY}")
    assert told["path"] == "/orders/17"
    assert told["route"]["name"] == "GET /orders/{id}" and told["route"]["captures"] == {"id": "17"}
    assert [(p["name"], p["phase"], p["foresight"]) for p in told["policies"]] == [
        ("partners", "identify", "passes"), ("tag", "transform", "passes")]
    assert "web" in told["policies"][0]["says"]
    assert told["backend"]["upstream"] == "up" and told["backend"]["target"] == "/internal/17?x=1"
    assert KEY not in json.dumps(told)


def test_says_what_refuses_and_what_is_then_not_reached(explain):
    told = explain("GET /orders/17")
    assert told["policies"][0]["refusal"] == {"status": 401, "code": "api-key-missing"}
    assert told["policies"][1]["reached"] is False
    wrong = explain("GET /orders/17", "X-Api-Key: wrong")
    assert wrong["policies"][0]["refusal"]["code"] == "api-key-unknown"


def test_says_what_only_the_running_gate_can_tell(explain):
    told = explain("GET /reports", "Authorization: Basic YW5uOmE=")
    assert told["policies"][0]["foresight"] == "open"
    assert "password" in told["policies"][0]["says"]
    assert explain("GET /reports")["policies"][0]["refusal"]["code"] == "credentials-missing"


def test_says_why_there_is_no_route_and_what_may_have_been_meant(explain):
    no_path = explain("GET /order/17")
    assert no_path["refusal"]["code"] == "route-not-found" and "near" not in no_path
    assert explain("GET /report")["near"] == ["/reports of shop"]
    no_host = explain("GET /reports", host="shop.exmaple")
    assert no_host["refusal"]["code"] == "host-not-served" and no_host["near"] == ["shop.example"]
    method = explain("DELETE /orders/17")
    assert method["refusal"]["code"] == "method-not-allowed" and "GET" in method["refusal"]["why"]
    assert explain("GET /../x")["refusal"]["code"] == "bad-path-encoding"


def test_speaks_plain_text_as_well(explain):
    text = explain.text("/orders/17", "-H", "Host: shop.example", "--from", "192.0.2.1")
    assert "1. partners (api_key, identify): refuses with 401 api-key-missing" in text
    assert "2. tag (headers, transform): not reached" in text
    assert "up (if it were let through)" in text
    assert "204 by the gate itself" in explain.text("GET /hello", "-H", "Host: shop.example")


def test_an_address_is_looked_up_as_if_it_asked(explain):
    inside = explain.text("/inside", "-H", "Host: shop.example", "--from", "192.0.2.9")
    assert "office (ip_list, shield): passes" in inside
    outside = explain.text("/inside", "-H", "Host: shop.example", "--from", "198.51.100.9")
    assert "refuses with 403 address-not-allowed" in outside


def test_what_is_no_request_is_told(explain, tmp_path):
    for words in (["GET x"], ["G T /x"], ["/x", "-H", "nonsense"], ["/x", "--from", "here"]):
        done = run_cli("explain", "request", *words, "--config", explain.path, check=False)
        assert done.returncode == 2, words
    assert run_cli("explain", "request", "/x", "--config", tmp_path / "none.yaml", check=False).returncode == 3
