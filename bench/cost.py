"""bench/cost: what one plain request costs in allocations and in instructions.

Both are differences of two runs of unlike length, so that starting, connecting and stopping cancel
out.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess

from figures import Figure
from measure import ANSWER, BenchError, load
from peers import Gatehouse

COMMITTED = pathlib.Path(__file__).resolve().parent / "instructions.json"
INSTRUCTIONS_BAR = 1.03
WARM, MEASURED, COUNTS = 200, 2_000, 5


def allocations(bench):
    counter = bench.folder / "allocations.count"
    gate = Gatehouse(
        bench.folder / "allocations", bench.proxy_core, bench.upstream.port, bench.gatehouse,
        {"LD_PRELOAD": str((bench.programs / "malloc_count.so").resolve()),
         "MALLOC_COUNT": str(counter)},
    )

    def one_run(seconds):
        before = int.from_bytes(counter.read_bytes(), "little")
        requests = load(gate.port, bench.load_core, 64, seconds)["requests"]
        return requests, int.from_bytes(counter.read_bytes(), "little") - before

    with contextlib.ExitStack() as stack:
        stack.callback(gate.stop)
        one_run(1)
        short, long = one_run(1), one_run(bench.seconds + 1)
        counted = any(counter.read_bytes())
    void = "" if counted else "nothing was counted: the program brings its own malloc"
    each = max(0.0, (long[1] - short[1]) / (long[0] - short[0]))
    return [Figure("allocations", "heap allocations a plain request", round(each, 3), bar=0,
                   void=void).judged()]


def ask(port, count):
    """Requests one after the other on one connection: the same work each time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"User-Agent": "bench/1.0", "Accept": "application/json",
               "Cookie": "session=8f14e45fceea167a5a36dedd4bea2543"}
    for _ in range(count):
        connection.request("GET", "/products/203904", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200 or answer.read().decode() != ANSWER:
            raise BenchError("a wrong answer while instructions were counted")
    connection.close()


def perf_works():
    done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0 and "not supported" not in done.stderr


def by_perf(bench):
    shutil.rmtree(bench.folder / "perf", ignore_errors=True)
    gate = Gatehouse(bench.folder / "perf", bench.proxy_core, bench.upstream.port, bench.gatehouse)
    with contextlib.ExitStack() as stack:
        stack.callback(gate.stop)
        ask(gate.port, WARM)
        counts = []
        for requests in (WARM, WARM + MEASURED):
            with subprocess.Popen(
                ["perf", "stat", "-x,", "-e", "instructions:u", "-p", str(gate.pid)],
                stderr=subprocess.PIPE, text=True,
            ) as perf:
                ask(gate.port, requests)
                perf.send_signal(2)
                counts.append(int(perf.communicate()[1].split(",")[0]))
    return (counts[1] - counts[0]) / MEASURED


def by_callgrind(bench):
    counts = []
    for requests in (WARM, WARM + MEASURED):
        folder = bench.folder / f"callgrind-{requests}"
        shutil.rmtree(folder, ignore_errors=True)
        gate = Gatehouse(
            folder, bench.proxy_core, bench.upstream.port, bench.gatehouse,
            wrapper=["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"],
        )
        with contextlib.ExitStack() as stack:
            stack.callback(gate.stop)
            ask(gate.port, requests)
        text = (folder / "out.log").read_text(errors="replace")
        found = re.search(r"Collected : (\d+)", text)
        if not found:
            raise BenchError(f"callgrind gave no count: {text[-500:]}")
        counts.append(int(found.group(1)))
    return (counts[1] - counts[0]) / MEASURED


def instructions(bench):
    """Instructions in user space; what is committed was counted in the same way.

    How many records its threads find at a time, and with it the count, depends on what else runs:
    of several counts the median stands.
    """
    method = "perf" if perf_works() else "callgrind"
    count = by_perf if method == "perf" else by_callgrind
    each = statistics.median(count(bench) for _ in range(COUNTS))
    if each <= 0:
        raise BenchError(f"{method} counted {each:.0f} instructions a request")
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    if bench.accept:
        committed[method] = round(each)
        COMMITTED.write_text(json.dumps(committed, indent=1, sort_keys=True) + os.linesep)
    figure = Figure("instructions", f"instructions a plain request, by {method}", round(each))
    if method in committed:
        figure.peer = committed[method]
        figure.ratio, figure.bar = each / committed[method], INSTRUCTIONS_BAR
    else:
        figure.void = "no count is committed; accept this one by --accept"
    return [figure.judged()]
