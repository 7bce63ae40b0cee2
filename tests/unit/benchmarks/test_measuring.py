"""CPU is counted wherever it was spent: here, in a server, in what the server started."""

import subprocess
import sys

from benchmarks.measuring import peak_memory_mib, read_clocks

SPENDS = "import time\nwhile time.process_time() < 0.2: pass\nprint('spent', flush=True)\ninput()"
STARTS_ONE_THAT_SPENDS = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPENDS!r}])"


def spent_by(program):
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"spent\n"
        reading = read_clocks({"server": server.pid})
        server.communicate(b"\n")
    return reading.cpu_s["server"]


def test_a_servers_own_cpu_is_counted():
    assert spent_by(SPENDS) >= 0.2


def test_the_cpu_of_what_a_server_started_is_counted():
    assert spent_by(STARTS_ONE_THAT_SPENDS) >= 0.2


def test_the_difference_of_two_readings_is_what_passed_between():
    before = read_clocks({})
    passed = read_clocks({}) - before
    assert passed.wall_s >= 0
    assert passed.all_cpu_s == passed.cpu_s["client"]


def test_this_process_has_a_peak():
    assert peak_memory_mib() > 5
