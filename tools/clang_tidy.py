#!/usr/bin/env python3
"""tools/clang_tidy.py: clang-tidy on the sources that changed since main's previous commit.

    clang_tidy.py [--all] [--jobs N]

A header that changed brings its own source, or else the first source that includes it. Where there
is no history to compare with, everything is read. Tests, fuzzers and benches are left to the
compiler: most of what a tidy says of them it says of GoogleTest's macros. Needs build/tidy
(`cmake --preset tidy`): GCC's compile commands name flags and precompiled headers unknown to Clang.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "tidy"


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else None


def changed():
    """Paths that differ from where main stood before, or None if nobody can say."""
    head, main = git("rev-parse", "HEAD"), git("rev-parse", "main")
    base = git("rev-parse", "--verify", "-q", "HEAD~1")
    if main and head != main:
        base = git("merge-base", "main", "HEAD") or base
    if not base:
        return None
    tracked = git("diff", "--name-only", "--diff-filter=d", base[0])
    fresh = git("ls-files", "--others", "--exclude-standard")
    return None if tracked is None else set(tracked) | set(fresh or [])


def sources():
    """Every product source of the compile commands, as a path from the root."""
    database = json.loads((BUILD / "compile_commands.json").read_text())
    files = (pathlib.Path(entry["file"]) for entry in database)
    return sorted(
        file.relative_to(ROOT).as_posix() for file in files if file.is_relative_to(ROOT / "src")
    )


def touched_by(paths, candidates):
    chosen = set(candidates) & paths
    for header in (path for path in paths if re.fullmatch(r"src/.*\.h", path)):
        own = header.removesuffix(".h") + ".cpp"
        line = f'#include "{header.removeprefix("src/")}"'
        others = (c for c in candidates if line in (ROOT / c).read_text(encoding="utf-8"))
        reader = own if own in candidates else next(others, None)
        if reader:
            chosen.add(reader)
    return sorted(chosen)


def tidy(path):
    command = ["clang-tidy-19", "-p", str(BUILD), "--quiet", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    noise = re.compile(r"^\d+ warnings? .*generated\.$|^Suppressed |^Use -header-filter")
    errors = [line for line in done.stderr.splitlines() if not noise.match(line)]
    return path, done.returncode, done.stdout + "\n".join(errors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="every source")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()

    candidates = sources()
    paths = None if options.all else changed()
    chosen = candidates if paths is None else touched_by(paths, candidates)
    print(f"clang-tidy reads {len(chosen)} of {len(candidates)} sources")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, status, text in pool.map(tidy, chosen):
            if status:
                failed += 1
                print(f"{path}:\n{text}", flush=True)
    if failed:
        print(f"clang-tidy: {failed} of {len(chosen)} sources have faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
