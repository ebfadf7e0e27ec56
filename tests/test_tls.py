"""What is promised: the profile decides the versions, the name decides the certificate, a changed file is
served without a restart, tickets outlive reloads, and an upstream's certificate is believed only if it is right."""
import contextlib
import datetime
import re
import socket
import ssl
import subprocess
import threading

import httpx
import pytest

from certificates import Authority
from gate import config_for, run_cli
from raw import SECONDS, RawClient, RawUpstream, response, wait_until

BODY_BYTES = 3 * 1024 * 1024


def secured(target, *certificates, profile=None, http2=True, **parts):
    """A config whose one listener shows these (certificate, key) pairs; a pair may bring its hosts."""
    tls = {
        "certificates": [
            {"cert": str(one[0]), "key": str(one[1]), **({"hosts": one[2]} if len(one) > 2 else {})}
            for one in certificates
        ]
    }
    if profile:
        tls["profile"] = profile
    listener = {"address": "127.0.0.1:0", "tls": tls, "http2": http2}
    return config_for(target, admin=None, listeners=[listener], **parts)


@pytest.fixture
def start_tls(start_gate, upstream, authority):
    def start(*names, **options):
        pair = authority.issue(*(names or ["shop.example", "localhost"]))
        return start_gate(secured(upstream.target, pair, **options))

    return start


def names_shown(gate, authority, name):
    """The names of the certificate that a client which asks for `name` is shown."""
    context = authority.client()
    context.check_hostname = False
    with RawClient(gate.port, tls=context, name=name) as client:
        return [value for kind, value in client.sock.getpeercert()["subjectAltName"] if kind == "DNS"]


def s_client(gate, *arguments, text="", seconds=SECONDS):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", *map(str, arguments)],
        input=text, capture_output=True, text=True, timeout=seconds,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_usual_profile_speaks_both_versions(start_tls, authority, version):
    gate = start_tls()
    with RawClient(gate.port, tls=authority.client(least=version, most=version)) as client:
        assert client.sock.version() == version.name.replace("_", ".")
        assert client.get().body == b"ok"


def test_the_modern_profile_refuses_the_old_version(start_tls, authority):
    gate = start_tls(profile="modern")
    with pytest.raises(ssl.SSLError, match="(?i)version"):
        RawClient(gate.port, tls=authority.client(most=ssl.TLSVersion.TLSv1_2))
    with RawClient(gate.port, tls=authority.client()) as client:
        assert client.get().status == 200


def test_the_name_decides_the_certificate(start_gate, upstream, authority):
    gate = start_gate(secured(
        upstream.target,
        authority.issue("first.example"),
        authority.issue("*.shop.example"),
        authority.issue("exact.shop.example"),
    ))
    assert names_shown(gate, authority, "exact.shop.example") == ["exact.shop.example"]
    assert names_shown(gate, authority, "other.shop.example") == ["*.shop.example"]
    assert names_shown(gate, authority, "OTHER.Shop.Example") == ["*.shop.example"]
    # A wildcard stands for one label, and an unknown name or none gets the first.
    assert names_shown(gate, authority, "two.labels.shop.example") == ["first.example"]
    assert names_shown(gate, authority, "shop.example") == ["first.example"]
    assert names_shown(gate, authority, "127.0.0.1") == ["first.example"]


def test_a_host_outside_the_certificate_is_misdirected(start_gate, upstream, authority):
    gate = start_gate(secured(upstream.target, authority.issue("*.shop.example", "localhost", "127.0.0.1")))
    with RawClient(gate.port, tls=authority.client()) as client:
        for host in ["a.shop.example", "A.Shop.EXAMPLE:443", "localhost", "127.0.0.1", "127.0.0.1:8443"]:
            assert client.get(host=host).status == 200, host
        for host in ["other.example", "a.b.shop.example", "shop.example", "127.0.0.2", "[::1]"]:
            answer = client.get(host=host)
            assert answer.status == 421, host
            assert b'"code"' in answer.body


