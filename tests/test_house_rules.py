"""What is promised: tools/tidy.py sees each breach of a house rule, and is silent about the look-alike."""
import importlib.util
import pathlib
import subprocess
import sys

import pytest

from gate import ROOT

spec = importlib.util.spec_from_file_location("tidy", ROOT / "tools" / "tidy.py")
tidy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tidy)

HEADER = "// {name}: a thing\n#pragma once\n"


def complaints(path, text):
    if path.endswith(".h") and not text.startswith("//"):
        text = HEADER.format(name=path.removeprefix("src/").removesuffix(".h")) + text
    return [complaint for _, complaint in tidy.check_file(pathlib.PurePosixPath(path), text)]


@pytest.mark.parametrize(
    "path, line, word",
    [
        ("src/gateway/a.cpp", '#include "behavior/engine.h"', "never meet"),
        ("src/behavior/a.cpp", '#include "gateway/router.h"', "never meet"),
        ("src/net/a.cpp", '#include "http/message.h"', "turn the dependency round"),
        ("src/net/a.cpp", '#include "loop.h"', "whole path"),
        ("src/net/a.cpp", '#include "../base/error.h"', "whole path"),
        ("src/net/a.cpp", '#include "nets/loop.h"', "no room"),
        ("src/nets/a.cpp", "", "has no row"),
        ("src/http/a.cpp", "#include <sys/epoll.h>", "stays behind net"),
        ("src/gateway/a.cpp", "#include <nghttp2/nghttp2.h>", "stays behind http"),
        ("src/http/a.cpp", "#include <openssl/ssl.h>", "stays behind base and net"),
        ("src/app/a.cpp", "#include <yaml-cpp/yaml.h>", "stays behind config"),
        ("src/gateway/a.cpp", "#include <ares.h>", "stays behind net"),
        ("src/gateway/a.cpp", "#include <boost/asio.hpp>", "stays behind net"),
        ("src/net/a.cpp", '#include "testing/manual_clock.h"', "for tests"),
        ("src/net/a.cpp", "#include <iostream>", "costly"),
        ("src/net/a.cpp", "std::shared_ptr<Loop> loop;", "const"),
        ("src/net/a.cpp", "auto f = [=] { return 1; };", "captures"),
        ("src/net/a.cpp", "// TODO: later", "finish it"),
        ("src/net/a.cpp", "namespace net {", "namespace"),
        ("src/net/a.cpp", "using namespace std;", "name what is used"),
        ("src/net/a.cpp", "class LoopManager {", "noun"),
        ("src/net/a.cpp", "assert(count++);", "side effect"),
        ("src/net/a.cpp", "//" + "-" * 99, "101 columns"),
        ("src/net/a.cpp", "\n" * 601, "the most is 600"),
        ("src/net/a.h", "\n" * 250, "the most is 250"),
        ("src/net/a.h", "// net/b: another\n#pragma once\n", "first line"),
        ("src/net/a.h", "// net/a: a thing\n", "#pragma once"),
        ("src/net/a_test.cpp", '#include "net/a.h"', "promised"),
        ("src/net/CamelCase.cpp", "", "snake_case"),
    ],
)
def test_a_breach_is_seen(path, line, word):
    assert any(word in complaint for complaint in complaints(path, line)), complaints(path, line)


@pytest.mark.parametrize(
    "path, line",
    [
        ("src/gateway/a.cpp", '#include "http/message.h"'),
        ("src/gateway/policies/a.cpp", '#include "gateway/policy.h"'),
        ("src/net/a.cpp", "#include <sys/epoll.h>"),
        ("bench/relay/relay_main.cpp", "#include <sys/epoll.h>"),
        ("src/net/a_test.cpp", '// What is promised: all.\n#include "testing/manual_clock.h"'),
        ("src/net/a.cpp", "std::shared_ptr<const Loop> loop;"),
        ("src/net/a.cpp", "// TODO(#12): a second listener"),
        ("src/net/a.cpp", "namespace gatehouse {"),
        ("src/net/a.cpp", "namespace {"),
        ("src/config/a.h", "namespace YAML { class Node; }"),
        ("src/net/a.cpp", "using namespace std::chrono_literals;"),
        ("src/net/a.cpp", "assert(count == 1);"),
        ("src/net/a.cpp", "//" + "-" * 98),
        ("src/net/a.cpp", "\n" * 600),
    ],
)
def test_the_look_alike_passes(path, line):
    assert complaints(path, line) == []


def test_the_table_of_rooms_holds_no_circle():
    assert list(tidy.check_table()) == []


def test_every_step_of_dev_has_a_line_of_help():
    text = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    steps = "deps build run test bench fuzz slow lint format docs new clean help".split()
    assert [line.split()[0] for line in text.splitlines()[1:]] == steps


def test_a_new_class_keeps_the_house_rules(tmp_path):
    for folder in ("tools", "src"):
        (tmp_path / folder).mkdir()
    for tool in ("tidy.py", "new.py"):
        (tmp_path / "tools" / tool).write_text((ROOT / "tools" / tool).read_text())
    new = [sys.executable, tmp_path / "tools" / "new.py"]
    subprocess.run([*new, "net/cool_thing"], check=True, capture_output=True)
    assert subprocess.run([*new, "net/cool_thing"], capture_output=True).returncode == 6
    assert subprocess.run([*new, "nets/cool_thing"], capture_output=True).returncode == 2
    assert "class CoolThing final" in (tmp_path / "src/net/cool_thing.h").read_text()
    done = subprocess.run([sys.executable, tmp_path / "tools" / "tidy.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
