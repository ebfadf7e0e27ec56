"""What is promised: each command does what its help says, gives the exit code that scripts rely on, and
puts data on standard output and everything else on standard error."""
import json
import pathlib
import re
import signal
import struct
import subprocess

import pytest

from gate import BINARY, ROOT, config_for, run_cli
from raw import wait_until

CONFIG = {
    "gatehouse": 1,
    "listeners": [{"address": "127.0.0.1:0"}],
    "upstreams": {"up": {"targets": ["127.0.0.1:9"]}},
    "apis": [{"name": "all", "routes": [{"match": "/*", "backend": {"http": "up"}}]}],
}


def write(path, config):
    path.write_text(config if isinstance(config, str) else json.dumps(config, indent=2))
    return path


def fails(code, *arguments, **options):
    done = run_cli(*arguments, check=False, **options)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    return done.stderr


# Words.


def test_no_words_and_wrong_ones_are_errors_of_usage():
    assert "Examples:" in fails(2)
    assert "did you mean `check`?" in fails(2, "chek")
    assert "did you mean `verify`?" in fails(2, "journal", "verfy")
    assert "`xylophone` is not a command" in fails(2, "xylophone")
    assert "gatehouse status --help" in fails(2, "status", "--sockte", "x")
    assert "gatehouse journal" in fails(2, "journal")
    fails(2, "events", "--limit", "0")
    fails(2, "events", "--limit", "many")
    fails(2, "events", "-o", "xml")
    fails(2, "run", "--from", ":1")
    fails(2, "run", "file.yaml", "--from", ":1", "--to", "http://a")


@pytest.mark.parametrize(
    "words",
    [[], ["run"], ["check"], ["init"], ["reload"], ["status"], ["events"], ["journal"], ["journal", "stat"],
     ["verdict", "list"], ["docs", "errors"], ["help"], ["version"]],
)
def test_help_begins_with_examples_and_fits_on_a_screen(words):
    text = run_cli(*words, "--help").stdout
    lines = text.splitlines()
    assert "Examples:" in lines[:4] and len(lines) <= 45
    assert max(map(len, lines)) <= 110
    for example in re.findall(r"^  gatehouse (.*)$", text, re.M):
        assert not re.search(r"\b(fetch|TBD)\b", example)


def test_every_command_of_the_first_page_has_a_page():
    first = run_cli("help").stdout
    names = re.findall(r"^  (\w+) {2,}\S", first.split("Subcommands:")[1], re.M)
    assert {"run", "check", "reload", "status", "events", "journal", "verdict", "init", "help"} <= set(names)
    for name in names:
        assert "Examples:" in run_cli("help", name).stdout


def test_a_code_has_its_page():
    assert "E0203" in run_cli("help", "E0203").stdout
    assert run_cli("help", "e0203").stdout == run_cli("help", "E0203").stdout
    assert "route-not-found" in run_cli("help", "route-not-found").stdout
    assert "did you mean `route-not-found`?" in fails(5, "help", "route-not-fond")
    fails(5, "help", "E9999xxxxxx")


