"""What is promised: a request passes the gate and makes one event; who is refused too often is blocked
within a second, by what the journal holds, and is let in again when the verdict ends."""
import json

from gate import config_for
from raw import response, wait_until

LIMIT = 5


def counting(target, **rule):
    rule = {"limit": LIMIT, "window": "10s", "block_for": "1m", "status_min": 404, "status_max": 404, **rule}
    return config_for(
        target,
        routes=["GET /open/{name}"],
        behavior={"mode": "enforce", "count_rule": rule},
    )


def test_a_request_passes_and_its_answer_comes_back(gate, upstream):
    upstream.script = response(b'{"id":7}', "200 OK", "Content-Type: application/json", "X-Own: yes")
    answer = gate.get("/orders/7?full=1")
    assert (answer.status_code, answer.json()) == (200, {"id": 7})
    assert answer.headers["x-own"] == "yes"
    assert [request.start for request in upstream.requests] == ["GET /orders/7?full=1 HTTP/1.1"]


def test_a_body_passes_both_ways(start_gate, shop):
    gate = start_gate(config_for(shop))
    with gate.client() as client:
        body = json.dumps({"quantity": 2}).encode()
        head = f"PUT /users/ann/cart/2 HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = client.ask(head.encode() + body, "PUT")
        assert (answer.status, json.loads(answer.body)) == (200, {"2": 2})
        assert client.get("/reports/day?rows=3&pause_ms=1").body == b"day,0,0\nday,1,919\nday,2,838\n"


def test_one_request_makes_one_event(gate):
    for number in range(3):
        assert gate.get(f"/things/{number}").status_code == 200
    gate.wait_for_events(3)
    gate.stop()
    events = gate.events()
    assert len(events) == 3
    text = json.dumps(events)
    assert all(f"/things/{number}" in text for number in range(3))


def test_no_route_is_a_problem_that_says_why(start_gate, upstream):
    gate = start_gate(counting(upstream.target))
    answer = gate.get("/closed")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == 404 and problem["code"] and problem["title"]
    assert problem["request_id"]
    assert upstream.requests == []


def test_who_is_refused_too_often_is_blocked_within_a_second(start_gate, upstream):
    gate = start_gate(counting(upstream.target))
    assert gate.get("/open/a").status_code == 200
    for _ in range(LIMIT):
        assert gate.get("/closed").status_code == 404
    blocked = wait_until(
        lambda: next((a for a in [gate.get("/open/b")] if a.status_code != 200), None), 1, "the block"
    )
    assert blocked.status_code == 403
    assert blocked.headers["content-type"].startswith("application/problem+json")


def test_one_refusal_less_blocks_nobody(start_gate, upstream):
    gate = start_gate(counting(upstream.target))
    for _ in range(LIMIT - 1):
        assert gate.get("/closed").status_code == 404
    gate.wait_for_events(LIMIT - 1)
    assert gate.get("/open/b").status_code == 200


def test_a_block_ends_by_itself(start_gate, upstream):
    gate = start_gate(counting(upstream.target, window="10s", block_for="1s"))
    for _ in range(LIMIT):
        gate.get("/closed")
    wait_until(lambda: gate.get("/open/b").status_code == 403, 1, "the block")
    wait_until(lambda: gate.get("/open/b").status_code == 200, 5, "the end of the block")


def test_a_block_outlives_a_restart(start_gate, upstream):
    gate = start_gate(counting(upstream.target))
    for _ in range(LIMIT):
        gate.get("/closed")
    wait_until(lambda: gate.get("/open/b").status_code == 403, 1, "the block")
    gate.restart()
    wait_until(lambda: gate.get("/open/b").status_code == 403, 1, "the block after the restart")


def test_observing_blocks_nobody(start_gate, upstream):
    config = counting(upstream.target)
    config["behavior"]["mode"] = "observe"
    gate = start_gate(config)
    for _ in range(LIMIT * 3):
        gate.get("/closed")
    gate.wait_for_events(LIMIT * 3)
    assert gate.get("/open/b").status_code == 200


def test_it_is_ready_and_well(gate):
    assert gate.admin("/healthz").status_code == 200
    assert gate.admin("/readyz").status_code == 200
    assert gate.stop() == 0
