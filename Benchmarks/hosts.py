"""Compares the user-space host with the kernel: streams, short requests, forwarding.

    hosts.py BINARY [RUNS]

Both of a row run in turn in one lab, the offloads of the wire off at both ends. Nothing leaves the lab.
"""

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from peers import DEVNULL, measure, milliseconds, peak

LAB = """
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip netns add a; ip netns add b; ip netns add c; ip netns add m
ip link add va netns a type veth peer name vb netns b
ip link add xa netns a type veth peer name xm netns m
ip link add ym netns m type veth peer name yc netns c
for n in a b c m; do ip -n $n link set dev lo up; done
for i in "a va" "b vb" "a xa" "m xm" "m ym" "c yc"; do
    set_=$i; n=${i% *}; d=${i#* }
    ip netns exec $n sysctl -qw net.ipv6.conf.$d.disable_ipv6=1
    ip -n $n link set dev $d up
    ip netns exec $n ethtool -K $d tx off tso off gso off gro off > /dev/null 2>&1
done
ip -n a addr add 192.0.2.1/24 dev va; ip -n b addr add 192.0.2.2/24 dev vb
ip -n a addr add 198.51.100.1/24 dev xa; ip -n c addr add 203.0.113.2/24 dev yc
ip -n c route add 198.51.100.0/24 via 203.0.113.254
ip -n a route add 198.18.0.0/15 via 198.51.100.254; ip -n c route add blackhole 198.18.0.0/15
# 10,000 connections per second would exhaust the ports, because of TIME-WAIT.
ip netns exec a sysctl -qw net.ipv4.tcp_max_tw_buckets=16 net.ipv4.ip_local_port_range="1024 65535"
exec ip netns exec a "$@"
"""

SINK = """
import socket, sys
s = socket.create_server((sys.argv[1], 9000))
print("ready", flush=True)
buffer = bytearray(1 << 20)
while True:
    c = s.accept()[0]
    head = b""
    if sys.argv[2] == "http":
        while b"\\r\\n\\r\\n" not in head: head += c.recv(65536)
        left = int(head.lower().split(b"content-length:")[1].split()[0]) - len(head.split(b"\\r\\n\\r\\n", 1)[1])
        while left > 0: left -= c.recv_into(buffer)
        c.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
    else:
        while c.recv_into(buffer): pass
    c.close()
"""

SOURCE = """
import socket, sys
c = socket.create_connection((sys.argv[1], int(sys.argv[2])))
block, left = bytes(1 << 20), int(sys.argv[3])
while left > 0: c.sendall(block); left -= len(block)
c.shutdown(socket.SHUT_WR)
c.recv(1)
"""

LENGTH = 200 << 20


@contextlib.contextmanager
def beside(namespace, words, mark):
    """A program in a namespace; returns after it has printed `ready`."""
    process = subprocess.Popen(["ip", "netns", "exec", namespace, *words], stdout=subprocess.PIPE, stderr=DEVNULL, text=True)
    try:
        for line in process.stdout:
            if mark in line:
                break
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def row(title, ours, theirs, amount, unit, runs, wanted):
    """Runs both in turn; prints the rates per second by their median times, and the ratio."""
    walls = {"ours": [], "theirs": []}
    for _ in range(runs):
        for name, command in (("ours", ours), ("theirs", theirs)):
            walls[name].append(measure(command)[0])
    left, right = (amount / statistics.median(walls[name]) for name in ("ours", "theirs"))
    print(f"  {title:52} {left:>9.0f} : {right:>9.0f} {unit}  ratio {left / right:.2f} (wanted {wanted})")


def streams(binary, runs):
    print("\none stream of 200 MB, MTU 1500, no offloads")
    there = ["ip", "netns", "exec", "b"]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file = os.path.join(folder, "data")
        with open(file, "wb") as stream:
            stream.truncate(LENGTH)
        host = [binary, "host", "-I", "vb", "--address", "192.0.2.50/24", "--no-check", "--serve", "discard", "-w", "300"]
        stack.enter_context(beside("b", host, "is there"))
        stack.enter_context(beside("b", ["python3", "-c", SINK, "192.0.2.2", "raw"], "ready"))
        stack.enter_context(beside("a", ["python3", "-c", SINK, "192.0.2.1", "http"], "ready"))
        megabits = LENGTH * 8 / 1e6
        row("the kernel's to ours : to the kernel's", ["python3", "-c", SOURCE, "192.0.2.50", "9", str(LENGTH)],
            ["python3", "-c", SOURCE, "192.0.2.2", "9000", str(LENGTH)], megabits, "Mbit/s", runs, "0.5")
        probe = [*there, binary, "http-probe", "-d", f"@{file}", "http://192.0.2.1:9000/"]
        own = ["--stack", "user", "-I", "vb", "--source", "192.0.2.51", "--no-check"]
        row("ours to the kernel's : the kernel's to it", probe + own, probe, megabits, "Mbit/s", runs, "0.5")


