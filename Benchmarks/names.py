"""Measures name lookups: `ping NAME`, 5,000 names at once, a trace with late PTR records, and start-up.

    names.py BINARY [PAIRS]

The programs of a row run in turn, A B A B ..., in one lab of network namespaces; a row gives the medians of the
wall times and the ratio of the medians. The lab has its own hosts, resolv.conf and nsswitch.conf; dnsmasq and the
slow DNS server run in another namespace of it. No packet leaves the lab. A PID namespace ends every process of the
lab with the script, also after a failure.
"""

import contextlib
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from peers import measure, milliseconds

# agna is the client, agnb has the DNS servers and 198.18.0.0/16, and agn1 to agn8 are the hops of a trace:
# hop K has 198.51.100.(4K + 2).
LAB = """
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
for file in hosts resolv.conf nsswitch.conf; do mount --bind "$FOLDER/$file" /etc/$file; done
quiet="net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=10000000 net.ipv4.icmp_msgs_burst=1000000"
for n in a b 1 2 3 4 5 6 7 8; do
    ip netns add agn$n; ip -n agn$n link set dev lo up
    ip netns exec agn$n sysctl -qw $quiet
done
ip link add agnva netns agna type veth peer name agnvb netns agnb
ip -n agna addr add 192.0.2.1/24 dev agnva
ip -n agnb addr add 192.0.2.2/24 dev agnvb; ip -n agnb addr add 192.0.2.3/24 dev agnvb
ip -n agna link set dev agnva up; ip -n agnb link set dev agnvb up
ip -n agna route add 198.18.0.0/16 via 192.0.2.2; ip -n agnb route add local 198.18.0.0/16 dev lo
ip netns exec agnb sysctl -qw net.core.somaxconn=65536 net.ipv4.tcp_max_syn_backlog=65536
previous=agna
for i in 1 2 3 4 5 6 7 8; do
    near=198.51.100.$((4 * i + 1)); far=198.51.100.$((4 * i + 2))
    ip link add agnr$i netns $previous type veth peer name agnl$i netns agn$i
    ip -n $previous addr add $near/30 dev agnr$i; ip -n agn$i addr add $far/30 dev agnl$i
    ip -n $previous link set dev agnr$i up; ip -n agn$i link set dev agnl$i up
    ip -n $previous route add 198.51.100.0/24 via $far
    [ $i = 1 ] || ip -n agn$i route add 198.51.100.4/30 via $near
    ip netns exec agn$i sysctl -qw net.ipv4.ip_forward=1
    previous=agn$i
done
exec ip netns exec agna "$@"
"""

COUNT = 5_000
NAMES = [f"n{index}.agn.test" for index in range(COUNT)]
ADDRESSES = [f"198.18.{index // 250}.{index % 250 + 1}" for index in range(COUNT)]
DNSMASQ, DELAYING = "192.0.2.2", "192.0.2.3"
DELAY = 0.8

FILES = {
    "hosts": "127.0.0.1 localhost\n192.0.2.2 fromfile\n",
    "resolv.conf": "",
    "nsswitch.conf": "hosts: files dns\nservices: files\n",
    "dnsmasq.conf": "".join(f"host-record={name},{address}\n" for name, address in zip(NAMES, ADDRESSES)),
    "names": "".join(f"{name}\n" for name in NAMES),
    "addresses": "".join(f"{address}\n" for address in ADDRESSES),
}

# Replies to every PTR query after the delay; replies do not wait for one another.
DELAYING_SERVER = """
import select, socket, struct, sys, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
print("ready", flush=True)
pending = []
while True:
    wait = max(pending[0][0] - time.monotonic(), 0) if pending else None
    if select.select([server], [], [], wait)[0]:
        query, peer = server.recvfrom(4096)
        end = query.index(0, 12) + 5
        records = b""
        if query[end - 4:end - 2] == struct.pack("!H", 12):
            hop = (int(query[13:13 + query[12]]) - 2) // 4
            name = b"\\x04hop%d\\x03agn\\x04test\\x00" % hop
            records = struct.pack("!HHHIH", 0xC00C, 12, 1, 60, len(name)) + name
        header = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if records else 0, 0, 0)
        pending.append((time.monotonic() + float(sys.argv[2]), header + query[12:end] + records, peer))
    while pending and pending[0][0] <= time.monotonic():
        _, reply, peer = pending.pop(0)
        server.sendto(reply, peer)
"""

LISTENER = """
import socket, sys, time
listener = socket.socket()
listener.bind(("0.0.0.0", 80))
listener.listen(65536)
print("ready", flush=True)
time.sleep(1800)
"""


