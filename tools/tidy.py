#!/usr/bin/env python3
"""tools/tidy.py: the rules of the house that no compiler checks. `./dev lint` runs it; a second.

    tidy.py [ROOT]    ROOT is the checkout; the place above this file if it is not named

Prints `path:line: what is wrong; what to do` for each fault and ends with 1 if there is any. A rule
is changed here, in a commit that says why. How long a function may be is clang-tidy's to know.
"""
import pathlib
import re
import sys

COLUMNS_MAX = 100
LINES_MAX = {".h": 250, ".cpp": 600}
ENTRIES_MAX = 80  # 25 modules of header, source and test, and some that bring a fuzzer or a bench

# Which rooms a room may include besides itself. A row may name only rows above it, which is checked:
# so no circle can be written down. A folder of src/ without a row is an error.
FLOOR = "base config expr events verdicts metrics net http"
MAY_INCLUDE = {
    "base": "",
    "config": "base",
    "expr": "base",
    "events": "base",
    "verdicts": "base",
    "metrics": "base",
    "net": "base metrics",
    "http": "base net metrics",
    "gateway": FLOOR,
    "sources": "base config expr events metrics net http",
    "behavior": "base config expr events verdicts metrics",
    "store": "base config expr events metrics net http",
    "cluster": "base config events verdicts net metrics",
    "admin": f"{FLOOR} gateway sources behavior store cluster",
    "app": f"{FLOOR} gateway sources behavior store cluster admin",
    "testing": f"{FLOOR} gateway behavior",
}
# Rooms on one floor that must not meet even through a row that somebody widens.
NEVER = [("gateway", "behavior"), ("behavior", "gateway")]

# Whose a library is: (headers, rooms, where besides src/ it may stand).
OWNERS = [
    (r"boost/asio\b", {"net"}, {"bench"}),
    (r"sys/epoll\.h$", {"net"}, {"bench"}),
    (r"nghttp2/", {"http"}, set()),
    (r"openssl/", {"base", "net"}, set()),
    (r"crypt\.h$", {"base"}, set()),
    (r"yaml-cpp/", {"config"}, set()),
    (r"ares(_\w+)?\.h$", {"net"}, set()),
    (r"spdlog/", {"base"}, set()),
    (r"re2/", {"expr"}, set()),
    (r"CLI/", {"app"}, set()),
    (r"(duckdb|sqlite3)\.h$", {"store"}, set()),
]
HELPERS = ("_test.cpp", "_testing.h", "_fuzz.cpp", "_bench.cpp")

# (pattern, what to do, files that are excused and say why)
WORDS = [
    (r"\bassert\(.*(\+\+|--|[^=!<>]=[^=])", "an assertion has no side effect; do the work before it", {}),
    (r"#include <(iostream|regex)>", "costly to compile; log through base/log, match by hand", {}),
    (r"\bstd::shared_ptr<(?!const\b)", "share only what is const; otherwise name the one owner", {}),
    (r"\bstd::make_shared<(?!const\b)", "make_shared<const T>, or a unique_ptr", {}),
    (r"\[=[\],]", "a lambda lists what it captures", {}),
    (r"\bFIXME\b|\bXXX\b|\bTODO\b(?!\(#\d+\))", "finish it, or name its issue: TODO(#n)", {}),
    # A template's innards may hide in `detail`; one line may declare another's type before its use.
    (r"\bnamespace (?!(gatehouse(::testing)?|detail) *\{)[\w:]+ *\{[^}]*$", "the one namespace is gatehouse; folders order files", {}),
    (r"\busing namespace (?!std::(\w+::)*\w*literals\b)", "name what is used", {}),
    (r"\b(class|struct) \w*(Manager|Helper|Utils?|Impl)\b", "name the noun that it is", {}),
    (r"\bsleep_for\b|\busleep\(", "wait for a condition with a deadline", {}),
    (r"\bstd::atomic<std::shared_ptr", "it locks; send the snapshot by message", {}),
    (r"\bgetaddrinfo\(", "it waits for the network; names are resolved by net/", {}),
]


def room_of(parts):
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_table():
    seen = {"sources", "store", "cluster"}  # rooms with a row but no folder yet are fine
    for room, row in MAY_INCLUDE.items():
        for other in row.split():
            if other not in seen:
                yield f"tools/tidy.py:1: {room} may include {other}, which stands below it; mend the table"
        seen.add(room)


def check_shape(path, lines):
    limit = LINES_MAX[path.suffix]
    if len(lines) > limit:
        yield limit, f"{len(lines)} lines, the most is {limit}; find the second idea in it"
    if path.parts[0] == "src":
        name = path.relative_to("src").with_suffix("").as_posix()
        if path.suffix == ".h" and not (lines and lines[0].startswith(f"// {name}: ")):
            yield 1, f"the first line of this header is `// {name}: what it is`"
        if path.suffix == ".h" and "#pragma once" not in lines:
            yield 1, "a header has `#pragma once` after its first paragraph"
        if path.name.endswith("_test.cpp") and not (lines and lines[0].startswith("// ")):
            yield 1, "the first line of a test says what is promised"
    if not re.fullmatch(r"[a-z0-9_]+", path.stem):
        yield 1, "files are named in snake_case"


def check_include(path, line):
    found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
    if not found:
        return
    quoted, name = found.group(1) == '"', found.group(2)
    room = room_of(path.parts)
    for pattern, rooms, outside in OWNERS:
        if re.match(pattern, name) and room not in rooms and path.parts[0] not in outside:
            yield f"{name} stays behind {' and '.join(sorted(rooms))}; ask that room for what is needed"
    if not quoted or room is None:
        return
    other = name.split("/")[0]
    if "/" not in name or other.startswith("."):
        yield f"`{name}` is not a path from src/; write the whole path"
    elif other == "testing":
        if room != "testing" and not path.name.endswith(HELPERS):
            yield "testing/ is for tests, fuzzers and benches alone"
    elif other not in MAY_INCLUDE:
        yield f"`{other}` is no room; the rooms stand in tools/tidy.py"
    elif (room, other) in NEVER:
        yield f"{room} and {other} never meet; they speak through events and verdicts"
    elif other != room and other not in MAY_INCLUDE.get(room, "").split():
        yield f"{room} must not know {other}; turn the dependency round"


def check_file(path, text):
    lines = text.splitlines()
    room = room_of(path.parts)
    if room is not None and room not in MAY_INCLUDE:
        yield 1, f"src/{room} has no row in tools/tidy.py; give it one, with a reason"
    yield from check_shape(path, lines)
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, the most is {COLUMNS_MAX}"
        for pattern, remedy, excused in WORDS:
            if path.as_posix() not in excused and re.search(pattern, line):
                yield number, remedy
        for complaint in check_include(path, line):
            yield number, complaint


def complaints(root):
    yield from check_table()
    paths = sorted(
        path.relative_to(root)
        for top in ("src", "bench")
        for path in (root / top).rglob("*")
        if path.suffix in LINES_MAX
    )
    if not paths:
        yield f"{root}: there is no source here"
    for folder in sorted({path.parent for path in paths}):
        entries = len(list((root / folder).iterdir()))
        if entries > ENTRIES_MAX:
            yield f"{folder}:1: {entries} entries, the most is {ENTRIES_MAX}; order it into folders"
    for path in paths:
        for number, complaint in check_file(path, (root / path).read_text(encoding="utf-8")):
            yield f"{path}:{number}: {complaint}"


def main(arguments):
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[1]
    count = 0
    for complaint in complaints(root):
        print(complaint)
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
