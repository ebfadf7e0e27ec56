"""bench/soak: minutes of load with a reload every few seconds: nothing fails, memory comes back."""
import contextlib
import signal
import threading
import time

from figures import Figure
from measure import load, resident_bytes
from peers import Gatehouse

RUN_SECONDS = 10
CONNECTIONS = (64, 512)
RESIDENT_BAR = 1.10
RESTS_SECONDS = 5  # for what is given back with a delay


def reload(gate, number):
    with (gate.folder / "gatehouse.yaml").open("a") as config:
        config.write(f"# revision {number}\n")
    gate.process.send_signal(signal.SIGHUP)


def soak(bench):
    with contextlib.ExitStack() as stack:
        gate = Gatehouse(
            bench.folder / "soak", bench.proxy_core, bench.upstream.port, bench.gatehouse
        )
        stack.callback(gate.stop)
        for count in CONNECTIONS:  # what the load itself needs is there afterwards
            load(gate.port, bench.load_core, count, RUN_SECONDS // 2)
        time.sleep(RESTS_SECONDS)
        before = resident_bytes(gate.pid)
        end = time.monotonic() + bench.minutes * 60
        runs = requests = failed = 0
        while time.monotonic() < end:
            runs += 1
            amid = threading.Timer(RUN_SECONDS / 2, reload, (gate, runs))
            amid.start()
            result = load(gate.port, bench.load_core, CONNECTIONS[runs % 2], RUN_SECONDS)
            amid.join()
            requests += result["requests"]
            failed += result["bad"] + result["errors"]
            bench.say(f"soak: run {runs}, {requests} requests, {failed} failed, "
                      f"{resident_bytes(gate.pid) >> 20} MiB")
        time.sleep(RESTS_SECONDS)
        after = resident_bytes(gate.pid)
    mib = 1 << 20
    return [
        Figure("soak", f"MiB resident after {bench.minutes} minutes, to before", after / mib,
               before / mib, after / before, None, RESIDENT_BAR).judged(),
        Figure("soak", f"failed of {requests} requests, {runs} reloads", failed, bar=0).judged(),
    ]
