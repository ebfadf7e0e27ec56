"""Requests as an attacker or a broken client may send them, and what must become of each.

A case is one connection: the bytes that are sent, the statuses that come back, and the requests that the
upstream sees whole. Nothing else may reach it: a request that is refused while its content still flows
is broken off upstream, never ended.
"""
import dataclasses

LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    sent: bytes
    statuses: tuple
    upstream: tuple = ()  # of (method, target, body)
    code: str = None      # of the last answer, where the gate made it
    open: bool = False    # the connection lives on, so that LAST is answered behind it


def get(*lines, target="/x", host="Host: a"):
    return "\r\n".join([f"GET {target} HTTP/1.1", *([host] if host else []), *lines, "", ""]).encode("latin-1")


def post(*lines, body=b""):
    head = "\r\n".join(["POST /x HTTP/1.1", "Host: a", *lines, "", ""]).encode("latin-1")
    return head + body


def refused(name, sent, status=400, code=None):
    """Refused by its head, and the connection ends: nothing behind it is read as a request."""
    return Case(name, sent + LAST, (status,), (), code)


def passed(name, sent, *upstream, statuses=None):
    return Case(name, sent, statuses or (200,) * len(upstream), upstream, open=True)


CHUNKED = "Transfer-Encoding: chunked"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
FRAMING = "conflicting-framing"
FIELD = "bad-header-field"
LINE = "bad-request-line"
CODING = "unsupported-transfer-coding"

LENGTHS = [
    refused("length and coding", post("Content-Length: 4", CHUNKED, body=b"0\r\n\r\n"), code=FRAMING),
    refused("coding and length", post(CHUNKED, "Content-Length: 0", body=b"0\r\n\r\n" + SMUGGLED), code=FRAMING),
    refused("two equal lengths", post("Content-Length: 2", "Content-Length: 2", body=b"ok"), code=FRAMING),
    refused("two unlike lengths", post("Content-Length: 2", "content-length: 40", body=b"ok"), code=FRAMING),
    refused("a list of lengths", post("Content-Length: 2, 2", body=b"ok"), code=FRAMING),
    *(
        refused(f"the length {text!r}", post(f"Content-Length: {text}", body=b"hello"), code=FRAMING)
        for text in ["+5", "-5", "0x5", "5 5", "5.0", "five", "", "5,", "5;a=b", "99999999999999999999", '"5"', "0 5"]
    ),
    refused("a length with NUL", post("Content-Length: 5\0", body=b"hello"), code=FIELD),
    refused("a length folded", post("Content-Length:\r\n 5", body=b"hello"), code=FIELD),
    refused("a length with a blank before the colon", post("Content-Length : 5", body=b"hello"), code=FIELD),
    refused("a length with a tab before the colon", post("Content-Length\t: 5", body=b"hello"), code=FIELD),
    refused("a length before a bare CR", post("Content-Length: 5\rX: y", body=b"hello"), code=LINE),
    passed("blanks around a length", post("Content-Length: \t 5 ", body=b"hello"), ("POST", "/x", b"hello")),
    passed("zeros before a length", post("Content-Length: 0005", body=b"hello"), ("POST", "/x", b"hello")),
    passed("a length of nothing", post("Content-Length: 0"), ("POST", "/x", b"")),
    passed("no framing means no body", post() + get(target="/y"), ("POST", "/x", b""), ("GET", "/y", b"")),
    passed("a GET with a body", get("Content-Length: 5") + b"hello", ("GET", "/x", b"hello")),
]

