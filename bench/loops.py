"""bench/loops: the same bare relay upon src/net's epoll loop and upon Boost.Asio.

The figures chose the loop (docs/architecture.md): processor and user time a request in interleaved
rounds, and system calls a request by strace in a run of their own, which is too slow to be timed.
"""
import contextlib
import random
import re
import signal
import statistics
import subprocess

from figures import Figure, ratio_over_rounds
from measure import BenchError, load, on_core
from peers import Relay
from rounds import Load, run_once

CONNECTIONS = 64


def system_calls(bench, proxy):
    """{name: calls a request}, and all of them under `all`."""
    report = bench.folder / f"{proxy.program}.strace"
    strace = subprocess.Popen(
        on_core(bench.proxy_core, ["strace", "-c", "-f", "-o", report, "-p", proxy.pid]),
        stderr=subprocess.DEVNULL,
    )
    # strace has no sign of being attached; wrk's first requests are too few to matter.
    result = load(proxy.port, bench.load_core, CONNECTIONS, bench.seconds)
    strace.send_signal(signal.SIGINT)
    strace.wait(10)
    calls = {}
    for line in report.read_text().splitlines():
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if found and found.group(2) != "total":
            calls[found.group(2)] = int(found.group(1)) / result["requests"]
    if not calls:
        raise BenchError("strace counted nothing; is ptrace forbidden here?")
    return {"all": sum(calls.values()), **calls}


def loops(bench):
    with contextlib.ExitStack() as stack:
        relays = []
        for program in ("relay", "relay_asio"):
            relays.append(Relay(bench.folder / program, bench.proxy_core, bench.upstream.port,
                                bench.programs, program))
            stack.callback(relays[-1].stop)
        order = random.Random(bench.seed)
        runs = {relay.name: [] for relay in relays}
        for _ in range(bench.rounds):
            order.shuffle(relays)
            for relay in relays:
                result = run_once(bench, relay, Load(relay.name, CONNECTIONS))
                runs[relay.name].append(result)
                bench.say(f"loops {relay.name}: {result['processor_us']:.2f} µs, user "
                          f"{result['user_us']:.2f}, {'; '.join(result['faults'])}")
        relays.sort(key=lambda relay: relay.name)
        calls = [system_calls(bench, relay) for relay in relays]
    ours, asio = runs["relay"], runs["relay asio"]
    void = next((result["faults"][0] for result in ours + asio if result["faults"]), "")
    made = []
    for key, name in (("processor_us", "processor µs a request"), ("user_us", "user µs a request")):
        mine, theirs = [run[key] for run in ours], [run[key] for run in asio]
        ratio, spread = ratio_over_rounds(mine, theirs)
        made.append(Figure("loops", f"{name}, epoll to Asio", statistics.median(mine),
                           statistics.median(theirs), ratio, spread, void=void).judged())
    for name in sorted(set().union(*calls), key=lambda name: (name != "all", name)):
        mine, theirs = (count.get(name, 0.0) for count in calls)
        if max(mine, theirs) >= 0.01:
            made.append(Figure("loops", f"system calls a request: {name}", mine, theirs).judged())
    return made
