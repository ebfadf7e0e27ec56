#!/usr/bin/env python3
"""bench/proxy.py: the gate beside its peers. `./dev bench proxy` builds what it needs and runs it.

Load and upstream have one core, the proxy that is measured has another. See bench/README.md.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cost import allocations, instructions
from figures import table
from full import full
from loops import loops
from measure import BenchError, Upstream, raise_file_limit
from memory import memory
from plain import plain
from soak import soak

ROOT = pathlib.Path(__file__).resolve().parent.parent
# name: (part, whether it needs the gate's program)
PARTS = {
    "plain": (plain, False),
    "full": (full, True),
    "memory": (memory, True),
    "allocations": (allocations, True),
    "instructions": (instructions, True),
    "loops": (loops, False),
    "soak": (soak, True),
}
BY_NAME_ONLY = {"soak"}
NEEDED = ("wrk", "taskset", "curl", "nginx", "haproxy")


class Bench:
    """What every part may use."""

    def __init__(self, options, folder):
        self.rounds, self.seconds, self.seed = options.rounds, options.seconds, options.seed
        self.connections = options.connections
        self.body_mib, self.rate = options.body_mib, options.rate
        self.minutes = options.minutes
        self.load_core, self.proxy_core = options.load_core, options.proxy_core
        self.print_configs, self.accept = options.print_configs, options.accept
        self.programs = options.build / "bench"
        self.gatehouse = options.gatehouse or options.build / "gatehouse"
        if not self.gatehouse.exists():
            self.say(f"{self.gatehouse} is not there: its peers are measured without it")
            self.gatehouse = None
        self.folder = folder
        self.upstream = Upstream(self.programs, self.load_core)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)


def read_options():
    parser = argparse.ArgumentParser(
        prog="./dev bench proxy", description="Measures the gate beside nginx and HAProxy.",
        epilog="./dev bench proxy --only plain --rounds 3 --seconds 2   a quick look",
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part (repeatable)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each proxy (9)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a run (3)")
    parser.add_argument("--connections", type=lambda text: [int(n) for n in text.split(",")],
                        default=[1, 64, 512], help="kept connections of the load (1,64,512)")
    parser.add_argument("--seed", type=int, default=1, help="of the order of turns (1)")
    parser.add_argument("--body-mib", type=int, default=64, help="size of large bodies (64)")
    parser.add_argument("--rate", type=int, default=16_000_000,
                        help="bytes a second that a slow reader takes (16000000)")
    parser.add_argument("--minutes", type=float, default=10, help="of the part `soak` (10)")
    parser.add_argument("--json", action="store_true", help="one object a line on stdout")
    parser.add_argument("--print-configs", action="store_true", help="of every proxy, on stderr")
    parser.add_argument("--accept", action="store_true",
                        help="write the instructions a request to bench/instructions.json")
    parser.add_argument("--load-core", type=int, default=0)
    parser.add_argument("--proxy-core", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--gatehouse", type=pathlib.Path, help="BUILD/gatehouse if not named")
    parser.add_argument("--keep", action="store_true", help="leave configs and logs where they are")
    return parser.parse_args()


def check_tools(options):
    path = "/usr/sbin:/usr/local/sbin"
    missing = [tool for tool in NEEDED if not shutil.which(tool) and not shutil.which(tool, path=path)]
    if missing:
        raise BenchError(f"{', '.join(missing)} missing; `./dev deps bench` installs them")
    if not (options.build / "bench" / "static_upstream").exists():
        raise BenchError(f"no programs in {options.build}/bench; `./dev bench proxy` builds them")


def run(options):
    check_tools(options)
    raise_file_limit()
    # Not in /tmp, which may be memory: logs and journal go to a disk.
    (options.build / "bench").mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=(options.build / "bench").resolve()))
    bench = Bench(options, folder)
    figures = []
    try:
        for name in options.only or [name for name in PARTS if name not in BY_NAME_ONLY]:
            part, needs_gate = PARTS[name]
            if needs_gate and bench.gatehouse is None:
                bench.say(f"{name}: skipped, it needs the gate")
                continue
            made = part(bench)
            figures += made
            if options.json:
                print("\n".join(figure.line() for figure in made), flush=True)
    finally:
        bench.upstream.stop()
        if options.keep:
            bench.say(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(figures), file=sys.stderr if options.json else sys.stdout)
    return 0 if all(figure.met is not False for figure in figures) else 1


def main():
    options = read_options()
    try:
        return run(options)
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"bench: {error}: {error.stderr}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
