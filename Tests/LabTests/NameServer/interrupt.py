"""Runs a command, sends it a signal, and ends with its status as a shell has it: 128 + N when signal N ended it.

usage: interrupt.py SIGNAL SECONDS COMMAND...

The signal is sent SECONDS after the start, SIGQUIT SECONDS after the command has blocked it to read it from a
descriptor. Status 97: the command went on for more than 4 seconds after the signal. Status 98: a child of the command
was left.
"""

import pathlib
import signal
import subprocess
import sys
import time

LIMIT = 4


def state_and_parent(pid):
    """None when there is no such process, or it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (fields[0], int(fields[1]))


def children(parent):
    numbers = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]
    found = {pid: state_and_parent(pid) for pid in numbers}
    return [pid for pid, state in found.items() if state and state[1] == parent]


def is_blocked(pid, number):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigBlk:"):
            return int(line.split()[1], 16) >> (number - 1) & 1
    return False


number = getattr(signal, "SIG" + sys.argv[1])
process = subprocess.Popen(sys.argv[3:])
while number == signal.SIGQUIT and process.poll() is None and not is_blocked(process.pid, number):
    time.sleep(0.01)
time.sleep(float(sys.argv[2]))
left = children(process.pid)
process.send_signal(number)
try:
    status = process.wait(LIMIT)
except subprocess.TimeoutExpired:
    process.kill()
    process.wait()
    sys.exit(97)
deadline = time.monotonic() + 1
while left and time.monotonic() < deadline:
    left = [pid for pid in left if state_and_parent(pid)]
    time.sleep(0.01)
sys.exit(98 if left else status if status >= 0 else 128 - status)
