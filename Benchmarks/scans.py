"""Compares `swift-net tcp-syn-scan` with zmap, masscan and nmap, and with a C program that only sends.

All tools of a row run in turn in one lab, whose other host answers for 198.18.0.0/15 and has
port 80 open; see peers.py. Nothing leaves the lab.
"""

import collections
import os
import re
import statistics
import struct
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
ip netns add a; ip netns add b
ip link add va netns a type veth peer name vb netns b
ip -n a link set dev va address 02:00:00:00:00:01; ip -n b link set dev vb address 02:00:00:00:00:02
for n in a b; do ip -n $n link set dev lo up; ip -n $n link set dev v$n up; done
ip -n a addr add 192.0.2.1/24 dev va; ip -n b addr add 192.0.2.2/24 dev vb
ip -n a route add 198.18.0.0/15 via 192.0.2.2
ip -n a neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev va nud permanent
ip -n b route add local 198.18.0.0/15 dev lo
# zmap and masscan do not reply to ARP for their source addresses.
for n in 78 79; do ip -n b neigh replace 192.0.2.$n lladdr 02:00:00:00:00:01 dev vb nud permanent; done
ip netns exec b sysctl -qw net.core.somaxconn=65536 net.ipv4.tcp_max_syn_backlog=65536
exec ip netns exec a "$@"
"""

LISTENER = """
import socket, sys, time
kept = []
for port in [80] + [i * 600 + 50 for i in range(99)]:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    s.listen(65536)
    kept.append(s)
