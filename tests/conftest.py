"""What every end-to-end test may ask for. No test names a port, none sleeps for a fixed time."""
import subprocess
import sys

import pytest

from certificates import Authority
from gate import BINARY, ROOT, Gate, config_for
from raw import RawUpstream


def pytest_sessionstart(session):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there; ./dev test builds it, GATEHOUSE names another", 2)


@pytest.fixture
def start_upstream():
    """start_upstream(script=None, tls=None) → RawUpstream, closed after the test."""
    made = []

    def start(script=None, **options):
        made.append(RawUpstream(script, **options))
        return made[-1]

    yield start
    for upstream in made:
        upstream.close()


@pytest.fixture
def start_gate(tmp_path, start_upstream):
    """start_gate(config) → Gate; stopped after the test, and looked at for faults. It is asked for
    after start_upstream so that it stops first."""
    made = []

    def start(config, **options):
        made.append(Gate(tmp_path / f"gate-{len(made)}", config, **options))
        return made[-1]

    yield start
    for gate in made:
        gate.check()


@pytest.fixture
def upstream(start_upstream):
    """Answers 200 `ok` to everything and keeps its connections."""
    return start_upstream()


@pytest.fixture
def gate(start_gate, upstream):
    """A gate that routes everything to `upstream`."""
    return start_gate(config_for(upstream.target))


@pytest.fixture
def authority(tmp_path):
    """A certificate authority of this test's own."""
    return Authority(tmp_path)


@pytest.fixture
def shop():
    """The example shop on a free port; gives its `127.0.0.1:PORT`."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "shop" / "shop.py"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(10)
