"""bench/plain: small JSON answers through each proxy: processor time a request, ours to theirs."""
import contextlib
import statistics

from figures import NOT_MEASURABLE, Figure, ratio_over_rounds
from peers import Gatehouse, Haproxy, Nginx, Relay, answer_fields, store_configs
from rounds import Load, better, measured, processor, why_void

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
        loads = [Load(count, count) for count in bench.connections]
        return figures_of(measured(bench, proxies, loads), bench.connections)
