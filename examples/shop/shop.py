#!/usr/bin/env python3
"""examples/shop/shop.py: a small shop service to stand behind the gate. Python's own library alone.

    shop.py [--port N]    0 takes a free port; prints `shop on 127.0.0.1:PORT` when it is ready

Everything is in memory and begins the same at each start. What there is:

    GET  /healthz                           204
    GET  /products                          all products
    GET  /products/ID                       one
    GET  /products/ID/image                 a PNG
    GET  /users/USER/orders[/ID]            what a user ordered
    POST /users/USER/orders                 order what is in the cart
    GET  /users/USER/cart                   what is in the cart
    PUT  /users/USER/cart/ID                {"quantity": N}
    DELETE /users/USER/cart                 empty it
    POST /login                             {"user": …, "password": …}: the password is the name twice
    GET  /reports/NAME?rows=N&pause_ms=N    rows one at a time, as a slow backend sends them
"""
import argparse
import json
import re
import struct
import threading
import time
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 1 << 20
ROWS_MAX = 10_000
NAMES = "kettle teapot cup saucer spoon sieve tray jug bowl plate jar tin".split()
USERS = "ann bob cem dai".split()


class Failure(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class Shop:
    """The goods, the carts and the orders; one lock around all of it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.products = {
            str(i): {"id": str(i), "name": name, "cents": 350 + 175 * i, "stock": 20 + i}
            for i, name in enumerate(NAMES, 1)
        }
        self.carts = {user: {} for user in USERS}
        self.orders = {user: [] for user in USERS}
        for i, user in enumerate(USERS, 1):
            self.carts[user] = {str(i): i}
            self.order(user)

    def product(self, id):
        if id not in self.products:
            raise Failure(404, f"there is no product {id}")
        return self.products[id]

    def of(self, table, user):
        if user not in table:
            raise Failure(404, f"there is no user {user}")
        return table[user]

    def put(self, user, id, quantity):
        with self.lock:
            cart = self.of(self.carts, user)
            if not isinstance(quantity, int) or not 0 < quantity <= self.product(id)["stock"]:
                raise Failure(409, f"quantity is 1 to {self.product(id)['stock']}")
            cart[id] = quantity
            return dict(cart)

    def order(self, user):
        with self.lock:
            cart = self.of(self.carts, user)
            if not cart:
                raise Failure(409, "the cart is empty")
            number = 1000 + sum(len(orders) for orders in self.orders.values())
            cents = sum(self.product(id)["cents"] * count for id, count in cart.items())
            order = {"id": str(number), "items": dict(cart), "cents": cents}
            self.orders[user].append(order)
            cart.clear()
            return order

    def find_order(self, user, id):
        for order in self.of(self.orders, user):
            if order["id"] == id:
                return order
        raise Failure(404, f"{user} has no order {id}")


def png(id):
    """A square of 64 by 64, in a colour of the product's own."""
    colour = bytes((int(id) * step) % 256 for step in (53, 101, 197))
    rows = (b"\0" + colour * 64) * 64

    def part(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a head and its body leave together

    def do(self):
        url = urllib.parse.urlsplit(self.path)
        try:
            body = self.read_body()
            for method, pattern, action in ROUTES:
                found = re.fullmatch(pattern, url.path)
                if found and method == ("GET" if self.command == "HEAD" else self.command):
                    return action(self, *found.groups(), query=urllib.parse.parse_qs(url.query), body=body)
            known = any(re.fullmatch(pattern, url.path) for _, pattern, _ in ROUTES)
            raise Failure(405 if known else 404, "no such thing" if not known else "no such method")
        except Failure as failure:
            self.answer({"error": str(failure)}, failure.status)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do

    def version_string(self):
        return "shop"

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                if len(data) + size > BODY_BYTES_MAX:
                    self.close_connection = True
                    raise Failure(413, "too much")
                data += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return data
        size = int(self.headers.get("Content-Length", 0))
        if size > BODY_BYTES_MAX:
            self.close_connection = True
            raise Failure(413, "too much")
        return self.rfile.read(size)

    def answer(self, value, status=200):
        self.send(json.dumps(value, indent=1).encode() + b"\n", "application/json", status)

    def send(self, data, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def parse(self, body):
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Failure(400, "the body is not a JSON object")
        return value

    # The routes' actions.

    def health(self, **_):
        self.send_response(204)
        self.end_headers()

    def list_products(self, **_):
        self.answer(list(self.server.shop.products.values()))

    def show_product(self, id, **_):
        self.answer(self.server.shop.product(id))

    def show_image(self, id, **_):
        self.send(png(self.server.shop.product(id)["id"]), "image/png")

    def list_orders(self, user, **_):
        self.answer(self.server.shop.of(self.server.shop.orders, user))

    def show_order(self, user, id, **_):
        self.answer(self.server.shop.find_order(user, id))

    def place_order(self, user, **_):
        self.answer(self.server.shop.order(user), 201)

    def show_cart(self, user, **_):
        self.answer(self.server.shop.of(self.server.shop.carts, user))

    def put_in_cart(self, user, id, body, **_):
        self.answer(self.server.shop.put(user, id, self.parse(body).get("quantity")))

    def empty_cart(self, user, **_):
        with self.server.shop.lock:
            self.server.shop.of(self.server.shop.carts, user).clear()
        self.health()

    def login(self, body, **_):
        given = self.parse(body)
        user = given.get("user")
        if user not in USERS or given.get("password") != user * 2:
            raise Failure(401, "user and password do not belong together")
        self.answer({"user": user})

    def report(self, name, query, **_):
        def number(key, default, most):
            text = query.get(key, [str(default)])[0]
            if not text.isdecimal() or int(text) > most:
                raise Failure(400, f"{key} is a number up to {most}")
            return int(text)

        rows, pause_ms = number("rows", 20, ROWS_MAX), number("pause_ms", 100, 10_000)
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        for i in range(rows):
            line = f"{name},{i},{(i * 7919) % 1000}\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
            time.sleep(pause_ms / 1000)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


WORD = r"([a-z0-9]+)"
ROUTES = [
    ("GET", "/healthz", Handler.health),
    ("GET", "/products", Handler.list_products),
    ("GET", f"/products/{WORD}", Handler.show_product),
    ("GET", f"/products/{WORD}/image", Handler.show_image),
    ("GET", f"/users/{WORD}/orders", Handler.list_orders),
    ("POST", f"/users/{WORD}/orders", Handler.place_order),
    ("GET", f"/users/{WORD}/orders/{WORD}", Handler.show_order),
    ("GET", f"/users/{WORD}/cart", Handler.show_cart),
    ("DELETE", f"/users/{WORD}/cart", Handler.empty_cart),
    ("PUT", f"/users/{WORD}/cart/{WORD}", Handler.put_in_cart),
    ("POST", "/login", Handler.login),
    ("GET", f"/reports/{WORD}", Handler.report),
]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.shop = Shop()

    def handle_error(self, request, client_address):
        pass  # a client that went away is no news


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9000)
    server = Server(parser.parse_args().port)
    print(f"shop on 127.0.0.1:{server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
