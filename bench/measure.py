"""bench/measure: processes on a core, what they cost, and the load that is put on them."""
import contextlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ANSWER = (
    '{"id":203904,"name":"Enamel mug, blue","price":{"amount":1490,"currency":"EUR"},'
    '"stock":17,"tags":["kitchen","gift"]}'
)
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """Why nothing can be measured, in words."""


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 65536), hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_core(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def wait_for(condition, seconds, what):
    """Polls, since what is waited for is another program's state."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, ValueError):
            result = condition()
            if result:
                return result
        if time.monotonic() > end:
            raise BenchError(f"{what} within {seconds} s")
        time.sleep(0.02)


def get(url, timeout=10):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


def family(pid):
    """The process and all its descendants."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text()
                parents[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def processor_ns(pid):
    """Time on a core of all threads of the process and its descendants, so far."""
    total = 0
    for member in family(pid):
        for schedstat in pathlib.Path(f"/proc/{member}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(schedstat.read_text().split()[0])
    return total


def user_us(pid):
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{member}/stat").read_text()
            total += int(stat.rsplit(")", 1)[1].split()[11]) * TICK_US
    return total


def resident_bytes(pid):
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{member}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
    return total


def core_times(core):
    """(idle, all) of the core in ticks."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{core}":
            numbers = list(map(int, fields[1:9]))
            return numbers[3] + numbers[4], sum(numbers)
    raise BenchError(f"this machine has no core {core}; name others by --load-core, --proxy-core")


def idle_share(core, before):
    idle, total = core_times(core)
    return (idle - before[0]) / max(1, total - before[1])


class Upstream:
    """bench/static_upstream on the load's core."""

    def __init__(self, programs, core):
        self.process = subprocess.Popen(
            on_core(core, [programs / "static_upstream"]), stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline() or 0)
        if self.port == 0:
            raise BenchError("static_upstream did not start")

    def stats(self):
        return json.loads(get(f"http://127.0.0.1:{self.port}/__stats"))

    def reset(self):
        return json.loads(get(f"http://127.0.0.1:{self.port}/__reset"))

    def settled(self):
        """The figures once no request is on its way any more."""
        last, still = self.stats(), 0
        while still < 3:
            time.sleep(0.05)
            now = self.stats()
            still = still + 1 if now["requests"] == last["requests"] else 0
            last = now
        return last

    def stop(self):
        self.process.kill()
        self.process.wait()


def load(port, core, connections, seconds, path="/products/203904", tokens=None, first=0):
    """One run of wrk: what it counted, {requests, bad, errors, p50_us, p99_us}.

    `tokens`: a file of bearer tokens, one for each request in turn, from number `first` on.
    """
    environment = {**os.environ, "BENCH_ANSWER": ANSWER}
    if tokens is not None:
        environment |= {"BENCH_TOKENS": str(tokens), "BENCH_FIRST": str(first)}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", HERE / "check.lua"]
    done = subprocess.run(
        on_core(core, [*command, f"http://127.0.0.1:{port}{path}"]),
        env=environment, capture_output=True, text=True, check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchError(f"wrk gave no result: {done.stdout}{done.stderr}")
    return json.loads(lines[-1])
