#!/usr/bin/env python3
"""bench/policies.py: what each policy adds to a request. `./dev bench policies` builds what it needs and runs it.

Time: the exchange with the policy against its twin without, in turns of 64 requests; no network, one thread.
Instructions: the same two under callgrind, which counts them alike on every run.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

from figures import Figure, table

ROOT = pathlib.Path(__file__).resolve().parent.parent
# name in src/gateway/policies/policies_bench.cpp: (what it is, bar in µs or None)
WARM_US, EXPRESSION_NS = 2.0, 100
KINDS = {
    "jwt_warm": ("jwt, known token", WARM_US),
    "jwt_new_rs256": ("jwt, new token, RS256", None),
    "jwt_new_es256": ("jwt, new token, ES256", None),
    "api_key": ("api_key, one of 100", WARM_US),
    "basic_warm": ("basic, known password", WARM_US),
    "ip_list": ("ip_list, 1002 networks", WARM_US),
    "rate_limit": ("rate_limit", WARM_US),
    "rate_limit_silent": ("rate_limit, no fields", WARM_US),
    "rate_limit_expression": ("rate_limit per expression", WARM_US),
    "condition": ("condition", WARM_US),
    "headers": ("headers, 2 set, 2 removed", WARM_US),
    "sign_in": ("sign_in, form", WARM_US),
    "none": ("nothing (how far off it may be)", None),
}
COUNTED = 1000 + 1  # requests in a counted run: those of the loop and the first


class BenchError(Exception):
    pass


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{command[0]} failed: {(done.stderr or done.stdout)[-800:]}")
    return done


def measured(program, pattern, options, value):
    """{benchmark: [of each repetition what `value` says]}, the repetitions in shuffled turns."""
    done = run([
        program, f"--benchmark_filter={pattern}", "--benchmark_format=json",
        f"--benchmark_repetitions={options.repetitions}",
        "--benchmark_enable_random_interleaving=true",
    ])
    found = {}
    for row in json.loads(done.stdout)["benchmarks"]:
        if row.get("error_occurred"):
            raise BenchError(f"{row['name']}: {row['error_message']}")
        if row["run_type"] == "iteration":
            name = row["run_name"].split("/iterations")[0]
            found.setdefault(name, []).append(row[value])
    if not found:
        raise BenchError(f"{program} has nothing named {pattern}")
    return found


def instructions(program, name, folder):
    done = run([
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
        "--toggle-collect=*asked_once*", program,
        f"--benchmark_filter=^counted/{name}/",
    ])
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if not counted or int(counted.group(1)) == 0:
        raise BenchError(f"callgrind gave no count of {name}: {done.stderr[-500:]}")
    return int(counted.group(1)) / COUNTED


def quartiles(values):
    if len(values) < 4:
        return [min(values), max(values)]
    first, _, third = statistics.quantiles(values, n=4)
    return [first, third]


def of_kinds(options):
    program = options.build / "src" / "policies_bench"
    names = [one for one in KINDS if not options.only or one in options.only]
    taken = measured(program, f"^added/({'|'.join(names)})/", options, "added_ns")
    figures = []
    for name in names:
        what, bar = KINDS[name]
        each = [ns / 1000 for ns in taken[f"added/{name}"]]
        figures.append(Figure("policies", f"µs added, {what}", statistics.median(each),
                              spread=quartiles(each), bar=bar).judged())
    if options.no_instructions:
        return figures
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            added = (instructions(program, f"{name}/with", folder)
                     - instructions(program, f"{name}/without", folder))
            figures.append(Figure("policies", f"instructions added, {KINDS[name][0]}",
                                  round(added)).judged())
    return figures


def of_expressions(options):
    program = options.build / "src" / "expr_bench"
    each = measured(program, "^typical_condition$", options, "cpu_time")["typical_condition"]
    return [Figure("policies", "ns, a typical expression alone", statistics.median(each),
                   spread=quartiles(each), bar=EXPRESSION_NS).judged()]


def read_options():
    parser = argparse.ArgumentParser(
        prog="./dev bench policies", description="Measures what each policy adds to a request.",
        epilog="./dev bench policies --only basic_warm --repetitions 5   a quick look",
    )
    parser.add_argument("--only", choices=KINDS, action="append", help="measure this (repeatable)")
    parser.add_argument("--repetitions", type=int, default=15, help="turns of each (15)")
    parser.add_argument("--no-instructions", action="store_true", help="only time")
    parser.add_argument("--json", action="store_true", help="one object a line on stdout")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--core", type=int, default=1, help="that it runs on (1)")
    return parser.parse_args()


def main():
    options = read_options()
    try:
        os.sched_setaffinity(0, {options.core})
    except OSError:
        print(f"bench: there is no core {options.core}; the figures may wander", file=sys.stderr)
    try:
        figures = of_kinds(options)
        if not options.only:
            figures += of_expressions(options)
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json:
        print("\n".join(figure.line() for figure in figures), flush=True)
    print(table(figures), file=sys.stderr if options.json else sys.stdout)
    return 0 if all(figure.met is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