@pytest.mark.parametrize(
    "http2, offered, chosen",
    [
        (True, ["h2", "http/1.1"], "h2"),
        (True, ["http/1.1", "h2"], "h2"),
        (True, ["http/1.1"], "http/1.1"),
        (True, None, None),
        (False, ["h2", "http/1.1"], "http/1.1"),
    ],
)
def test_http2_is_spoken_only_where_it_is_configured(start_tls, authority, http2, offered, chosen):
    gate = start_tls(http2=http2)
    with RawClient(gate.port, tls=authority.client(), alpn=offered) as client:
        assert client.sock.selected_alpn_protocol() == chosen


def test_a_protocol_that_is_not_spoken_ends_the_handshake(start_tls, authority):
    gate = start_tls(http2=False)
    with pytest.raises(ssl.SSLError, match="(?i)alert"):
        RawClient(gate.port, tls=authority.client(), alpn=["h2"])


def test_both_protocols_answer_over_tls(start_tls, authority):
    gate = start_tls("127.0.0.1")  # a bare machine knows no name at all, not even localhost
    url = f"https://127.0.0.1:{gate.port}/x"
    for http2 in (False, True):
        with httpx.Client(verify=authority.client(), http1=not http2, http2=http2, trust_env=False) as client:
            for _ in range(3):
                answer = client.get(url)
                assert (answer.status_code, answer.text) == (200, "ok")
            assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_ticket_is_taken_and_outlives_a_reload(start_tls, authority, tmp_path, version):
    gate = start_tls()
    kept = tmp_path / "session"
    ask = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    common = [version, "-servername", "localhost", "-CAfile", authority.path, "-ign_eof"]
    assert "New, TLS" in s_client(gate, *common, "-sess_out", kept, text=ask)
    assert "Reused, TLS" in s_client(gate, *common, "-sess_in", kept, text=ask)
    assert gate.reload(gate.config)
    assert "Reused, TLS" in s_client(gate, *common, "-sess_in", kept, text=ask)


def test_a_connection_outlives_the_reload_that_changed_its_certificate(start_gate, upstream, authority):
    pair = authority.issue("localhost", stem="own")
    gate = start_gate(secured(upstream.target, pair))
    with RawClient(gate.port, tls=authority.client()) as client:
        assert client.get().status == 200
        for _ in range(3):
            authority.issue("localhost", stem="own")
            assert gate.reload(gate.config)
        for _ in range(5):
            assert client.get().status == 200
            assert client.get(host="other.example").status == 421


def test_a_handshake_outlives_a_reload(start_gate, upstream, authority):
    pair = authority.issue("localhost", stem="own")
    gate = start_gate(secured(upstream.target, pair))
    context, coming, going = authority.client(), ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(coming, going, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", gate.port)) as sock, contextlib.suppress(ssl.SSLWantReadError):
        sock.settimeout(SECONDS)
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            hello = going.read()
        sock.sendall(hello[:40])
        authority.issue("localhost", stem="own")
        assert gate.reload(gate.config) and gate.reload(gate.config)
        sock.sendall(hello[40:])
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = sock.recv(65536)
                assert data
                coming.write(data)
        sock.sendall(going.read())


def serial_shown(gate, authority):
    context = authority.client()
    with RawClient(gate.port, tls=context) as client:
        assert client.get().status == 200
        return client.sock.getpeercert()["serialNumber"]


def test_a_certificate_that_is_replaced_is_served_without_a_restart(start_gate, upstream, authority):
    pair = authority.issue("localhost", stem="own")
    gate = start_gate(secured(upstream.target, pair))
    before = serial_shown(gate, authority)
    authority.issue("localhost", stem="own")
    wait_until(lambda: serial_shown(gate, authority) != before, what="the new certificate")


def test_a_certificate_without_its_key_changes_nothing(start_gate, upstream, authority):
    crt, key = authority.issue("localhost", stem="own")
    gate = start_gate(secured(upstream.target, (crt, key)))
    before = serial_shown(gate, authority)
    other, _ = authority.issue("localhost", stem="other")
    crt.write_bytes(other.read_bytes())
    gate.wait_for_log("not reloaded")
    assert serial_shown(gate, authority) == before


def test_check_tells_of_a_certificate_that_is_not_of_its_key(tmp_path, authority):
    crt, _ = authority.issue("localhost", stem="own")
    good, key = authority.issue("localhost", stem="other")
    path = tmp_path / "gatehouse.yaml"
    path.write_text(
        "gatehouse: 1\n"
        "listeners:\n"
        "  - address: 127.0.0.1:8443\n"
        "    tls:\n"
        "      certificates:\n"
        f"        - cert: {good}\n"
        f"          key: {key}\n"
        f"        - cert: {crt}\n"
        f"          key: {key}\n"
    )
    done = run_cli("check", path, check=False)
    assert done.returncode != 0
    assert "error[E0612]" in done.stderr
    assert f"gatehouse.yaml:8:{len('        - cert: ') + 1}" in done.stderr, done.stderr


def test_a_slow_handshake_is_ended(start_tls):
    gate = start_tls(limits={"head_time": "300ms"})
    with RawClient(gate.port) as client:
        client.send(b"\x16\x03\x01")
        assert client.closes(5)
    with RawClient(gate.port) as client:
        assert client.closes(5)


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 512, b"\xff" * 70000], ids=["http", "zeros", "ones"])
def test_what_is_no_hello_is_ended_and_hurts_nobody(start_tls, authority, garbage):
    gate = start_tls()
    with RawClient(gate.port) as client, contextlib.suppress(OSError):
        client.send(garbage)
        assert b"HTTP/" not in client.read_until_close()
    with RawClient(gate.port, tls=authority.client()) as client:
        assert client.get().status == 200


