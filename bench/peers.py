"""bench/peers: the proxies that are measured: how each is configured, started, counted.

All of them do the same: HTTP/1.1 in, HTTP/1.1 out over kept connections, the same fields added for
the upstream, one record of every request in a file. Each peer stands here in two configs, both
tuned for speed; the better one counts. `proxy.py --print-configs` prints them all.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error

from journal import JournalCount
from measure import BenchError, free_port, get, on_core, wait_for

GATEHOUSE = """\
gatehouse: 1
workers: 1
listeners:
  - address: 127.0.0.1:{port}
admin: {{ address: "127.0.0.1:{admin}" }}
upstreams:
  bench: {{ targets: ["127.0.0.1:{upstream}"], connections_max: 1024, keep_idle: 512 }}
apis:
  - name: bench
    routes:
      - match: "/*"
        policies: [{names}]
        backend: {{ http: bench }}
# A client with a large window of HTTP/2 that reads at 1 MB/s is silent for half a minute.
limits: {{ body_bytes: 0, body_idle: 60s }}
behavior: {{ mode: enforce }}
journal: {{ keep_bytes: 2GiB }}
store: {{ path: "{folder}/data", history: {history} }}
"""

# What `full` adds: a signed token, the address list, a limit for each address and for each user.
GATEHOUSE_POLICIES = """\
policies:
  known-bad: {{ kind: ip_list, deny_files: ["{networks}"] }}
  signed-in:
    kind: jwt
    jwks: "{keys}"
    algorithms: [RS256]
    issuer: "{issuer}"
    audience: [bench]
    forward: {{ sub: X-User-Id }}
  per-address: {{ kind: rate_limit, per: address, limit: 1000000/s }}
  per-user: {{ kind: rate_limit, per: user, limit: 1000000/s }}
"""
GATEHOUSE_NAMES = "known-bad, signed-in, per-address, per-user"

# A buffered log is the faster one and loses at most a second of lines, as ours does by default.
NGINX = """\
{user}worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
worker_rlimit_nofile 16384;
events {{ worker_connections 4096; multi_accept {multi_accept}; }}
http {{
  log_format bench '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent '
                   '$request_time $upstream_response_time $request_id';
  access_log {folder}/access.log bench buffer=64k flush=1s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  upstream bench {{
    server 127.0.0.1:{upstream};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_buffering {buffering};
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Forwarded 'for=$remote_addr;proto=$scheme;host="$http_host"';
      proxy_set_header Via "1.1 gate";
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header traceparent "00-$request_id-b7ad6b7169203331-00";
{answer_fields}    }}
  }}
}}
"""

# It can't write files: its standard output is one, which costs a write() a request and no second
# process; a socket to a log reader costs it more, and the reader's time beside.
HAPROXY = """\
global
  nbthread 1
  maxconn 4000
  log stdout format raw local0 info
defaults
  mode http
  log global
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  timeout http-keep-alive 600s
  option http-keep-alive
  option dontlognull
{options}  http-reuse always
  log-format "%ci [%tr] \\"%HM %HU\\" %ST %B %Ta %Tr %ID"
  unique-id-format {id}
frontend in
  bind 127.0.0.1:{port} backlog 4096
{rules}  default_backend bench
{tables}backend bench
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Forwarded "for=%[src];proto=http;host=\\"%[req.hdr(host)]\\""
  http-request set-header Via "1.1 gate"
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header traceparent 00-%[unique-id]-b7ad6b7169203331-00
{answer_fields}  server bench 127.0.0.1:{upstream} pool-max-conn -1 pool-purge-delay 600s
"""
# The same as GATEHOUSE_POLICIES, as its manual has it.
HAPROXY_RULES = """\
  http-request deny deny_status 403 if {{ src -f {networks} }}
  http-request set-var(txn.token) http_auth_bearer
  http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
  http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify(txn.alg,"{public_key}") 1 }}
  http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
  http-request set-var(txn.iss) var(txn.token),jwt_payload_query('$.iss')
  http-request set-var(txn.aud) var(txn.token),jwt_payload_query('$.aud')
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless {{ var(txn.iss) -m str {issuer} }}
  http-request deny deny_status 401 unless {{ var(txn.aud) -m str bench }}
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request track-sc0 src table addresses
  http-request track-sc1 var(txn.sub) table users
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 1000000 }}
  http-request deny deny_status 429 if {{ sc_http_req_rate(1) gt 1000000 }}
  http-request set-header X-User-Id %[var(txn.sub)]
"""
HAPROXY_TABLES = """\
backend addresses
  stick-table type ip size 100k expire 60s store http_req_rate(1s)
backend users
  stick-table type string len 32 size 100k expire 60s store http_req_rate(1s)
"""
# 32 hex digits from the connection and the clock: cheaper than random ones.
HAPROXY_COUNTED_ID = "%{+X}o%ci%fi%Ts%cp%rt"
HAPROXY_SMART = "  option tcp-smart-accept\n  option tcp-smart-connect\n"


def sbin(name):
    """Debian keeps servers where a user's PATH does not look."""
    path = f"/usr/sbin/{name}"
    return path if os.access(path, os.X_OK) else name


