"""What is promised: a journal read again gives the same digests each time, whether a gate writes it or not, from the
folder or from its files in any order; without its key or its files it says so."""
import json
import shutil

from gate import config_for, run_cli


def replayed(*arguments):
    return json.loads(run_cli("replay", *arguments, "-o", "json").stdout)


def refused(gate, count):
    for _ in range(count):
        assert gate.get("/closed").status_code in (401, 403)


def journal_with_a_block(start_gate, upstream):
    gate = start_gate(
        config_for(
            upstream.target,
            routes=[{"match": "/*", "policies": ["closed"], "backend": {"http": "up"}}],
            policies={"closed": {"kind": "condition", "deny": "true"}},
            behavior={"count_rule": {"limit": 3}},
        )
    )
    refused(gate, 5)
    gate.wait_for_events(5)
    return gate


def test_a_journal_gives_the_same_each_time(start_gate, upstream, tmp_path):
    gate = journal_with_a_block(start_gate, upstream)
    gate.stop()
    first = replayed("--data", str(gate.data))
    assert first["verdict_changes"] >= 1 and first["records"] >= 5
    assert first["content_unread"] == 0
    assert replayed("--data", str(gate.data)) == first
    key = str(gate.data / "hash.key")
    files = sorted((gate.data / "journal").glob("*.ghj"), reverse=True)
    assert replayed(*map(str, files), "--key-file", key) == first
    moved = tmp_path / "moved"
    shutil.copytree(gate.data / "journal", moved)
    assert replayed(str(moved), "--key-file", key) == first


def test_it_tells_each_change_with_its_reason(start_gate, upstream):
    gate = journal_with_a_block(start_gate, upstream)
    table = run_cli("replay", "--data", str(gate.data), "--changes").stdout
    assert "block      address 127.0.0.1: 3 answers with status 401 to 403" in table
    assert "digests\n  scores       " in table


def test_it_says_what_is_not_there(start_gate, upstream, tmp_path):
    gate = journal_with_a_block(start_gate, upstream)
    key = str(gate.data / "hash.key")
    done = run_cli("replay", str(tmp_path), "--key-file", key, check=False)
    assert done.returncode == 5 and "holds no journal" in done.stderr and done.stdout == ""
    done = run_cli("replay", "--data", str(tmp_path), check=False)
    assert done.returncode == 5 and "hash.key" in done.stderr
