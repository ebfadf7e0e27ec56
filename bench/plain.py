"""bench/plain: small JSON answers through each proxy: processor time a request, ours to theirs.

The proxies all run, and take turns: in each round every one carries every load once, in an order
that is shuffled. A run that breaks a promise (an answer that is not the one, header sets upstream
that differ, a request without its record, connections that are not reused) makes the row void.
"""
import contextlib
import random
import statistics

from figures import NOT_MEASURABLE, Figure, ratio_over_rounds
from measure import (
    BenchError, core_times, idle_share, load, processor_ns, user_us, wait_for,
)
from peers import Gatehouse, Haproxy, Nginx, Relay, answer_fields, store_configs

COUNTS = 64  # the number of connections whose rows have bars
BARS = {"nginx": 0.90, "haproxy": 1.0}
USER_US_ABOVE_RELAY = 4.0
IDLE_LEAST = 0.10


def proxies_of(bench, stack):
    """Starts all of them; the gate comes first, and only if its program is there."""
    made = []
    fields = []

    def add(proxy):
        made.append(proxy)
        stack.callback(proxy.stop)

    if bench.gatehouse is not None:
        add(Gatehouse(
            bench.folder / "gatehouse", bench.proxy_core, bench.upstream.port, bench.gatehouse
        ))
        fields = answer_fields(made[0])
    arguments = (bench.proxy_core, bench.upstream.port)
    for kind in (Nginx, Haproxy):
        for variant in kind.CONFIGS:
            folder = bench.folder / f"{kind.__name__.lower()}-{variant}"
            add(kind(folder, *arguments, variant, fields))
    add(Relay(bench.folder / "relay", *arguments, bench.programs))
    store_configs(made, bench.folder)
    return made


def run_once(bench, proxy, connections):
    """One run: {processor_us, user_us, idle, p99_us, …, header_sets, faults}."""
    bench.upstream.reset()
    proxy.begin()
    dropped = proxy.dropped()
    cores = core_times(bench.load_core)
    processor, user = processor_ns(proxy.pid), user_us(proxy.pid)
    result = load(proxy.port, bench.load_core, connections, bench.seconds)
    result["idle"] = idle_share(bench.load_core, cores)
    stats = bench.upstream.settled()
    completed = result["requests"]
    if completed == 0:
        raise BenchError(f"{proxy.name} answered nothing")
    result["processor_us"] = (processor_ns(proxy.pid) - processor) / 1000 / completed
    result["user_us"] = (user_us(proxy.pid) - user) / completed
    result["header_sets"] = sorted(stats["header_sets"])
    result["faults"] = faults(proxy, result, stats, connections, dropped)
    return result


def faults(proxy, result, stats, connections, dropped_before):
    """What was promised and not kept, in words."""
    found = []
    completed = result["requests"]
    if result["bad"] or result["errors"]:
        found.append(f"{result['bad']} wrong answers, {result['errors']} socket errors")
    # wrk stops amid requests: as many as it has connections may be served and not counted.
    if not completed <= stats["requests"] <= completed + connections:
        found.append(f"{completed} answers, but {stats['requests']} requests upstream")
    if stats["accepted"] > 2 * connections + 8:
        found.append(f"{stats['accepted']} connections upstream for {connections}")
    if proxy.recorded() is not None:
        def all_recorded():
            return completed <= proxy.recorded() <= completed + connections

        try:
            wait_for(all_recorded, 3, "not recorded")
        except BenchError:
            found.append(f"{completed} requests, but {proxy.recorded()} on record")
    if proxy.dropped() != dropped_before:
        found.append(f"{proxy.dropped() - dropped_before} events dropped")
    return found


def measured(bench, proxies):
    """runs[proxy name][connections] = [result a round]."""
    order = random.Random(bench.seed)
    runs = {proxy.name: {count: [] for count in bench.connections} for proxy in proxies}
    for proxy in proxies:  # warm: pools filled, pages touched
        load(proxy.port, bench.load_core, max(bench.connections), 1)
    bench.upstream.settled()
    for number in range(bench.rounds):
        turns = [(proxy, count) for proxy in proxies for count in bench.connections]
        order.shuffle(turns)
        for proxy, count in turns:
            result = run_once(bench, proxy, count)
            runs[proxy.name][count].append(result)
            bench.say(f"round {number + 1} {proxy.name} {count}: "
                      f"{result['processor_us']:.2f} µs, user {result['user_us']:.2f}, "
                      f"{result['requests'] / result['seconds']:.0f}/s "
                      + "; ".join(result["faults"]))
    return runs


