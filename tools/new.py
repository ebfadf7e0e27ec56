#!/usr/bin/env python3
"""tools/new.py ROOM/NAME: a class with its header, source and test, to be filled in from the top.

The first line and the paragraph below it come first: they are what a reviewer reads.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from tidy import MAY_INCLUDE  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "src"

HEADER = """// {path}: what it is, in a line.
//
//   Place    what calls it, and what it calls.
//   Holds    what it keeps, and how much at most.
//   Full     what happens at the limit, and which counter shows it.
//   Errors   what can go wrong, and who is told.
#pragma once

namespace gatehouse {{

class {name} final {{
 public:
}};

}}  // namespace gatehouse
"""
BODY = """#include "{path}.h"

namespace gatehouse {{}}  // namespace gatehouse
"""
TEST = """// What is promised: {name} does what its header says.
#include "{path}.h"

#include <gtest/gtest.h>

namespace gatehouse {{
namespace {{

TEST({name}, is_made_by_its_test_first) {{ FAIL() << "say what is promised"; }}

}}  // namespace
}}  // namespace gatehouse
"""


def main(arguments):
    path = arguments[0] if len(arguments) == 1 else ""
    if not re.fullmatch(r"[a-z]+(/[a-z0-9_]+)+", path) or path.split("/")[0] not in MAY_INCLUDE:
        print(f"new: `{path}` is not ROOM/NAME; rooms are {', '.join(MAY_INCLUDE)}", file=sys.stderr)
        return 2
    name = "".join(word.capitalize() for word in path.split("/")[-1].split("_"))
    files = {f"{path}.h": HEADER, f"{path}.cpp": BODY, f"{path}_test.cpp": TEST}
    for file in files:
        if (SOURCE / file).exists():
            print(f"new: src/{file} is there already", file=sys.stderr)
            return 6
    for file, text in files.items():
        (SOURCE / file).parent.mkdir(parents=True, exist_ok=True)
        (SOURCE / file).write_text(text.format(path=path, name=name), encoding="utf-8")
        print(f"src/{file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