CODINGS = [
    *(
        refused(f"the coding {text!r}", post(f"Transfer-Encoding: {text}", body=b"0\r\n\r\n"), status, code)
        for text, status, code in [
            ("xchunked", 501, CODING),
            ("chunkedx", 501, CODING),
            ("gzip", 501, CODING),
            ("identity", 501, CODING),
            ("gzip, chunked", 501, CODING),
            ("chunked, gzip", 400, FRAMING),
            ("chunked, chunked", 400, FRAMING),
            ("chunked;q=1", 501, CODING),
            ("", 400, FRAMING),
            (", ,", 400, FRAMING),
            ('"chunked"', 400, FRAMING),
            ("chun ked", 400, FRAMING),
            ("\x0bchunked", 400, FIELD),
            ("chunked\0", 400, FIELD),
            ("chunked\x7f", 400, FIELD),
        ]
    ),
    refused("two codings", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"), code=FRAMING),
    refused("an unknown coding beside chunked", post("Transfer-Encoding: x", CHUNKED, body=b"0\r\n\r\n"), code=FRAMING),
    refused("a coding with a blank before the colon", post("Transfer-Encoding : chunked", body=b"0\r\n\r\n"), code=FIELD),
    refused("a coding folded", post("Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"), code=FIELD),
    refused("a coding behind a folded field", post("X: a\r\n Transfer-Encoding: chunked"), code=FIELD),
    refused("a coding behind a bare LF", post("X: a\nTransfer-Encoding: chunked", body=b"0\r\n\r\n"), code=LINE),
    refused("a coding behind a bare CR", post("X: a\rTransfer-Encoding: chunked", body=b"0\r\n\r\n"), code=LINE),
    refused("a coding in HTTP/1.0", b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", code=FRAMING),
    refused("a coding with NUL in its name", post("Transfer-Encoding\0: chunked", body=b"0\r\n\r\n"), code=FIELD),
    passed("chunked in capitals", post("TRANSFER-ENCODING: ChUnKeD", body=b"5\r\nhello\r\n0\r\n\r\n"), ("POST", "/x", b"hello")),
    passed("a tab before chunked", post("Transfer-Encoding:\tchunked", body=b"5\r\nhello\r\n0\r\n\r\n"), ("POST", "/x", b"hello")),
    passed("an underscore is another field", get("Transfer_Encoding: chunked"), ("GET", "/x", b"")),
]


def broken_body(name, body, status=400):
    """A body whose framing breaks: the upstream never sees its end, and nothing behind it."""
    return Case(name, post(CHUNKED, body=body + SMUGGLED), (status,), (), "body-malformed")


CHUNKS = [
    broken_body("a size that is no number", b"xyz\r\nhello\r\n0\r\n\r\n"),
    broken_body("a size with 0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
    broken_body("a size with a sign", b"+5\r\nhello\r\n0\r\n\r\n"),
    broken_body("a negative size", b"-5\r\nhello\r\n0\r\n\r\n"),
    broken_body("a size of 17 digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
    broken_body("a size that overflows", b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n"),
    broken_body("a size beyond 2^63", b"8000000000000000\r\nhello\r\n0\r\n\r\n"),
    broken_body("no size", b"\r\nhello\r\n0\r\n\r\n"),
    broken_body("a blank before the size", b" 5\r\nhello\r\n0\r\n\r\n"),
    broken_body("a blank behind the size", b"5 \r\nhello\r\n0\r\n\r\n"),
    broken_body("a size line that ends with LF", b"5\nhello\r\n0\r\n\r\n"),
    broken_body("a size line that ends with CR", b"5\rhello\r\n0\r\n\r\n"),
    broken_body("an underscore in the size", b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"),
    broken_body("data that ends with LF", b"5\r\nhello\n0\r\n\r\n"),
    broken_body("data that is longer than its size", b"5\r\nhello!\r\n0\r\n\r\n"),
    broken_body("data that is shorter than its size", b"6\r\nhello\r\n0\r\n\r\n"),
    broken_body("an LF in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    broken_body("a bare CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    broken_body("a NUL in an extension", b"5;a\0b\r\nhello\r\n0\r\n\r\n"),
    broken_body("an extension without end", b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"),
    broken_body("a last chunk that ends with LF", b"5\r\nhello\r\n0\n\r\n"),
    broken_body("an end with LF", b"5\r\nhello\r\n0\r\n\n"),
    broken_body("a trailer with a length", b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"),
    broken_body("a trailer with a coding", b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    broken_body("a trailer with Host", b"5\r\nhello\r\n0\r\nHost: b\r\n\r\n"),
    broken_body("a trailer with Connection", b"5\r\nhello\r\n0\r\nConnection: x\r\n\r\n"),
    broken_body("a folded trailer", b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"),
    broken_body("a trailer with a blank before its colon", b"5\r\nhello\r\n0\r\nX : a\r\n\r\n"),
    broken_body("a trailer without a colon", b"5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
    broken_body("too many trailers", b"0\r\n" + b"X: a\r\n" * 101 + b"\r\n"),
    broken_body("a trailer that is too large", b"0\r\nX: " + b"a" * 33_000 + b"\r\n\r\n"),
    passed("sizes in both cases and zeros before", post(CHUNKED, body=b"00A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n"), ("POST", "/x", b"0123456789" * 2)),
    passed("an extension is taken off", post(CHUNKED, body=b'5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'), ("POST", "/x", b"hello")),
    passed("a body of nothing", post(CHUNKED, body=b"0\r\n\r\n"), ("POST", "/x", b"")),
    passed("what looks like a request is content", post(CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)), ("POST", "/x", SMUGGLED)),
]


def line(name, text, status=400, code=LINE):
    return refused(name, text + b"\r\nHost: a\r\n\r\n", status, code)


LINES = [
    line("no version", b"GET /x", 400),
    line("two blanks before the target", b"GET  /x HTTP/1.1"),
    line("two blanks before the version", b"GET /x  HTTP/1.1"),
    line("a blank at the end", b"GET /x HTTP/1.1 "),
    line("a tab between the parts", b"GET\t/x HTTP/1.1"),
    line("a blank at the beginning", b" GET /x HTTP/1.1"),
    line("a blank in the target", b"GET /x y HTTP/1.1"),
    line("HTTP/1.2", b"GET /x HTTP/1.2", 505, "unsupported-version"),
    line("HTTP/2.0", b"GET /x HTTP/2.0", 505, "unsupported-version"),
    line("http/1.1 in small letters", b"GET /x http/1.1"),
    line("HTTP/1.10", b"GET /x HTTP/1.10"),
    line("HTTP/01.1", b"GET /x HTTP/01.1"),
    line("HTTPS/1.1", b"GET /x HTTPS/1.1"),
    line("a method that is no token", b"G(T /x HTTP/1.1"),
    line("an empty method", b" /x HTTP/1.1"),
    line("a method of 33 letters", b"A" * 33 + b" /x HTTP/1.1"),
    line("a target without a slash", b"GET x HTTP/1.1"),
    line("an asterisk for GET", b"GET * HTTP/1.1"),
    line("a target of another scheme", b"GET ftp://a/x HTTP/1.1"),
    line("a target with user", b"GET http://u@a/x HTTP/1.1"),
    line("a target with a fragment", b"GET /x#y HTTP/1.1"),
    line("a target with DEL", b"GET /x\x7f HTTP/1.1", code=None),
    line("a target with NUL", b"GET /x\0 HTTP/1.1", code=None),
    line("a bare CR in the line", b"GET /x\rHTTP/1.1"),
    refused("a line that ends with LF", b"GET /x HTTP/1.1\nHost: a\r\n\r\n", 400, LINE),
    refused("only LF everywhere", b"GET /x HTTP/1.1\nHost: a\n\n", 400, LINE),
    refused("three empty lines before", b"\r\n\r\n\r\n" + get(), 400, LINE),
    refused("an LF before the line", b"\n" + get(), 400, LINE),
    refused("a TLS hello on a plain port", bytes.fromhex("16030100c8010000c40303") + bytes(190), 400),
    refused("zeros", bytes(64), 400),
    refused("a response", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400),
    Case("two empty lines before", b"\r\n\r\n" + get(), (200,), (("GET", "/x", b""),), open=True),
    passed("a method of its own", b"PURGE-ALL /x HTTP/1.1\r\nHost: a\r\n\r\n", ("PURGE-ALL", "/x", b"")),
]

FIELDS = [
    refused("no colon", get("Xyz"), code=FIELD),
    refused("no name", get(": x"), code=FIELD),
    refused("a blank in a name", get("X Y: z"), code=FIELD),
    refused("a folded value", get("X: a\r\n b"), code=FIELD),
    refused("a field before which a blank stands", get(host=" Host: a"), code=FIELD),
    refused("a NUL in a value", get("X: a\0b"), code=FIELD),
    refused("a NUL in a name", get("X\0: a"), code=FIELD),
    refused("a bell in a value", get("X: \x07"), code=FIELD),
    refused("a bare CR in a value", get("X: a\rb"), code=LINE),
    refused("a bare LF in a value", get("X: a\nb"), code=LINE),
    refused("a colon in brackets", get("X[: a"), code=FIELD),
    refused("a letter of Latin-1 in a name", get("X\xe4: a"), code=FIELD),
    refused("Connection names Content-Length", post("Connection: Content-Length", "Content-Length: 5", body=b"hello"), code=FIELD),
    refused("Connection names Host", get("Connection: host"), code=FIELD),
    refused("Connection names Transfer-Encoding", post("Connection: transfer-encoding", CHUNKED, body=b"0\r\n\r\n")),
    refused("Connection holds what is no token", get("Connection: a b"), code=FIELD),
    refused("an unknown expectation", get("Expect: 200-ok"), 417, "unsupported-expectation"),
    refused("two expectations", post("Expect: 100-continue, x", "Content-Length: 1", body=b"x"), 417, "unsupported-expectation"),
    passed("an expectation without content", get("Expect: 100-continue"), ("GET", "/x", b"")),
    passed("an empty value", get("X:"), ("GET", "/x", b"")),
    passed("letters of Latin-1 in a value", get("X: \xe4\xff"), ("GET", "/x", b"")),
]

HOSTS = [
    refused("no Host", get(host=""), code="bad-host"),
    refused("two Hosts", get("Host: a"), code="bad-host"),
    *(
        refused(f"the host {text!r}", get(host=f"Host: {text}"), code="bad-host")
        for text in ["", "a b", "a,b", "a/b", "a@b", "u:p@a", "a:b", "a:99999", "a?b", "a#b", "[::1", "a\\b", "a%00b", "a:80:80", "[::1]x", "a;b"]
    ),
    refused("a target unlike Host", get(target="http://b/x"), code="bad-host"),
    refused("a target of another port", get(target="http://a:81/x"), code="bad-host"),
    passed("a target like Host", get(target="http://A/x?y"), ("GET", "/x?y", b"")),
    passed("a target without a path", get(target="http://a"), ("GET", "/", b"")),
    passed("an address of IPv6", get(host="Host: [::1]:8080"), ("GET", "/x", b"")),
    passed("capitals in a host", get(host="Host: SHOP.Example"), ("GET", "/x", b"")),
]


def path(target, status=400, code="bad-path-encoding"):
    return Case(f"the path {target!r}", get(target=target), (status,), (), code, open=True)


PATHS = [
    *map(path, [
        "/a%00b", "/a%5Cb", "/a%5cb", "/a%", "/a%2", "/a%zz", "/a%u0041", "/..", "/../x", "/a/../../x", "/%2e%2e/x",
        "/%2E./x", "/.%2e/x", "/a/%2e%2e/%2e%2e/x", "/..%00/x",
    ]),
    refused("a backslash in the path", get(target="/a\\b")),
    refused("two codings of a slash", get(target="/a\\..\\b")),
    path("/a%2Fb", 400, "encoded-slash-refused"),
    path("/a/..%2fx", 400, "encoded-slash-refused"),
    path("/..%2f..%2fetc/passwd", 400, "encoded-slash-refused"),
    passed("dots are resolved", get(target="/a/./b/../c"), ("GET", "/a/c", b"")),
    passed("encoded letters are letters", get(target="/%61%2Db"), ("GET", "/a-b", b"")),
    passed("an escape of an escape stays", get(target="/a%252Fb"), ("GET", "/a%252Fb", b"")),
    passed("the query is left alone", get(target="/x?a=%2F..%5C%00&b=/../"), ("GET", "/x?a=%2F..%5C%00&b=/../", b"")),
    passed("an empty query stays", get(target="/x?"), ("GET", "/x?", b"")),
]

PIPELINES = [
    passed("two good ones", get(target="/1") + get(target="/2"), ("GET", "/1", b""), ("GET", "/2", b"")),
    passed("ten good ones", b"".join(get(target=f"/{i}") for i in range(10)), *(("GET", f"/{i}", b"") for i in range(10))),
    passed("bodies of both kinds", post("Content-Length: 2", body=b"ab") + post(CHUNKED, body=b"1\r\nc\r\n0\r\n\r\n") + get(), ("POST", "/x", b"ab"), ("POST", "/x", b"c"), ("GET", "/x", b"")),
    Case("a bad one behind a good one", get(target="/1") + b"GET /2 HTTP/1.1\r\nHost : a\r\n\r\n" + LAST, (200, 400), (("GET", "/1", b""),)),
    Case("junk behind a body", post("Content-Length: 2", body=b"abc") + LAST, (200, 200), (("POST", "/x", b"ab"), ("cGET", "/last", b""))),
    Case("close ends it", get("Connection: close", target="/1") + get(target="/2"), (200,), (("GET", "/1", b""),)),
    Case("close in a list ends it", get("Connection: x, CLOSE", target="/1") + get(target="/2"), (200,), (("GET", "/1", b""),)),
    Case("HTTP/1.0 ends it", b"GET /1 HTTP/1.0\r\nHost: a\r\n\r\n" + get(target="/2"), (200,), (("GET", "/1", b""),)),
    passed("HTTP/1.0 may ask to go on", b"GET /1 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", ("GET", "/1", b"")),
    Case("CONNECT ends it", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + LAST, (501,), (), "connect-not-supported"),
]

ALL = LENGTHS + CODINGS + CHUNKS + LINES + FIELDS + HOSTS + PATHS + PIPELINES
