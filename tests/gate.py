"""tests/gate: the real program as a child process, on free ports, in a folder of its own."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading

import httpx

from raw import SECONDS, RawClient, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[1]
BINARY = pathlib.Path(os.environ.get("GATEHOUSE", ROOT / "build" / "dev" / "gatehouse"))
START_SECONDS = 30  # under a sanitizer, with two cores for everything
FAULTS = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:|Assertion .* failed")


def is_built_with(*symbols):
    """Whether the gate under test has a function of one of these names, as a sanitizer's."""
    program = BINARY.read_bytes()
    return any(symbol.encode() in program for symbol in symbols)


def config_for(*targets, routes=None, **parts):
    """A config with one listener, one upstream `up` and all paths routed to it.

    Keyword parts replace or add top-level keys: config_for(up.target, behavior={"mode": "enforce"}).
    """
    routes = routes or ["/*"]
    config = {
        "gatehouse": 1,
        "listeners": [{"address": "127.0.0.1:0"}],
        "admin": {"address": "127.0.0.1:0"},
        "upstreams": {"up": {"targets": list(targets)}},
        "apis": [
            {
                "name": "all",
                "routes": [
                    route if isinstance(route, dict) else {"match": route, "backend": {"http": "up"}}
                    for route in routes
                ],
            }
        ],
        "store": {"path": "data/"},
    }
    config.update(parts)
    return {key: value for key, value in config.items() if value is not None}


def run_cli(*arguments, seconds=SECONDS, check=True, cwd=None, environment=None):
    """`gatehouse ARGUMENTS…`, run to its end."""
    done = subprocess.run(
        [str(BINARY), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
    )
    if check and done.returncode:
        raise AssertionError(f"gatehouse {arguments} ended with {done.returncode}:\n{done.stderr}")
    return done


class Gate:
    """Gate(folder, config) starts the program and returns once it listens.

    The config is a dict (written as JSON, which is YAML) or a text. Its store is expected in `data/`.
    """

    def __init__(self, folder, config, environment=None, before=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "gatehouse.yaml"
        self.data = self.folder / "data"
        self.environment = {**os.environ, **(environment or {})}
        self.before = before  # called in the child before the program begins: to set its limits
        self.expected_faults = False
        self.write(config)
        self.start()

    # Starting and stopping.

    def write(self, config):
        """Puts a config in place in one step, as an editor does."""
        self.config = config
        text = config if isinstance(config, str) else json.dumps(config, indent=2) + "\n"
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.path)

    def start(self):
        self.lines, self.output = [], []
        self.process = subprocess.Popen(
            [str(BINARY), "run", str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=self.folder,
            env=self.environment,
            preexec_fn=self.before,
        )
        self.readers = [
            threading.Thread(target=into.extend, args=(stream,), daemon=True)
            for into, stream in ((self.output, self.process.stdout),)
        ]
        self.readers.append(threading.Thread(target=self.read_log, daemon=True))
        for reader in self.readers:
            reader.start()
        wait_until(lambda: self.listens() or not self.alive(), START_SECONDS, "the gate's start")
        if not self.alive():
            self.join()
            raise AssertionError(f"the gate ended with {self.process.returncode}:\n{self.log}")

    def read_log(self):
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def log(self):
        return "".join(self.lines)

    def alive(self):
        return self.process.poll() is None

    def listens(self):
        wanted = len(self.config["listeners"]) if isinstance(self.config, dict) else 1
        admin = isinstance(self.config, dict) and "admin" in self.config
        return len(self.ports) >= wanted and (self.admin_port or not admin)

    def join(self):
        for reader in self.readers:
            reader.join(SECONDS)

    def stop(self, seconds=START_SECONDS):
        """SIGTERM, wait for the drain, give back the exit code. Stopping twice is fine."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the gate did not stop within {seconds} s:\n{self.log}") from None
        self.join()
        return self.process.returncode

    def kill(self):
        """SIGKILL: what a power cut leaves behind."""
        self.process.kill()
        self.process.wait(SECONDS)
        self.join()

    def restart(self):
        self.stop()
        self.start()

    def check(self):
        """Called at the end of each test: the gate was well and left well."""
        killed = self.process.returncode == -signal.SIGKILL
        code = self.stop()
        if self.expected_faults:
            return
        assert not FAULTS.search(self.log), self.log
        assert killed or code == 0, f"the gate ended with {code}:\n{self.log}"

    # Config.

    def reload(self, config=None, seconds=SECONDS):
        """Writes the config, sends SIGHUP and waits until the log tells what came of it.

        Gives back True if the gate took it, False if it kept the old one.
        """
        seen = len(self.lines)
        if config is not None:
            self.write(config)
        self.process.send_signal(signal.SIGHUP)
        verdict = wait_until(
            lambda: [line for line in self.lines[seen:] if re.search(r"\breload(ed)?\b|unchanged", line)],
            seconds,
            "a word on the reload",
        )
        return not re.search(r"\bnot\b|unchanged|refused|failed|kept", verdict[-1])

    def wait_for_log(self, pattern, seconds=SECONDS):
        return wait_until(lambda: re.search(pattern, self.log), seconds, f"`{pattern}` in the log")

    # Where it listens.

    @property
    def ports(self):
        """Of the listeners, in the config's order."""
        return [int(port) for port in re.findall(r"listening on \S*:(\d+)", self.log)]

    @property
    def port(self):
        return self.ports[0]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_port(self):
        found = re.search(r"admin on \S*:(\d+)", self.log)
        return int(found.group(1)) if found else None

    @property
    def admin_url(self):
        return f"http://127.0.0.1:{self.admin_port}"

    # Asking it.

    def client(self, index=0, **options):
        """A raw connection to a listener."""
        return RawClient(self.ports[index], **options)

    def get(self, path="/", **options):
        return httpx.get(self.url + path, timeout=SECONDS, trust_env=False, **options)

    def admin(self, path):
        return httpx.get(self.admin_url + path, timeout=SECONDS, trust_env=False)

    def metrics(self):
        """{'name{label="value"}': number} of the admin listener's /metrics."""
        answer = self.admin("/metrics")
        assert answer.status_code == 200, answer.text
        lines = (line for line in answer.text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def cli(self, *arguments, **options):
        return run_cli(*arguments, "--data", self.data, **options)

    def events(self, *arguments):
        """The journal's events, as the command line prints them."""
        text = self.cli("events", "-o", "ndjson", *arguments, seconds=START_SECONDS).stdout
        return [json.loads(line) for line in text.splitlines()]

    def wait_for_events(self, count, seconds=SECONDS, where=lambda event: True):
        """Waits until this many events match, then gives back all that do."""
        found = []

        def enough():
            found[:] = [event for event in self.events() if where(event)]
            return len(found) >= count

        wait_until(enough, seconds, f"{count} events")
        return list(found)

    # The process.

    @property
    def pid(self):
        return self.process.pid

    def rss_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the process has no VmRSS; it has ended")

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir()))

    def sockets(self):
        """Descriptors of sockets alone: the history opens its files when it comes to it."""
        count = 0
        for link in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += os.readlink(link).startswith("socket:")
        return count
