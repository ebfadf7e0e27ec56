"""Answers as a broken or hostile backend may give them, and what a client must get instead.

A case is what the upstream sends back on a connection. `refused`: the client gets a problem with this status and
code. `broken`: the answer had begun, so the client sees it break off. `passed`: it is fine.
Only of what passed cleanly may the connection be used again.
"""
import dataclasses

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
MALFORMED, CLOSED = "upstream-malformed", "upstream-closed"


@dataclasses.dataclass(frozen=True)
class Answer:
    name: str
    sent: bytes
    code: str = MALFORMED  # empty: no problem was made
    broken: bool = False
    method: str = "GET"
    body: bytes = None     # of an answer that passed
    closes: bool = False   # the upstream closes behind it
    status: int = 502


def refused(name, sent, code=MALFORMED, **more):
    return Answer(name, sent, code, **more)


def broken(name, sent, code=MALFORMED, **more):
    return Answer(name, sent, code, True, **more)


def passed(name, sent, body=b"", **more):
    return Answer(name, sent, "", False, body=body, **more)


REFUSED = [
    refused("length and coding", OK + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n"),
    refused("two equal lengths", OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
    refused("two unlike lengths", OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    refused("a list of lengths", OK + b"Content-Length: 2, 2\r\n\r\nok"),
    refused("a length with a sign", OK + b"Content-Length: +2\r\n\r\nok"),
    refused("a length of letters", OK + b"Content-Length: two\r\n\r\nok"),
    refused("an unknown coding", OK + b"Transfer-Encoding: gzip\r\n\r\nok"),
    refused("chunked twice", OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    refused("two codings", OK + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n"),
    refused("a coding in HTTP/1.0", b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    refused("a length folded", OK + b"Content-Length:\r\n 2\r\n\r\nok"),
    refused("a folded field", OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok"),
    refused("a blank before a colon", OK + b"Content-Length : 2\r\n\r\nok"),
    refused("a bare LF", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    refused("a bare CR in a value", OK + b"X: a\rb\r\nContent-Length: 2\r\n\r\nok"),
    refused("a NUL in a value", OK + b"X: a\0b\r\nContent-Length: 2\r\n\r\nok"),
    refused("a field without a colon", OK + b"nothing\r\n\r\n"),
    refused("an empty line before", b"\r\n" + OK + b"Content-Length: 2\r\n\r\nok"),
    refused("a 204 with a length", b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"),
    refused("a 204 with a coding", b"HTTP/1.1 204 No Content\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    refused("a 100 with a length", b"HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nok"),
    refused("a 101 that nobody asked for", b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    refused("a 101 that names nothing", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    refused("no version", b"200 OK\r\n\r\n"),
    refused("HTTP/2", b"HTTP/2 200 OK\r\n\r\n"),
    refused("HTTP/1.2", b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"),
    refused("ICY", b"ICY 200 OK\r\n\r\n"),
    refused("a status of two digits", b"HTTP/1.1 20 OK\r\n\r\n"),
    refused("a status of four digits", b"HTTP/1.1 2000 OK\r\n\r\n"),
    refused("a status of 099", b"HTTP/1.1 099 OK\r\n\r\n"),
    refused("a status of 600", b"HTTP/1.1 600 OK\r\n\r\n"),
    refused("a status with a sign", b"HTTP/1.1 +20 OK\r\n\r\n"),
    refused("two blanks before the status", b"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n"),
    refused("a request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("HTML alone", b"<html><body>hello</body></html>\r\n\r\n"),
    refused("junk", bytes(range(128, 192)) + b"\r\n\r\n"),
    refused("a flood of informational answers", b"HTTP/1.1 102 Processing\r\n\r\n" * 17 + OK + b"Content-Length: 2\r\n\r\nok"),
    refused("a head that is too large", OK + b"X: y\r\n" * 20_000 + b"\r\n", "upstream-head-too-large"),
    refused("too many fields", OK + b"X: y\r\n" * 101 + b"\r\n", "upstream-head-too-large"),
    refused("one line that is too long", OK + b"X: " + b"y" * 40_000 + b"\r\n\r\n", "upstream-head-too-large"),
    refused("nothing at all", b"", CLOSED, closes=True, method="POST"),
    refused("a head without end", OK + b"Content-Le", CLOSED, closes=True),
    refused("a status line without end", b"HTTP/1.", CLOSED, closes=True),
    refused("informational answers alone", b"HTTP/1.1 103 Early Hints\r\n\r\n", CLOSED, closes=True),
]

BROKEN = [
    broken("a chunk size that is no number", OK + CHUNKED + b"\r\n5\r\nhello\r\nxyz\r\n"),
    broken("a chunk size with a blank", OK + CHUNKED + b"\r\n5\r\nhello\r\n5 \r\nhello\r\n0\r\n\r\n"),
    broken("a chunk that is too long", OK + CHUNKED + b"\r\n5\r\nhello!\r\n0\r\n\r\n"),
    broken("a chunk that ends with LF", OK + CHUNKED + b"\r\n5\r\nhello\n0\r\n\r\n"),
    broken("a chunk size that overflows", OK + CHUNKED + b"\r\n5\r\nhello\r\nffffffffffffffffff\r\n"),
    broken("a trailer with a length", OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
    broken("a folded trailer", OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"),
    broken("an end within a length", OK + b"Content-Length: 10\r\n\r\nhello", CLOSED, closes=True),
    broken("an end within a chunk", OK + CHUNKED + b"\r\na\r\nhello", CLOSED, closes=True),
    broken("an end between chunks", OK + CHUNKED + b"\r\n5\r\nhello\r\n", CLOSED, closes=True),
    broken("an end before the last empty line", OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n", CLOSED, closes=True),
]

SURPLUS = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"
LENGTH = OK + b"Content-Length: 2\r\n\r\nok"

PASSED = [
    passed("an answer until the end", OK + b"\r\nhello", b"hello", closes=True),
    passed("an answer in HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", closes=True),
    passed("bytes behind a length", LENGTH + b"surplus", b"ok"),
    passed("an answer behind an answer", LENGTH + SURPLUS, b"ok"),
    passed("an answer behind chunks", OK + CHUNKED + b"\r\n2\r\nok\r\n0\r\n\r\n" + SURPLUS, b"ok"),
    passed("a body behind a 204", b"HTTP/1.1 204 No Content\r\n\r\n" + SURPLUS, status=204),
    passed("a body behind a 304", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\nstolen", status=304),
    passed("a body for HEAD", OK + b"Content-Length: 6\r\n\r\nstolen", method="HEAD"),
    passed("chunks for HEAD", OK + CHUNKED + b"\r\n6\r\nstolen\r\n0\r\n\r\n", method="HEAD"),
    passed("close that is no close", OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    passed("no reason phrase", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    passed("no reason but a blank", b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", b"ok"),
]
REUSED = {"no reason phrase", "no reason but a blank"}
