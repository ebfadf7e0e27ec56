"""bench/rounds: proxies carry loads by turns, and each run is checked.

The proxies all run. In each round every one carries every load once, in an order that is shuffled.
A run that breaks a promise (an answer that is not the one, header sets upstream that differ, a
request without its record, connections that are not reused) makes the row void.
"""
import dataclasses
import pathlib
import random
import statistics

from measure import (
    BenchError, core_times, idle_share, load, processor_ns, user_us, wait_for,
)


@dataclasses.dataclass(frozen=True)
class Load:
    name: object  # of its rows
    connections: int
    tokens: pathlib.Path = None  # bearer tokens, one for each request in turn


def run_once(bench, proxy, one):
    """One run of a Load: {processor_us, user_us, idle, p99_us, …, header_sets, faults}."""
    bench.upstream.reset()
    proxy.begin()
    dropped = proxy.dropped()
    cores = core_times(bench.load_core)
    processor, user = processor_ns(proxy.pid), user_us(proxy.pid)
    result = load(proxy.port, bench.load_core, one.connections, bench.seconds, tokens=one.tokens,
                  first=proxy.tokens_shown)
    result["idle"] = idle_share(bench.load_core, cores)
    stats = bench.upstream.settled()
    completed = result["requests"]
    proxy.tokens_shown += completed
    if completed == 0:
        raise BenchError(f"{proxy.name} answered nothing")
    result["processor_us"] = (processor_ns(proxy.pid) - processor) / 1000 / completed
    result["user_us"] = (user_us(proxy.pid) - user) / completed
    result["header_sets"] = sorted(stats["header_sets"])
    result["faults"] = faults(proxy, result, stats, one.connections, dropped)
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


def measured(bench, proxies, loads):
    """runs[proxy name][load name] = [result a round]."""
    order = random.Random(bench.seed)
    runs = {proxy.name: {one.name: [] for one in loads} for proxy in proxies}
    widest = max(loads, key=lambda one: one.connections)
    for proxy in proxies:  # warm: pools filled, pages touched
        load(proxy.port, bench.load_core, widest.connections, 1, tokens=widest.tokens)
    bench.upstream.settled()
    for number in range(bench.rounds):
        turns = [(proxy, one) for proxy in proxies for one in loads]
        order.shuffle(turns)
        for proxy, one in turns:
            result = run_once(bench, proxy, one)
            runs[proxy.name][one.name].append(result)
            bench.say(f"round {number + 1} {proxy.name} {one.name}: "
                      f"{result['processor_us']:.2f} µs, user {result['user_us']:.2f}, "
                      f"{result['requests'] / result['seconds']:.0f}/s "
                      + "; ".join(result["faults"]))
    return runs


def processor(runs, name, which):
    return [result["processor_us"] for result in runs[name][which]]


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