@contextlib.contextmanager
def server(*command, ready):
    """Runs a server in agnb from the line that contains `ready` until the block ends."""
    process = subprocess.Popen(
        ["ip", "netns", "exec", "agnb", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in process.stdout:
            if ready in line:
                break
        else:
            sys.exit(f"names.py: {command[0]} did not start")
        yield process
    finally:
        process.kill()
        process.wait()


def cpu_time(process):
    """The CPU seconds that a running process has used."""
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def use(address):
    """Makes `address` the DNS server. The file is written in place, because it is bind-mounted."""
    with open("/etc/resolv.conf", "w") as file:
        file.write(f"nameserver {address}\noptions timeout:2 attempts:2\n")


def limited(command, seconds=60):
    """The measurement of one run, which ends the script if it takes longer than `seconds`."""
    signal.alarm(seconds)
    try:
        return measure(command)
    finally:
        signal.alarm(0)


def in_turn(commands, runs):
    """The runs of each command, after one of each that does not count."""
    for command in commands:
        limited(command)
    results = [[] for _ in commands]
    for _ in range(runs):
        for command, result in zip(commands, results):
            result.append(limited(command))
    return results


def median(runs, index=0):
    return statistics.median(run[index] for run in runs)


HEADINGS = f"  {'':32} {'ours':>10} {'peer':>10}   ratio   pairs          {'cpu ours':>10} {'cpu peer':>10}   wanted"


def pair(title, ours, theirs, runs, wanted="", found=None):
    """A row of two commands. `found` returns what is to be seen in the output of each run."""
    left, right = in_turn([ours, theirs], runs)
    ratios = sorted(a[0] / b[0] for a, b in zip(left, right))
    line = (
        f"  {title:32} {milliseconds(median(left)):>10} {milliseconds(median(right)):>10}"
        f"   {median(left) / median(right):>5.2f}   {ratios[0]:.2f} to {ratios[-1]:<6.2f}"
        f" {milliseconds(median(left, 1)):>10} {milliseconds(median(right, 1)):>10}   {wanted:6}")
    if found:
        counts = [", ".join(sorted({found(run[2]) for run in side})) for side in (left, right)]
        line += "  " + (counts[0] if counts[0] == counts[1] else " : ".join(counts))
    print(line.rstrip(), flush=True)


def single(binary, ping, pairs):
    print(f"\none echo, {pairs} pairs beside iputils")
    print(HEADINGS)

    def sender(output):
        """The host of the reply, by name where it was looked up."""
        reply = re.search(r"64 bytes from ([^ :]+)", output)
        return f"reply from {reply.group(1)}" if reply else "no reply"

    nothing = in_turn([[shutil.which("true")]], pairs)[0]
    print(f"  {'true, in every figure below':32} {milliseconds(median(nothing)):>10}")
    pair("ping -V", [binary, "ping", "-V"], [ping, "-V"], pairs)
    for title, target, wanted in [
        ("ping -c1 127.0.0.1", "127.0.0.1", ""),
        ("ping -c1 192.0.2.2", "192.0.2.2", ""),
        ("ping -c1 NAME, hosts file", "fromfile", "1.3"),
        ("ping -c1 NAME, DNS", NAMES[0], ""),
        ("ping -n -c1 NAME, hosts file", "-n fromfile", ""),
        ("ping -n -c1 NAME, DNS", f"-n {NAMES[0]}", ""),
    ]:
        words = ["-c1", *target.split()]
        pair(title, [binary, "ping", *words], [ping, *words], pairs, wanted, sender)


def query(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def ask_all(window):
    """Asks dnsmasq for A and AAAA of every name, `window` queries in flight.

    Returns the seconds and the number of correct replies. A query without a reply is not repeated.
    """
    queries = [query(number, NAMES[number // 2], (1, 28)[number % 2]) for number in range(2 * COUNT)]
    replies = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((DNSMASQ, 53))
        client.settimeout(1)
        start = time.perf_counter()
        sent = 0
        with contextlib.suppress(TimeoutError):
            while len(replies) < len(queries):
                while sent < len(queries) and sent - len(replies) < window:
                    client.send(queries[sent])
                    sent += 1
                replies.append(client.recv(4096))
        seconds = time.perf_counter() - start
    return seconds, sum(is_correct(reply) for reply in replies)


def is_correct(reply):
    """Whether a reply has the address of its name, or none for AAAA, and no error."""
    number, flags, _, answers = struct.unpack_from("!HHHH", reply)
    if number % 2:
        return flags & 15 == 0 and answers == 0
    return flags & 15 == 0 and answers == 1 and reply.endswith(socket.inet_aton(ADDRESSES[number // 2]))


def many(binary, folder, dnsmasq, runs):
    names, addresses = (os.path.join(folder, name) for name in ("names", "addresses"))
    print(f"\n{COUNT} names, A and AAAA of each from dnsmasq; median of {runs} runs in turn")
    for window in (1, 64, 128):
        before = cpu_time(dnsmasq)
        asked = [ask_all(window) for _ in range(runs)]
        wall, used = statistics.median(seconds for seconds, _ in asked), (cpu_time(dnsmasq) - before) / runs
        correct = min(replies for _, replies in asked)
        print(
            f"  {f'dnsmasq alone, {window} in flight':32} {milliseconds(wall):>10}   {correct / wall:.0f} queries a second,"
            f" {correct} of {2 * COUNT} replies correct; cpu of dnsmasq {milliseconds(used)}")
    scan = [binary, "tcp-syn-scan", "-n", "-p", "80", "--rate", "20000"]
    sweep, fast = ([binary, "ping", "--alive", "--rate", rate] for rate in ("20000", "max"))
    fping = [shutil.which("fping"), "-a", "-q", "-i", "0.05", "-f"]
    nmap = [shutil.which("nmap"), "-sL", "-n", "-iL"]
    opened, alive = r"^198\.18\.\S+ +80/tcp +open", r"^\S+ is alive|^\S+\.agn\.test$|^198\.18\.\S+$"
    rows = [
        ("tcp-syn-scan --targets FILE", [*scan, "--targets", names], [*scan, "--targets", addresses], opened, "2 s"),
        ("tcp-syn-scan -4 --targets FILE", [*scan, "-4", "--targets", names], [*scan, "-4", "--targets", addresses], opened, ""),
        ("ping --rate 20000 NAME...", [*sweep, *NAMES], [*sweep, *ADDRESSES], alive, "2 s"),
        ("ping --rate max --targets FILE", [*fast, "--targets", names], [*fast, "--targets", addresses], alive, ""),
        ("fping -f FILE", [*fping, names], [*fping, addresses], alive, ""),
        ("nmap -sL -n -iL FILE", [*nmap, names], [*nmap, addresses], r"^Nmap scan report for", ""),
    ]
    print(f"\n  {'':32} {'names':>10} {'addresses':>10} {'lookups':>10}   {'cpu':>9}   found; lookups wanted")
    results = in_turn([command for row in rows for command in row[1:3]], runs)
    for index, (title, _, _, pattern, wanted) in enumerate(rows):
        named, numeric = results[2 * index], results[2 * index + 1]
        counts = sorted({len(re.findall(pattern, run[2], re.MULTILINE)) for run in named})
        print(
            f"  {title:32} {milliseconds(median(named)):>10} {milliseconds(median(numeric)):>10}"
            f" {milliseconds(median(named) - median(numeric)):>10}   {milliseconds(median(named, 1)):>9}"
            f"   {', '.join(map(str, counts))}" + (f"; {wanted}" if wanted else ""))
    sys.stdout.flush()


def trace(binary, pairs):
    traceroute = shutil.which("traceroute")
    print(f"\na trace of 8 hops, PTR records {DELAY * 1000:.0f} ms late, beside traceroute(8): {max(pairs // 8, 1)} and {pairs} pairs")
    print(HEADINGS)
    target = "198.51.100.34"

    def found(output):
        hops = len(re.findall(r"^ *\d+ .*198\.51\.100\.", output, re.MULTILINE))
        return f"{hops} hops, {len(set(re.findall(r'hop[0-9]+.agn.test', output)))} names"

    for title, options, count in (("traceroute", [], max(pairs // 8, 1)), ("traceroute -n", ["-n"], pairs)):
        pair(title, [binary, "traceroute", *options, target], [traceroute, *options, target], count, found=found)


def versions(ping):
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    print(f"machine: {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} processors, Linux {platform.release()}")
    for command in ([ping, "-V"], ["fping", "-v"], ["nmap", "--version"], ["traceroute", "--version"], ["dnsmasq", "--version"]):
        result = subprocess.run(command, capture_output=True, text=True)
        print((result.stdout + result.stderr).strip().splitlines()[0])


def main(binary, folder, pairs):
    ping = shutil.which("ping")
    versions(ping)
    dnsmasq = [
        "dnsmasq", "--keep-in-foreground", f"--conf-file={folder}/dnsmasq.conf", "--no-resolv", "--no-hosts", "--user=root",
        "--group=root", "--pid-file=", "--log-facility=-", "--bind-interfaces", f"--listen-address={DNSMASQ}", "--local=/agn.test/",
        "--local=/in-addr.arpa/",
    ]
    with server(*dnsmasq, ready="started") as running, server(sys.executable, "-c", LISTENER, ready="ready"):
        use(DNSMASQ)
        single(binary, ping, pairs)
        many(binary, folder, running, max(pairs // 8, 1))
    with server(sys.executable, "-c", DELAYING_SERVER, DELAYING, str(DELAY), ready="ready"):
        use(DELAYING)
        trace(binary, pairs)


def stop(number, _):
    sys.exit("names.py: a command took too long" if number == signal.SIGALRM else 128 + number)


def lab(binary, pairs):
    """Runs this script again inside the lab, with a stripped copy of the binary, as `make install` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        copy = os.path.join(folder, "swift-net")
        subprocess.run(["install", "-m", "755", "-s", binary, copy], check=True)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        unshare = ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        process = subprocess.Popen(
            [*unshare, "sh", "-c", LAB, "lab", sys.executable, os.path.abspath(__file__), copy, pairs],
            env=dict(os.environ, SWIFT_NET_LAB="names", FOLDER=folder))
        try:
            return process.wait()
        finally:
            # The processes of the lab end with it.
            process.kill()
            process.wait()


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, stop)
    arguments = sys.argv[1:] + ["40"]
    if os.environ.get("SWIFT_NET_LAB") == "names":
        main(arguments[0], os.environ["FOLDER"], int(arguments[1]))
    else:
        sys.exit(lab(os.path.abspath(arguments[0]), arguments[1]))