class Proxy:
    """A proxy that runs on its core until stop()."""

    binary = None
    log = None  # the file with one line a request; None: it has none

    def __init__(self, name, folder, port):
        self.name, self.folder, self.port = name, folder, port
        self.tokens_shown = 0  # so far, where the load brings tokens
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = ""

    def start(self, core, command, environment=None, prints_port=False):
        output = (self.folder / "out.log").open("ab")
        self.process = subprocess.Popen(
            on_core(core, command), stdin=subprocess.DEVNULL, stderr=output,
            stdout=subprocess.PIPE if prints_port else output,
            env={**os.environ, **(environment or {})},
        )
        if prints_port:
            self.port = int(self.process.stdout.readline() or 0)

        def answers():
            if self.process.poll() is not None:
                text = (self.folder / "out.log").read_text(errors="replace")[-2000:]
                raise BenchError(f"{self.name} ended at once: {text}")
            try:
                return get(f"http://127.0.0.1:{self.port}/", timeout=2)
            except urllib.error.HTTPError:
                return True  # a refusal is an answer

        try:
            wait_for(answers, 15, f"{self.name} does not answer")
        except BenchError:
            self.process.kill()
            self.process.wait()
            raise

    @property
    def pid(self):
        return self.process.pid

    def begin(self):
        """Called before each run; recorded() counts from here."""
        if self.log is not None and self.log.exists():
            os.truncate(self.log, 0)

    def recorded(self):
        """How many requests it has on record since begin(); None where it keeps none."""
        if self.log is None:
            return None
        with self.log.open("rb") as lines:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(1 << 20), b""))

    def dropped(self):
        return 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Gatehouse(Proxy):
    def __init__(self, folder, core, upstream, binary, environment=None, wrapper=(), guard=None):
        super().__init__("gatehouse", folder, free_port())
        self.admin = free_port()
        self.config = GATEHOUSE.format(
            port=self.port, admin=self.admin, upstream=upstream, folder=folder,
            names=GATEHOUSE_NAMES if guard else "", history="true" if guard else "false",
        )
        if guard:
            self.config += GATEHOUSE_POLICIES.format(**guard)
        path = folder / "gatehouse.yaml"
        path.write_text(self.config)
        self.start(core, [*wrapper, binary, "run", path], environment)
        self.journal = JournalCount(folder / "data")
        self.before = 0

    def begin(self):
        self.before, _ = self.journal.update()

    def recorded(self):
        return self.journal.update()[0] - self.before

    def dropped(self):
        """Events that no queue had room for, and gaps in the journal."""
        try:
            metrics = get(f"http://127.0.0.1:{self.admin}/metrics").decode()
        except OSError as error:
            raise BenchError(f"gatehouse's admin listener gives no metrics: {error}") from error
        found = re.findall(r"^gatehouse_events_dropped_total(?:\{.*?\})? (\S+)$", metrics, re.M)
        if not found:
            raise BenchError("gatehouse's metrics have no gatehouse_events_dropped_total")
        return int(sum(map(float, found))) + self.journal.update()[1]


class Nginx(Proxy):
    CONFIGS = {
        "buffering": {"multi_accept": "on", "buffering": "on"},
        "streaming": {"multi_accept": "off", "buffering": "off"},
    }

    def __init__(self, folder, core, upstream, variant, answer_fields=()):
        super().__init__(f"nginx {variant}", folder, free_port())
        self.log = folder / "access.log"
        values = {"X-Request-Id": "$request_id", "Via": '"1.1 gate"'}
        fields = "".join(f"      add_header {name} {values[name]};\n" for name in answer_fields)
        self.config = NGINX.format(
            port=self.port, upstream=upstream, folder=folder, answer_fields=fields,
            user="user root;\n" if os.geteuid() == 0 else "", **self.CONFIGS[variant],
        )
        path = folder / "nginx.conf"
        path.write_text(self.config)
        binary = sbin("nginx")
        self.start(core, [binary, "-c", path, "-e", folder / "error.log"])


class Haproxy(Proxy):
    CONFIGS = {
        "random": {"id": "%[uuid()]", "options": ""},
        "counted": {"id": HAPROXY_COUNTED_ID, "options": HAPROXY_SMART},
    }

    def __init__(self, folder, core, upstream, variant, answer_fields=(), guard=None):
        super().__init__(f"haproxy {variant}", folder, free_port())
        self.log = folder / "out.log"
        values = {"X-Request-Id": "%[unique-id]", "Via": '"1.1 gate"'}
        fields = "".join(
            f"  http-response set-header {name} {values[name]}\n" for name in answer_fields
        )
        self.config = HAPROXY.format(
            port=self.port, upstream=upstream, answer_fields=fields, **self.CONFIGS[variant],
            rules=HAPROXY_RULES.format(**guard) if guard else "",
            tables=HAPROXY_TABLES if guard else "",
        )
        path = folder / "haproxy.cfg"
        path.write_text(self.config)
        binary = sbin("haproxy")
        self.start(core, [binary, "-n", "4000", "-f", path])


class Relay(Proxy):
    """bench/relay or bench/relay_asio: no HTTP, no record, the floor."""

    def __init__(self, folder, core, upstream, programs, program="relay"):
        super().__init__(program.replace("_", " "), folder, 0)
        self.program = program
        self.start(core, [programs / program, upstream], prints_port=True)


def answer_fields(gate):
    """What the gate adds to answers and its peers can add as well."""
    with subprocess.Popen(
        ["curl", "-sS", "-D", "-", "-o", "/dev/null", f"http://127.0.0.1:{gate.port}/"],
        stdout=subprocess.PIPE, text=True,
    ) as curl:
        names = {line.split(":")[0].lower() for line in curl.stdout if ":" in line}
    return [name for name in ("X-Request-Id", "Via") if name.lower() in names]


def store_configs(proxies, folder):
    pathlib.Path(folder / "configs.json").write_text(
        json.dumps({proxy.name: proxy.config for proxy in proxies}, indent=1)
    )
