"""tests/key_server: an issuer of tokens: its keys, and a server that gives them away as a key set.

KeyServer answers, fails, hangs, redirects or floods as `behaviour` says at the time, and counts who asked.
"""
import base64
import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

FLOOD_BYTES = 2 << 20
HANG_SECONDS = 30


def number(value, size=None):
    size = size or (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).rstrip(b"=").decode()


class Key:
    """Key("RS256", "a"): a private key; sign() makes tokens, jwk is its public half."""

    def __init__(self, algorithm, kid=None, named=True):
        self.algorithm, self.kid = algorithm, kid
        if algorithm[:2] in ("RS", "PS"):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = self.private.public_key().public_numbers()
            self.jwk = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        elif algorithm.startswith("ES"):
            name, curve, size = {
                "ES256": ("P-256", ec.SECP256R1(), 32),
                "ES384": ("P-384", ec.SECP384R1(), 48),
                "ES512": ("P-521", ec.SECP521R1(), 66),
            }[algorithm]
            self.private = ec.generate_private_key(curve)
            public = self.private.public_key().public_numbers()
            self.jwk = {"kty": "EC", "crv": name, "x": number(public.x, size), "y": number(public.y, size)}
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes_raw() if hasattr(
                self.private.public_key(), "public_bytes_raw") else self.raw_of(self.private.public_key())
            self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": number(int.from_bytes(raw, "big"), 32)}
        if kid:
            self.jwk["kid"] = kid
        if named:
            self.jwk |= {"alg": algorithm, "use": "sig"}

    @staticmethod
    def raw_of(key):
        from cryptography.hazmat.primitives import serialization
        return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def sign(self, claims=None, headers=None, seconds=600, **more):
        claims = {"sub": "ann", "exp": int(time.time()) + seconds, **(claims or {}), **more}
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {**({"kid": self.kid} if self.kid else {}), **(headers or {})}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=headers)


def key_set(*keys):
    return {"keys": [key.jwk for key in keys]}


class KeyServer:
    """behaviour: "answer", "fail", "hang", "redirect", "flood" or "junk"."""

    def __init__(self, *keys, tls=None):
        self.keys, self.behaviour, self.asked = list(keys), "answer", 0
        self.cache_control = None
        self.over = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if tls:
            self.scheme = "https"
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def answer(self, handler):
        body = json.dumps(key_set(*self.keys)).encode()
        status, fields = 200, {}
        if self.behaviour == "fail":
            status, body = 500, b"{}"
        elif self.behaviour == "redirect":
            status, fields = 302, {"Location": "/elsewhere"}
        elif self.behaviour == "flood":
            body = b"[" + b" " * FLOOD_BYTES
        elif self.behaviour == "junk":
            body = b"<html>not a key set</html>"
        elif self.behaviour == "hang":
            self.over.wait(HANG_SECONDS)
            return
        try:
            handler.send_response(status)
            for name, value in fields.items():
                handler.send_header(name, value)
            if self.cache_control:
                handler.send_header("Cache-Control", self.cache_control)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass  # the gate had heard enough

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}/jwks.json"

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