def requests(binary, runs):
    count = 10_000
    print(f"\n{count} short requests, 50 at a time, one connection each")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        targets = {}
        for name, place in (("ours", "192.0.2.50"), ("theirs", "192.0.2.2:8000")):
            targets[name] = os.path.join(folder, name)
            with open(targets[name], "w") as file:
                file.write("".join(f"http://{place}/\n" for _ in range(count)))
        with open(os.path.join(folder, "index.html"), "w") as file:
            file.write("hello\n")
        host = [binary, "host", "-I", "vb", "--address", "192.0.2.50/24", "--no-check", "--serve", "http", "-w", "300"]
        ours = stack.enter_context(beside("b", host, "is there"))
        server = ["python3", "-u", "-m", "http.server", "-b", "192.0.2.2", "-d", folder, "8000"]
        stack.enter_context(beside("b", server, "Serving"))
        probe = [binary, "http-probe", "-q", "--concurrency", "50", "--targets"]
        before = memory(ours.pid)
        row("ours : python3 -m http.server", probe + [targets["ours"]], probe + [targets["theirs"]], count, "a second", runs, "3")
        print(f"  our memory: {before:.1f} MiB before, {memory(ours.pid):.1f} MiB after")


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def frames(namespace, device):
    words = ["ip", "netns", "exec", namespace, "cat", f"/sys/class/net/{device}/statistics/rx_packets"]
    return int(subprocess.run(words, stdout=subprocess.PIPE).stdout)


def forwarding(binary, runs):
    print("\nforwarding of 60-byte frames, a million per second for 2 s")
    results = {"ours": [], "theirs": []}
    sender = [binary, "tcp-syn-scan", "-p", "1-15", "--rate", "1000000", "--retries", "0", "--wait", "0.1", "-q", "--include-reserved", "198.18.0.0/15"]
    for _ in range(runs):
        with contextlib.ExitStack() as stack:
            host = [binary, "host", "--forward", "-I", "xm", "-I", "ym", "--address", "198.51.100.254/24@xm", "--address", "203.0.113.254/24@ym", "--gateway", "203.0.113.2", "--no-check", "-w", "60"]
            stack.enter_context(beside("m", host, "is there"))
            results["ours"].append(burst(sender))
        kernel = "ip -n m addr add 198.51.100.254/24 dev xm; ip -n m addr add 203.0.113.254/24 dev ym; ip netns exec m sysctl -qw net.ipv4.ip_forward=1; ip -n m route add 198.18.0.0/15 via 203.0.113.2"
        subprocess.run(["sh", "-c", kernel], check=True)
        results["theirs"].append(burst(sender))
        subprocess.run(["sh", "-c", "ip -n m route del 198.18.0.0/15; ip -n m addr flush dev xm; ip -n m addr flush dev ym"], check=True)
        subprocess.run(["sh", "-c", "ip -n a neigh flush dev xa; ip -n c neigh flush dev yc"], check=True)
    left, right = (statistics.median(results[name]) for name in ("ours", "theirs"))
    print(f"  {'ours : the kernel':52} {left:>9.0f} : {right:>9.0f} per second  ratio {left / right:.2f} (wanted 0.3)")


def burst(sender):
    before, start = frames("c", "yc"), time.perf_counter()
    subprocess.run(sender, stdout=DEVNULL, stderr=DEVNULL)
    return (frames("c", "yc") - before) / (time.perf_counter() - start)


def main():
    binary, runs = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "7"
    if os.environ.get("HOSTS_LAB") != "inside":
        script = os.path.abspath(__file__)
        os.environ["HOSTS_LAB"] = "inside"
        os.execvp("unshare", ["unshare", "-mn", "--", "sh", "-c", LAB, "hosts", sys.executable, script, binary, runs])
    runs = int(runs)
    subprocess.run(["ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.254"], check=True)
    streams(binary, runs)
    requests(binary, runs)
    forwarding(binary, runs)


if __name__ == "__main__":
    main()
