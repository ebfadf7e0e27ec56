"""bench/full: a gate as one would run it: signed tokens, two limits, an address list, its record.

The gate against HAProxy with jwt_verify, two stick tables and an address list, each with its record
of every request; the gate keeps its history as well. `warm` shows the same few tokens again and
again; in `distinct` every token is new to the proxy that gets it. nginx, which checks nothing,
stands by for orientation.
"""
import base64
import contextlib
import json
import statistics
import time

from figures import Figure, ratio_over_rounds
from peers import Gatehouse, Haproxy, Nginx, answer_fields, store_configs
from rounds import Load, better, measured, processor, why_void

ISSUER = "https://id.bench.example"
CONNECTIONS = 64
WARM_TOKENS, USERS = 64, 1_000
BARS = {"warm": 0.34, "distinct": 0.75}
NETWORKS = 1_000
# A proxy is shown this many others before it sees a token again: more than the gate remembers.
DISTINCT_TOKENS = 40_000


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An RSA key, as both sides read it, and tokens that it signed."""

    def __init__(self, folder):
        # Here, so that the other parts run without the module.
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(65537, 2048)
        public = self.key.public_key()
        self.pem = folder / "issuer.pem"
        self.pem.write_bytes(public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ))
        modulus = public.public_numbers().n.to_bytes(256, "big")
        self.jwks = folder / "jwks.json"
        self.jwks.write_text(json.dumps({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "bench",
            "n": base64url(modulus), "e": base64url(b"\1\0\1"),
        }]}))

    def sign(self, number, until):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        head = base64url(b'{"alg":"RS256","typ":"JWT","kid":"bench"}')
        claims = {"iss": ISSUER, "aud": "bench", "sub": f"user-{number % USERS}", "exp": until,
                  "iat": until - 7200, "jti": f"{number:08x}", "scope": "orders:read orders:write"}
        text = head + "." + base64url(json.dumps(claims, separators=(",", ":")).encode())
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{base64url(signature)}"

    def write_tokens(self, path, count):
        until = int(time.time()) + 7200
        path.write_text("".join(self.sign(number, until) + "\n" for number in range(count)))
        return path


def write_networks(path):
    """Networks of which the load is in none."""
    path.write_text("".join(
        f"{10 + i // 256}.{i % 256}.{i * 7 % 256}.0/24\n" for i in range(NETWORKS)
    ))
    return path


def proxies_of(bench, stack, issuer):
    guard = {"keys": issuer.jwks, "public_key": issuer.pem, "issuer": ISSUER,
             "networks": write_networks(bench.folder / "networks.txt")}
    made = []

    def add(proxy):
        made.append(proxy)
        stack.callback(proxy.stop)

    arguments = (bench.proxy_core, bench.upstream.port)
    add(Gatehouse(bench.folder / "gatehouse-full", *arguments, bench.gatehouse, guard=guard))
    fields = answer_fields(made[0])
    for variant in Haproxy.CONFIGS:
        add(Haproxy(bench.folder / f"haproxy-full-{variant}", *arguments, variant, fields, guard))
    add(Nginx(bench.folder / "nginx-full", *arguments, "streaming", fields))
    store_configs(made, bench.folder)
    return made


def figures_of(runs):
    made = []
    ours = "gatehouse"
    for name, bar in BARS.items():
        peer = better(runs, "haproxy", name)
        for other, its_bar in ((peer, bar), ("nginx streaming", None)):
            ratio, spread = ratio_over_rounds(
                processor(runs, ours, name), processor(runs, other, name)
            )
            void = why_void(runs, [ours, other] if its_bar else [ours], name)
            made.append(Figure(
                "full", f"processor µs a request, {name} tokens, "
                        + (other if its_bar else "nginx that checks none"),
                statistics.median(processor(runs, ours, name)),
                statistics.median(processor(runs, other, name)), ratio, spread, its_bar, void=void,
            ))
    return [figure.judged() for figure in made]


def full(bench):
    issuer = Issuer(bench.folder)
    loads = [
        Load("warm", CONNECTIONS, issuer.write_tokens(bench.folder / "warm.txt", WARM_TOKENS)),
        Load("distinct", CONNECTIONS,
             issuer.write_tokens(bench.folder / "distinct.txt", DISTINCT_TOKENS)),
    ]
    with contextlib.ExitStack() as stack:
        proxies = proxies_of(bench, stack, issuer)
        if bench.print_configs:
            for proxy in proxies:
                bench.say(f"--- {proxy.name}\n{proxy.config}")
        return figures_of(measured(bench, proxies, loads))