def test_the_version_is_that_of_the_project():
    version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(")[1]).group(1)
    assert run_cli("version").stdout == f"gatehouse {version}\n"
    assert run_cli("--version").stdout == f"gatehouse {version}\n"


def test_the_page_of_errors_is_the_programs_own():
    assert run_cli("docs", "errors").stdout == (ROOT / "docs" / "errors.md").read_text()


# Configs.


def test_check_says_what_is_valid(tmp_path):
    path = write(tmp_path / "gatehouse.yaml", CONFIG)
    done = run_cli("check", path)
    assert "is valid: 1 routes, 1 listeners" in done.stdout and done.stderr == ""
    assert run_cli("check", cwd=tmp_path).stdout.startswith("gatehouse.yaml is valid")
    assert json.loads(run_cli("check", path, "-o", "json").stdout) == []


def test_check_says_what_is_wrong_with_its_place(tmp_path):
    path = write(tmp_path / "gatehouse.yaml", {**CONFIG, "listners": []})
    text = fails(3, "check", path)
    assert "error[E02" in text and "did you mean `listeners`?" in text and f"--> {path}:" in text
    done = run_cli("check", path, "-o", "json", check=False)
    assert done.returncode == 3 and json.loads(done.stdout)[0]["line"] > 0
    sarif = run_cli("check", path, "-o", "sarif", check=False)
    assert sarif.returncode == 3 and json.loads(sarif.stdout)["version"] == "2.1.0"
    fails(3, "check", tmp_path / "not-there.yaml")


def test_check_finds_what_only_building_shows(tmp_path):
    config = json.loads(json.dumps(CONFIG))
    (tmp_path / "bad.pem").write_text("no certificate")
    config["listeners"][0]["tls"] = {"certificates": [{"hosts": ["a.example"], "cert": "bad.pem", "key": "bad.pem"}]}
    assert "bad.pem" in fails(3, "check", write(tmp_path / "a.yaml", config))


def test_init_writes_a_config_that_passes_and_never_overwrites(tmp_path):
    run_cli("init", cwd=tmp_path)
    run_cli("check", cwd=tmp_path)
    before = (tmp_path / "gatehouse.yaml").read_text()
    assert "already there" in fails(6, "init", cwd=tmp_path)
    assert (tmp_path / "gatehouse.yaml").read_text() == before
    run_cli("init", "other.yaml", cwd=tmp_path)
    fails(1, "init", "no/such/folder.yaml", cwd=tmp_path)


def test_run_refuses_what_check_refuses(tmp_path):
    text = fails(3, "run", write(tmp_path / "gatehouse.yaml", {**CONFIG, "listners": []}))
    assert "nothing was started" in text
    assert not (tmp_path / "data").exists()


def test_two_gates_dont_share_a_folder(gate):
    text = fails(1, "run", gate.path)
    assert "listening" not in text and "error" in text
    assert gate.get("/").status_code == 200
    assert json.loads(gate.cli("status", "-o", "json").stdout)["ready"]


# Asking.


def test_where_no_gate_is_nothing_is_reached(tmp_path):
    for words in (["status"], ["reload"], ["verdict", "list"]):
        assert "no gate answers" in fails(7, *words, "--data", tmp_path)
    for words in (["events"], ["journal", "stat"], ["journal", "verify"], ["journal", "cat"]):
        assert "there is no journal" in fails(5, *words, "--data", tmp_path)


def test_status_is_a_table_or_json(gate):
    assert re.search(r"^ready +true$", gate.cli("status").stdout, re.M)
    assert re.search(rf"^listening on +127.0.0.1:{gate.port}$", gate.cli("status").stdout, re.M)
    socket = gate.data / "gatehouse.sock"
    assert json.loads(run_cli("status", "--socket", socket, "-o", "json").stdout)["workers"] >= 1


def test_verdicts_are_listed(start_gate, upstream):
    rule = {"limit": 3, "window": "10s", "block_for": "1m", "status_min": 404, "status_max": 404}
    gate = start_gate(
        config_for(upstream.target, routes=["GET /open"], behavior={"mode": "enforce", "count_rule": rule})
    )
    assert json.loads(gate.cli("verdict", "list", "-o", "json").stdout)["verdicts"] == []
    for _ in range(3):
        gate.get("/closed")
    rows = wait_until(lambda: json.loads(gate.cli("verdict", "list", "-o", "json").stdout)["verdicts"], 5, "a row")
    assert (rows[0]["level"], rows[0]["kind"], len(rows)) == ("block", "address", 1)
    assert re.fullmatch("[0-9a-f]{32}", rows[0]["hash"]) and rows[0]["reason"]
    assert rows[0]["hash"] in gate.cli("verdict", "list").stdout


# The journal.


def test_events_are_read_while_the_gate_runs_and_after(gate):
    for number in range(5):
        gate.get(f"/{number}")
    gate.wait_for_events(5)
    paths = [event["url"]["path"] for event in gate.events()]
    assert paths == [f"/{number}" for number in range(5)]
    assert [event["url"]["path"] for event in gate.events("--limit", "2")] == ["/3", "/4"]
    second = gate.events()[1]["event"]["sequence"]
    since = gate.events("--since", str(second), "--limit", "2")
    assert [event["url"]["path"] for event in since] == ["/1", "/2"]
    gate.stop()
    assert [event["url"]["path"] for event in gate.events()] == paths
    assert "/4" in gate.cli("events", "-o", "table").stdout
    assert {event["event"]["action"] for event in gate.events("--all")} >= {"final", "config"}
    assert run_cli("events", cwd=gate.folder).stdout.count("\n") == 5  # `data` is the default


def hears_ctrl_c():
    """As on a terminal: tests that run in the background inherit that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_events_can_be_followed(gate):
    gate.get("/before")
    gate.wait_for_events(1)
    words = [str(BINARY), "events", "--follow", "--limit", "1", "--data", str(gate.data)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c) as reader:
        try:
            assert json.loads(reader.stdout.readline())["url"]["path"] == "/before"
            gate.get("/after")
            assert json.loads(reader.stdout.readline())["url"]["path"] == "/after"
            reader.send_signal(signal.SIGINT)
            assert reader.wait(10) == -signal.SIGINT
        finally:
            reader.kill()


def test_followed_events_are_chosen_and_end_when_nobody_reads_on(gate):
    gate.get("/a/before")
    gate.wait_for_events(1)
    wanted = "url.path.startsWith('/a') && client.address in cidr('127.0.0.0/8')"
    words = [str(BINARY), "events", wanted, "--follow", "--data", str(gate.data)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        try:
            assert json.loads(reader.stdout.readline())["url"]["path"] == "/a/before"
            for path in ("/b", "/a/1", "/c", "/a/2"):
                gate.get(path)
            assert json.loads(reader.stdout.readline())["url"]["path"] == "/a/1"
            assert json.loads(reader.stdout.readline())["url"]["path"] == "/a/2"
            reader.stdout.close()  # and no further event comes
            assert reader.wait(10) == 0
            assert reader.stderr.read() == ""
        finally:
            reader.kill()


def test_a_journal_is_told_and_verified(gate):
    for number in range(4):
        gate.get(f"/{number}")
    gate.wait_for_events(4)
    gate.stop()
    stat = json.loads(gate.cli("journal", "stat", "-o", "json").stdout)
    assert stat["kinds"]["final"] == 4 and stat["damaged_segments"] == 0
    assert stat["records"] == stat["last"]["sequence"] - stat["first"]["sequence"] + 1
    assert re.search(r"^records +\d+$", gate.cli("journal", "stat").stdout, re.M)
    assert "whole and in order" in gate.cli("journal", "verify").stdout
    assert gate.cli("journal", "cat").stdout.count("\n") == stat["records"]


def test_a_damaged_record_in_a_closed_segment_is_found(gate):
    for number in range(4):
        gate.get(f"/{number}")
    gate.wait_for_events(4)
    gate.stop()
    journal = gate.data / "journal"
    (first,) = journal.glob("*.ghj")
    whole = first.read_bytes()
    frame = 20 + 8 + struct.unpack_from("<I", whole, 20)[0]  # behind the first record
    second = journal / f"{2:020}.ghj"
    second.write_bytes(b"ghj1" + struct.pack("<Q", 2) + whole[12:20] + whole[frame:])
    first.write_bytes(whole[:frame])
    assert "whole and in order" in gate.cli("journal", "verify").stdout
    assert len(gate.events()) == 4
    first.write_bytes(whole[: frame - 1] + bytes([whole[frame - 1] ^ 1]))
    damaged = gate.cli("journal", "verify", check=False)
    assert damaged.returncode == 1 and "1 segments end in a damaged record" in damaged.stderr
    assert len(gate.events()) == 4  # the first record was not a request
    second.write_bytes(b"ghj1" + struct.pack("<Q", 2) + whole[12:])
    first.write_bytes(whole)
    unordered = gate.cli("journal", "verify", check=False)
    assert unordered.returncode == 1 and "out of order" in unordered.stderr


# Without a file.


def test_a_gate_without_a_file_keeps_nothing_behind(upstream, tmp_path):
    words = [str(BINARY), "run", "--from", "127.0.0.1:0", "--to", f"http://{upstream.target}"]
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process:
        folder = pathlib.Path(re.search(r"kept in (\S+)", process.stderr.readline()).group(1))
        assert folder.parent == tmp_path
        for line in process.stderr:
            if "listening on" in line:
                break
        assert json.loads(run_cli("status", "--data", folder, "-o", "json").stdout)["ready"]
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_gate_without_a_file_keeps_what_it_is_told_to(upstream, tmp_path):
    words = [str(BINARY), "run", "--from", "127.0.0.1:0", "--to", f"http://{upstream.target}", "--data", "kept"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        for line in process.stderr:
            if "listening on" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(20) == 0
    assert "whole and in order" in run_cli("journal", "verify", "--data", tmp_path / "kept").stdout
    assert "not an address" in fails(3, "run", "--from", "x", "--to", "http://a:1")