def test_who_leaves_in_the_handshake_leaves_nothing_behind(start_tls, authority):
    gate = start_tls()
    with RawClient(gate.port, tls=authority.client()) as client:
        assert client.get().status == 200
        before = gate.sockets()
        for _ in range(50):
            with RawClient(gate.port) as other:
                other.send(b"\x16\x03\x01\x02\x00\x01")
                other.reset()
        wait_until(lambda: gate.sockets() <= before, what="the sockets' return")
        assert client.get().status == 200


# Bodies.


def pattern(count):
    return (b"0123456789abcdefghijklmnopqrstuvwxyz" * (count // 36 + 1))[:count]


def slow_read(client, count, step=16384):
    """Takes the body in small bites so that the gate's socket is full most of the time."""
    message, got = client.read_head(), b""
    assert message.status == 200
    pause = threading.Event()
    while len(got) < count:
        got += client.take(min(step, count - len(got)), 30)
        pause.wait(0.002)
    return got


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_large_answer_reaches_a_slow_reader_whole(start_tls, upstream, authority, version):
    body = pattern(BODY_BYTES)
    upstream.script = response(body)
    gate = start_tls()
    context = authority.client(least=version, most=version)
    with RawClient(gate.port, tls=context, receive_bytes=8192) as client:
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow_read(client, len(body)) == body
        upstream.script = response(b"next")
        assert client.get().body == b"next"


def test_a_large_chunked_answer_reaches_a_slow_reader_whole(start_tls, upstream, authority):
    body = pattern(BODY_BYTES)
    parts = [body[at : at + 5000] for at in range(0, len(body), 5000)]
    text = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    upstream.script = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text
    gate = start_tls()
    with RawClient(gate.port, tls=authority.client(), receive_bytes=8192) as client:
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        message = client.read_head()
        threading.Event().wait(0.3)  # until every buffer on the way is full
        client.read_chunked(message, 30)
        assert message.body == body
        upstream.script = response(b"next")
        assert client.get().body == b"next"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_request_reaches_a_slow_upstream_whole(start_gate, start_upstream, authority, framing):
    body, got = pattern(BODY_BYTES), []

    def slow(wire):
        head = wire.read_head()
        threading.Event().wait(0.3)
        got.append(wire.read_body(head, until_close=False, seconds=30).body)
        wire.send(response(b"taken"))

    upstream = start_upstream(slow, tls=authority.server("localhost", "127.0.0.1"))
    upstream.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)  # for what it accepts
    config = secured(upstream.target, authority.issue("localhost"))
    config["upstreams"]["up"]["tls"] = {"ca": str(authority.path)}
    gate = start_gate(config)
    with RawClient(gate.port, tls=authority.client()) as client:
        head = "POST / HTTP/1.1\r\nHost: localhost\r\n"
        if framing == "length":
            client.send(f"{head}Content-Length: {len(body)}\r\n\r\n").send(body)
        else:
            client.send(f"{head}Transfer-Encoding: chunked\r\n\r\n")
            for at in range(0, len(body), 7001):
                part = body[at : at + 7001]
                client.send(b"%x\r\n%s\r\n" % (len(part), part))
            client.send(b"0\r\n\r\n")
        answer = client.read_response("POST", 30)
        assert (answer.status, answer.body) == (200, b"taken"), answer.body
    assert got == [body]


def test_the_end_of_a_connection_is_announced(start_tls, authority):
    gate = start_tls()
    with RawClient(gate.port, tls=authority.client()) as client:
        answer = client.get("/", "Connection: close")
        assert (answer.status, answer["connection"]) == (200, "close")
        assert client.closes() and client.ended == "end"  # a missing close_notify would read as a reset


# The upstream's side.


def behind_tls(start_gate, upstream, **tls):
    config = config_for(upstream.target, admin=None)
    config["upstreams"]["up"]["tls"] = tls
    return start_gate(config)


def assert_not_believed(gate, upstream):
    answer = gate.get("/")
    assert answer.status_code == 502
    assert answer.json()["code"] == "upstream-tls-failed"
    assert upstream.requests == []


def test_an_upstream_that_proves_its_name_is_believed_and_reused(start_gate, start_upstream, authority):
    upstream = start_upstream(tls=authority.server("127.0.0.1"))
    gate = behind_tls(start_gate, upstream, ca=str(authority.path))
    with gate.client() as client:
        for _ in range(5):
            assert client.get().body == b"ok"
    assert len(upstream.wires) == 1


def test_an_upstream_is_asked_for_the_name_that_is_configured(start_gate, start_upstream, authority):
    asked = []
    context = authority.server("pay.example")
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    upstream = start_upstream(tls=context)
    gate = behind_tls(start_gate, upstream, ca=str(authority.path), server_name="pay.example")
    assert gate.get("/").status_code == 200
    assert asked == ["pay.example"]


def test_an_upstream_of_another_name_is_not_believed(start_gate, start_upstream, authority):
    upstream = start_upstream(tls=authority.server("other.example"))
    assert_not_believed(behind_tls(start_gate, upstream, ca=str(authority.path)), upstream)


def test_an_upstream_of_another_authority_is_not_believed(start_gate, start_upstream, authority, tmp_path):
    upstream = start_upstream(tls=Authority(tmp_path, "stranger").server("127.0.0.1"))
    assert_not_believed(behind_tls(start_gate, upstream, ca=str(authority.path)), upstream)
    assert behind_tls(start_gate, upstream, verify=False).get("/").status_code == 200


def test_an_upstream_whose_time_is_over_is_not_believed(start_gate, start_upstream, authority):
    begins = datetime.datetime.utcnow() - datetime.timedelta(days=60)
    crt, key = authority.issue("127.0.0.1", begins=begins, days=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    upstream = start_upstream(tls=context)
    assert_not_believed(behind_tls(start_gate, upstream, ca=str(authority.path)), upstream)


def test_an_upstream_that_speaks_in_the_clear_is_not_believed(start_gate, start_upstream, authority):
    def plain(wire):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
        wire.read_until_close()

    upstream = start_upstream(plain)
    assert_not_believed(behind_tls(start_gate, upstream, ca=str(authority.path)), upstream)


def test_an_answer_that_is_cut_off_is_not_taken_for_whole(start_gate, start_upstream, authority):
    def cut(wire):
        wire.read_request()
        wire.send(b"HTTP/1.1 200 OK\r\n\r\nhalf of it")
        # Without close_notify: somebody in between may have cut it.
        socket.socket(fileno=wire.sock.detach()).close()

    upstream = start_upstream(cut, tls=authority.server("127.0.0.1"))
    gate = behind_tls(start_gate, upstream, ca=str(authority.path))
    with gate.client() as client:
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        data = client.read_until_close()
        assert not re.search(rb"0\r\n\r\n$", data), data
