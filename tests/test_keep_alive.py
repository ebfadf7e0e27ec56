"""What is promised: an answer says what becomes of its connection. It stays open where nothing was said of closing, and a
request that is refused before its content has come is told that it closes."""
import json

import pytest

from gate import config_for


@pytest.fixture
def gate(start_gate, upstream):
    return start_gate(config_for(upstream.target, routes=["GET /open"]))


def request(line, *fields, body=b""):
    return "\r\n".join([f"{line} HTTP/1.1", "Host: a", *fields, "", ""]).encode() + body


def test_a_refused_request_whose_content_is_still_to_come_closes_and_says_so(gate, upstream):
    with gate.client() as client:
        answer = client.ask(request("POST /nowhere", "Content-Length: 1000"))
        assert (answer.status, answer["connection"]) == (404, "close")
        assert client.closes()
    with gate.client() as client:
        answer = client.ask(request("POST /nowhere", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n"))
        assert (answer.status, answer["connection"]) == (404, "close")
        assert client.closes()
    assert upstream.requests == []


@pytest.mark.parametrize(
    "body",
    [request("POST /nowhere", "Content-Length: 5", body=b"hello"),
     request("POST /nowhere", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")],
    ids=["length", "chunked"],
)
def test_a_refused_request_whose_content_is_here_keeps_its_connection(gate, upstream, body):
    with gate.client() as client:
        for _ in range(2):
            answer = client.ask(body)
            assert answer.status == 404 and "connection" not in answer
            assert json.loads(answer.body)["code"] == "route-not-found"
        assert client.ask(request("GET /open")).status == 200
    assert [one.target for one in upstream.requests] == ["/open"]