def processor(runs, name, count):
    return [result["processor_us"] for result in runs[name][count]]


def better(runs, kind, count):
    """The config of that peer with the least processor time a request."""
    names = [name for name in runs if name.split()[0] == kind]
    return min(names, key=lambda name: statistics.median(processor(runs, name, count)))


def why_void(runs, names, count):
    for name in names:
        for number, result in enumerate(runs[name][count], 1):
            if result["faults"]:
                return f"{name}, round {number}: {result['faults'][0]}"
    # The relay passes the client's fields on as they are; the others must agree.
    sets = {tuple(result["header_sets"]) for name in names if name != "relay"
            for result in runs[name][count]}
    if len(sets) > 1:
        lines = [set(line.split(",")) for each in sets for line in each]
        unlike = set.union(*lines) - set.intersection(*lines)
        return f"fields upstream differ: {', '.join(sorted(unlike))}"
    return ""


def figures_of(runs, connections):
    ours = "gatehouse"
    made = []
    for count in connections:
        for kind, bar in BARS.items():
            peer = better(runs, kind, count)
            if ours not in runs:
                value = statistics.median(processor(runs, peer, count))
                made.append(Figure("plain", f"processor µs a request, {count} connections, {peer}",
                                   None, value, void=why_void(runs, [peer], count)))
                continue
            ratio, spread = ratio_over_rounds(
                processor(runs, ours, count), processor(runs, peer, count)
            )
            made.append(Figure(
                "plain", f"processor µs a request, {count} connections, {peer}",
                statistics.median(processor(runs, ours, count)),
                statistics.median(processor(runs, peer, count)),
                ratio, spread, bar if count == COUNTS else None,
                void=why_void(runs, [ours, peer], count),
            ))
        if ours in runs:
            made.append(above_relay(runs, count))
            made.extend(latency(runs, count))
    return [figure.judged() for figure in made]


def above_relay(runs, count):
    def mean_user(name):
        """Ticks are coarse: all rounds together are the figure."""
        total = sum(result["user_us"] * result["requests"] for result in runs[name][count])
        return total / sum(result["requests"] for result in runs[name][count])

    differences = sorted(a["user_us"] - b["user_us"]
                         for a, b in zip(runs["gatehouse"][count], runs["relay"][count]))
    return Figure(
        "plain", f"user µs a request above the relay, {count} connections",
        mean_user("gatehouse") - mean_user("relay"), mean_user("relay"), None,
        [differences[0], differences[-1]], USER_US_ABOVE_RELAY if count == COUNTS else None,
        void=why_void(runs, ["gatehouse", "relay"], count),
    )


def latency(runs, count):
    for kind in BARS:
        peer = better(runs, kind, count)
        both = runs["gatehouse"][count] + runs[peer][count]
        figure = Figure("plain", f"p99 µs, {count} connections, {peer}",
                        void=why_void(runs, ["gatehouse", peer], count))
        if min(result["idle"] for result in both) < IDLE_LEAST:
            figure.ours = NOT_MEASURABLE
        else:
            mine = [result["p99_us"] for result in runs["gatehouse"][count]]
            theirs = [result["p99_us"] for result in runs[peer][count]]
            figure.ours, figure.peer = statistics.median(mine), statistics.median(theirs)
            figure.ratio, figure.spread = ratio_over_rounds(mine, theirs)
        yield figure


def plain(bench):
    with contextlib.ExitStack() as stack:
        proxies = proxies_of(bench, stack)
        if bench.print_configs:
            for proxy in proxies:
                bench.say(f"--- {proxy.name}\n{proxy.config or '(no config)'}")
        return figures_of(measured(bench, proxies), bench.connections)
