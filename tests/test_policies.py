"""What is promised: addresses, conditions and limits decide who passes, each with its own code; a limit is one for all
workers and a reload resets nothing; a list that changes counts without a restart; the examples of the pages work."""
import concurrent.futures
import pathlib
import re

import httpx
import pytest
import yaml

from gate import ROOT, config_for
from raw import wait_until


def guarded(upstream, workers=1, match="/*", **policies):
    routes = [{"match": match, "policies": list(policies), "backend": {"http": "up"}}]
    trusting = [{"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}]
    return config_for(upstream.target, routes=routes, policies=policies, workers=workers, listeners=trusting)


def ask(gate, address=None, path="/x", **headers):
    if address:
        headers["X-Forwarded-For"] = address
    return gate.get(path, headers=headers)


def code(answer):
    return (answer.status_code, answer.json()["code"] if answer.status_code >= 400 else "")


def test_addresses_are_refused_and_a_list_that_changes_counts_at_once(start_gate, upstream, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("# seen lately\n192.0.2.0/24\n")
    gate = start_gate(guarded(upstream, a={"kind": "ip_list", "deny_files": [str(bad)]}))
    assert code(ask(gate, "192.0.2.7")) == (403, "address-not-allowed")
    assert ask(gate, "198.51.100.7").status_code == 200
    bad.write_text("198.51.100.0/24\n")
    wait_until(lambda: ask(gate, "198.51.100.7").status_code == 403, what="the new list")
    assert ask(gate, "192.0.2.7").status_code == 200
    bad.write_text("198.51.100.0/24\nnobody\n")
    wait_until(lambda: f"{bad}:2" in gate.log, what="the fault in the log")
    assert ask(gate, "198.51.100.7").status_code == 403, "the config in force stays"


def test_a_limit_is_one_for_all_workers_and_is_told(start_gate, upstream):
    gate = start_gate(guarded(upstream, workers=2, fair={"kind": "rate_limit", "limit": "20/h"}))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # each request on a connection of its own
        answers = list(pool.map(lambda _: ask(gate, "192.0.2.7"), range(60)))
    passed = [a for a in answers if a.status_code == 200]
    refused = [a for a in answers if a.status_code != 200]
    assert len(passed) == 20
    assert {code(a) for a in refused} == {(429, "rate-limited")}
    assert all(170 <= int(a.headers["retry-after"]) <= 180 for a in refused)
    assert passed[0].headers["ratelimit-policy"] == '"fair";q=20;w=3600'
    left = sorted(int(re.fullmatch(r'"fair";r=(\d+);t=\d+', a.headers["ratelimit"]).group(1)) for a in passed)
    assert left == list(range(20))
    assert ask(gate, "192.0.2.8").status_code == 200


def test_a_reload_resets_no_limit(start_gate, upstream):
    config = guarded(upstream, fair={"kind": "rate_limit", "limit": "2/h"})
    gate = start_gate(config)
    assert ask(gate, "192.0.2.7").status_code == 200
    config["apis"][0]["routes"].append({"match": "/new", "backend": {"mock": {"body": "new"}}})
    config["policies"]["fair"]["fields"] = False
    assert gate.reload(config)
    assert ask(gate, path="/new").text == "new"
    assert ask(gate, "192.0.2.7").status_code == 200
    assert ask(gate, "192.0.2.7").status_code == 429


def test_a_condition_decides_and_its_reason_is_in_the_event(start_gate, upstream):
    gate = start_gate(guarded(
        upstream, match="/{kind}/{id}",
        c={"kind": "condition", "allow": 'params.kind == "orders" && request.headers["x-level"] == "3"',
           "detail": "Orders of level 3 alone."}))
    assert ask(gate, path="/orders/1", **{"X-Level": "3"}).status_code == 200
    refused = ask(gate, path="/users/1")
    assert code(refused) == (403, "condition-not-met")
    assert refused.json()["detail"] == "Orders of level 3 alone."
    assert code(ask(gate, path="/orders/1")) == (403, "condition-undecided")
    codes = [event["error"]["code"] for event in gate.wait_for_events(2, where=lambda e: "error" in e)]
    assert sorted(codes) == ["condition-not-met", "condition-undecided"]
    assert sum(v for name, v in gate.metrics().items() if name.startswith("gatehouse_undecided_total")) == 1


def example(upstream, page):
    text = (ROOT / pathlib.Path(page)).read_text(encoding="utf-8")
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S).group(1))
    config["listeners"] = [{"address": "127.0.0.1:0", "trusted_proxies": ["127.0.0.0/8"]}]
    config["upstreams"]["orders"]["targets"] = [upstream.target]
    config["store"] = {"path": "data/"}
    return config


@pytest.mark.parametrize("folder", ["docs", "docs/zh-CN"])
def test_the_example_of_ip_list_works(start_gate, upstream, tmp_path, folder):
    lists = tmp_path / "gate-0" / "lists"
    lists.mkdir(parents=True)
    text = (ROOT / folder / "policies" / "ip_list.md").read_text(encoding="utf-8")
    (lists / "abuse.txt").write_text(re.search(r"```text\n(.*?)```", text, re.S).group(1))
    gate = start_gate(example(upstream, f"{folder}/policies/ip_list.md"))
    assert ask(gate, path="/orders/1").status_code == 200
    for address, status in {"10.1.2.3": 200, "10.9.2.3": 403, "192.0.2.7": 403, "2001:db8:bad::1": 403,
                            "2001:db8:a::1": 200, "203.0.113.7": 403}.items():
        assert ask(gate, address, path="/orders/1").status_code == status, address


@pytest.mark.parametrize("folder", ["docs", "docs/zh-CN"])
def test_the_example_of_rate_limit_works(start_gate, upstream, folder):
    gate = start_gate(example(upstream, f"{folder}/policies/rate_limit.md"))
    first = ask(gate, path="/orders/1")
    assert first.headers["ratelimit-policy"] == '"fair-use";q=100;w=60'
    assert first.headers["ratelimit"] == '"fair-use";r=2;t=1'
    statuses = {ask(gate, path="/orders/1").status_code for _ in range(40)}
    assert statuses == {200, 429}


@pytest.mark.parametrize("folder", ["docs", "docs/zh-CN"])
def test_the_example_of_condition_works(start_gate, upstream, folder):
    gate = start_gate(example(upstream, f"{folder}/policies/condition.md"))
    assert ask(gate, "203.0.113.7", path="/orders/1").status_code == 200
    assert ask(gate, "203.0.113.7", path="/orders/1", **{"X-Debug": "1"}).status_code == 403

    def put(address):
        return httpx.put(gate.url + "/orders/1", headers={"X-Forwarded-For": address}, trust_env=False)

    refused = put("203.0.113.7")
    assert code(refused) == (403, "condition-not-met")
    assert refused.json()["detail"] == "Orders are read only from outside."
    assert put("10.1.2.3").status_code == 200


@pytest.mark.parametrize("folder", ["docs", "docs/zh-CN"])
def test_the_example_of_the_backends_works(start_gate, upstream, folder):
    gate = start_gate(example(upstream, f"{folder}/backends/README.md"))
    assert ask(gate, path="/v1/orders/17").status_code == 200
    assert upstream.requests[-1].target == "/internal/17?source=gate"
    assert ask(gate, path="/status").text == "fine"


@pytest.mark.parametrize("folder", ["docs", "docs/zh-CN"])
def test_every_policy_has_its_line_and_every_line_its_page(folder):
    text = (ROOT / folder / "policies" / "README.md").read_text(encoding="utf-8")
    source = (ROOT / "src" / "gateway" / "policies.cpp").read_text()
    headers = (ROOT / "src" / "gateway" / "policies").glob("*.h")
    kinds = {found.group(1) for path in headers
             if (found := re.search(r'kName = "(\w+)"', path.read_text())) and f'policies/{path.name}"' in source}
    assert kinds == set(re.findall(r"^\| \[?`(\w+)`", text, re.M))
    for page in re.findall(r"\]\((\w+\.md)\)", text):
        assert (ROOT / folder / "policies" / page).exists(), page