print("ready", flush=True)
time.sleep(1800)
"""

RUNS = 10


def other(*words, **options):
    return subprocess.Popen(["ip", "netns", "exec", "b", *words], **options)


def table(title, commands, runs=RUNS):
    """Runs every command in turn: name, arguments, results (from its output), number of runs."""
    print(f"\n{title}")
    results = collections.defaultdict(list)
    for index in range(runs):
        for name, words, found, most in commands:
            if index < most:
                wall, cpu, output = measure(words)
                results[name].append((wall, cpu, found(output)))
    for name, words, _, _ in commands:
        runs_of = results[name]
        walls = statistics.median(r[0] for r in runs_of)
        cpus = statistics.median(r[1] for r in runs_of)
        found = [r[2] for r in runs_of]
        print(f"  {name:16} wall {milliseconds(walls):>11}  cpu {milliseconds(cpus):>11}  {found}")
    return {name: (statistics.median(r[0] for r in rs), statistics.median(r[1] for r in rs)) for name, rs in results.items()}


def ratio(medians, ours, theirs):
    a, b = medians[ours], medians[theirs]
    print(f"  {ours} : {theirs} = wall {a[0] / b[0]:.2f}, cpu {a[1] / b[1]:.2f}")


def count(pattern):
    return lambda output: len(set(re.findall(pattern, output, re.MULTILINE)))


def worst_share(path, rate):
    """The maximum number of packets in 50 ms of a pcap file, as a share of the rate."""
    data = open(path, "rb").read()
    times, offset = [], 24
    while offset + 16 <= len(data):
        seconds, nanoseconds, length, _ = struct.unpack_from("<IIII", data, offset)
        times.append(seconds * 10**9 + nanoseconds)
        offset += 16 + length
    first = most = 0
    for index, instant in enumerate(times):
        while instant - times[first] >= 50_000_000:
            first += 1
        most = max(most, index - first + 1)
    span = (times[-1] - times[0]) / 1e9
    return len(times), (len(times) - 1) / span, most / (rate * 0.05)


def user_time(words):
    """The resource usage of the median of three runs."""
    usages = []
    for _ in range(3):
        process = subprocess.Popen(words, stdout=DEVNULL, stderr=DEVNULL)
        usages.append(os.wait4(process.pid, 0)[2])
        process.returncode = 0
    return sorted(usages, key=lambda usage: usage.ru_utime)[1]


def tunnel(binary, relay):
    """4,096 hosts behind a pair of TUN interfaces, whose packets a process carries."""
    station = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "LabTests", "Stations", "tunnel.py")
    ends = ["a:t0:198.51.100.1/24", "b:t0:198.51.100.2/24"]
    environment = dict(os.environ, RELAY=relay)
    carrier = subprocess.Popen([sys.executable, station, "65534", *ends], stdout=subprocess.PIPE, env=environment)
    try:
        carrier.stdout.readline()
        subprocess.run(["ip", "route", "add", "198.18.0.0/20", "dev", "t0"], check=True)
        address = r"(198\.18\.\d+\.\d+)"
        medians = table("over tun, 4,096 hosts x 1 open port", [
            ("ours", [binary, "tcp-syn-scan", "198.18.0.0/20", "-p", "80", "-q", "--rate", "max"], count("^" + address), RUNS),
            ("ours, --rate 10000", [binary, "tcp-syn-scan", "198.18.0.0/20", "-p", "80", "-q"], count("^" + address), RUNS),
            ("nmap", ["nmap", "-sS", "-n", "-Pn", "-p80", "-oG", "-", "198.18.0.0/20"],
             count(rf"^Host: {address} .*80/open/"), RUNS),
            ("nmap -T5", ["nmap", "-sS", "-n", "-Pn", "-T5", "-p80", "-oG", "-", "198.18.0.0/20"],
             count(rf"^Host: {address} .*80/open/"), RUNS),
        ])
        for theirs in ["nmap", "nmap -T5"]:
            ratio(medians, "ours", theirs)
    finally:
        carrier.kill()
        carrier.wait()


def firewall(rules):
    """Replaces the rules for what the other host receives."""
    subprocess.run(["ip", "netns", "exec", "b", "nft", "flush", "ruleset"], check=True)
    table = ["table inet t {", "chain i {", "type filter hook input priority 0", *rules, "}", "}", ""]
    subprocess.run(["ip", "netns", "exec", "b", "nft", "-f", "-"], input="\n".join(table), text=True, check=True)


def hard_targets(binary):
    """A filtered port, a host that limits SYNs, and scans without privileges."""
    opened = count(r"\b(\d+)/tcp +open")
    nmap = ["nmap", "-n", "-Pn"]
    firewall(["tcp dport 7777 drop"])
    medians = table("1 host x 65,535 ports, one of them filtered", [
        ("ours", [binary, "tcp-syn-scan", "192.0.2.2", "-p", "-", "--rate", "max"], opened, RUNS),
        ("nmap -T5", [*nmap, "-sS", "-T5", "-p-", "192.0.2.2"], opened, RUNS),
    ])
    ratio(medians, "ours", "nmap -T5")
    # The default of OpenWrt's firewall.
    firewall(["tcp flags syn limit rate 25/second burst 50 packets accept", "tcp flags syn drop"])
    # 5 of the listener's ports and 198 others.
    ports = "80,50,650,1250,1850,1-49,51-79,81-200"
    medians = table("203 ports, 5 of them open, of a host that accepts 25 SYNs per second", [
        ("ours", [binary, "tcp-syn-scan", "192.0.2.2", "-p", ports], opened, RUNS),
        ("nmap -T4", [*nmap, "-sS", "-T4", "-p", ports, "192.0.2.2"], opened, RUNS),
    ])
    ratio(medians, "ours", "nmap -T4")
    subprocess.run(["ip", "netns", "exec", "b", "nft", "flush", "ruleset"], check=True)
    medians = table("1 host x 65,535 ports by connect(2)", [
        ("ours", [binary, "tcp-syn-scan", "192.0.2.2", "-p", "-", "--connect", "--rate", "max"], opened, RUNS),
        ("nmap -sT -T5", [*nmap, "-sT", "-T5", "-p-", "192.0.2.2"], opened, RUNS),
    ])
    ratio(medians, "ours", "nmap -sT -T5")


def rates(binary):
    print("\n65,535 ports of one host at a given rate: packets sent, mean rate, maximum share in 50 ms, user time per packet")
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "c.pcap")
        for rate in [10_000, 20_000, 100_000]:
            commands = [("ours", [binary, "tcp-syn-scan", "192.0.2.2", "-p", "-", "--rate", str(rate)]),
                        ("masscan", ["timeout", "30", "masscan", "-p1-65535", "192.0.2.2", "-e", "va", "--router-mac", "02-00-00-00-00-02",
                                     "--rate", str(rate), "--wait", "1"])]
            for name, words in commands:
                tap = other("tcpdump", "-i", "vb", "--time-stamp-precision=nano", "-B", "65536", "-s", "60", "-w", capture,
                            "tcp[tcpflags] == tcp-syn", stderr=subprocess.PIPE, text=True)
                while "listening" not in tap.stderr.readline():
                    pass
                process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                output = process.stdout.read().decode()
                _, _, usage = os.wait4(process.pid, 0)
                process.returncode = 0
                time.sleep(0.5)
                tap.terminate()
                tap.wait()
                sent, mean, worst = worst_share(capture, rate)
                if name == "ours":
                    # Again without the capture, which uses kernel time and ours.
                    usage = user_time(words)
                found = len(set(re.findall(r"\b(\d+)/tcp", output)))
                print(f"  {name:8} {rate:7}: {sent} sent, {mean:10.1f} per second, {worst:.3f}, {usage.ru_utime / sent * 1e6:.2f} us; {found} open")


def sending(binary, c):
    """The other host drops every packet on receipt."""
    for words in ["add table netdev t", "add chain netdev t i { type filter hook ingress device vb priority 0; policy drop; }"]:
        subprocess.run(["ip", "netns", "exec", "b", "nft", words], check=True)
    amount = 1 << 20
    ours = [binary, "tcp-syn-scan", "198.18.0.0/16", "-p", "1-16", "--rate", "max", "--retries", "0", "--wait", "0"]
    speeds = collections.defaultdict(list)
    for _ in range(RUNS):
        for mode in ["sendmmsg", "xdp"]:
            speeds["C " + mode].append(float(measure([c, "va", mode, str(amount)])[2].split()[1]))
        speeds["ours, AF_XDP"].append(float(re.search(r"(\d+) per second\n", measure(ours)[2][100:]).group(1)))
        holder = subprocess.Popen([c, "va", "hold", "20"], stdout=subprocess.PIPE)
        holder.stdout.readline()
        speeds["ours, sendmmsg"].append(float(re.search(r"(\d+) per second\n", measure(ours)[2][100:]).group(1)))
        holder.kill()
        holder.wait()
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(["timeout", "60", "masscan", "-p1-16", "198.18.0.0/16", "-e", "va", "--router-mac", "02-00-00-00-00-02", "--rate", "10000000",
                        "--wait", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        speeds["masscan"].append(amount / (time.perf_counter() - start))
    print("\nsending only, the receiver drops: packets per second")
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    for name, value in medians.items():
        print(f"  {name:16} {value:12.0f}")
    print(f"  sendmmsg {medians['ours, sendmmsg'] / medians['C sendmmsg']:.2f}, AF_XDP {medians['ours, AF_XDP'] / medians['C xdp']:.2f} of C;"
          f" {medians['ours, AF_XDP'] / medians['masscan']:.2f} of masscan")
    output = measure([binary, "tcp-syn-scan", "192.0.2.2", "-p", "1-1000"])[2]
    print("\nan unresponsive target, 1,000 ports; the last wait is 2 s, after attempts at 0, 1 and 3 s")
    print("  " + output.splitlines()[-1])
    size = peak([binary, "tcp-syn-scan", "198.18.0.0/16", "-p", "1-1000", "--rate", "max", "-w", "20"])
    print(f"\n65,536 hosts x 1,000 ports, for 20 s: {size:.1f} MiB")


def main(binary, c, relay):
    listener = other(sys.executable, "-c", LISTENER, stdout=subprocess.PIPE)
    listener.stdout.readline()
    try:
        address = r"^(198\.18\.\d+\.\d+)"
        quiet = ["--rate", "max", "-q"]
        zmap = ["zmap", "-p", "80", "-i", "va", "-G", "02:00:00:00:00:02", "-B", "10G", "-c", "1", "-q", "-b", "/dev/null", "198.18.0.0/16"]
        masscan = ["timeout", "60", "masscan", "-e", "va", "--router-mac", "02-00-00-00-00-02", "--rate", "10000000", "--wait", "1"]
        medians = table("65,536 hosts x 1 open port, full speed", [
            ("C, only sends", [c, "va", "sendmmsg", "65536"], lambda output: "", RUNS),
            ("ours", [binary, "tcp-syn-scan", "198.18.0.0/16", "-p", "80", *quiet], count(address), RUNS),
            ("zmap", zmap, count(address), RUNS),
            ("masscan", [*masscan, "-p80", "198.18.0.0/16"], count(r"on (\S+)"), 3),
        ])
        ratio(medians, "ours", "C, only sends")
        ratio(medians, "ours", "zmap")
        table("the same from an address that the kernel does not own; ours begins with RFC 5227's check", [
            ("ours", [binary, "tcp-syn-scan", "198.18.0.0/16", "-p", "80", *quiet, "--source", "192.0.2.77"], count(address), RUNS),
            ("zmap", [*zmap, "-S", "192.0.2.78"], count(address), 3),
            ("masscan", [*masscan, "-p80", "198.18.0.0/16", "--source-ip", "192.0.2.79"], count(r"on (\S+)"), 3),
        ])
        port = r"\b(\d+)/(?:tcp|open)"
        medians = table("1 host x 65,535 ports, 100 of them open", [
            ("ours", [binary, "tcp-syn-scan", "192.0.2.2", "-p", "-", "--rate", "max"],
             lambda output: ", ".join(re.search(r"(\d+) open, (\d+) closed, (\d+) filtered", output).groups()), RUNS),
            ("nmap -T5", ["nmap", "-sS", "-n", "-Pn", "-T5", "-p-", "192.0.2.2"], count(r"^(\d+)/tcp +open"), RUNS),
            ("masscan", [*masscan, "-p1-65535", "192.0.2.2"], count(port), 3),
        ])
        ratio(medians, "ours", "nmap -T5")
        tunnel(binary, relay)
        hard_targets(binary)
        rates(binary)
        sending(binary, c)
    finally:
        listener.kill()
    sys.stdout.flush()


if __name__ == "__main__":
    if os.environ.get("SWIFT_NET_LAB") == "scans":
        main(*sys.argv[1:4])
    else:
        environment = dict(os.environ, SWIFT_NET_LAB="scans")
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        with tempfile.TemporaryDirectory() as folder:
            here = os.path.dirname(os.path.abspath(__file__))
            programs = [os.path.join(folder, name) for name in ["syn-send", "tun-relay"]]
            for program in programs:
                source = os.path.join(here, os.path.basename(program) + ".c")
                subprocess.run(["cc", "-O2", "-o", program, source], check=True)
            sys.exit(subprocess.call(
                unshare + ["sh", "-c", LAB, "lab", sys.executable, os.path.abspath(__file__), os.path.abspath(sys.argv[1]), *programs],
                env=environment))
