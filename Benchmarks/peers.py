"""Compares swift-net with iputils' ping and fping in a lab of network namespaces.

Both tools of a row run in turn, A B A B ..., in one lab; a row gives the
medians and the ratio of the medians, and the spread of the pairs' ratios.
No figure is a test: machines are shared and noisy.
"""

import os
import platform
import re
import statistics
import subprocess
import sys
import time

LAB = """
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip netns add a; ip netns add b
ip link add va netns a type veth peer name vb netns b
for n in a b; do ip -n $n link set dev lo up; ip -n $n link set dev v$n up; done
ip -n a addr add 192.0.2.1/24 dev va; ip -n b addr add 192.0.2.2/24 dev vb
ip -n a route add 198.18.0.0/15 via 192.0.2.2
ip -n b route add local 198.18.0.0/16 dev lo
ip -n b route add local 198.19.0.0/21 dev lo; ip -n b route add blackhole 198.19.8.0/21
ip netns exec b sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=10000000 net.ipv4.icmp_msgs_burst=1000000
exec ip netns exec a "$@"
"""

DEVNULL = open(os.devnull, "w")


def measure(command):
    """Wall and CPU seconds and the output of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=DEVNULL)
    output = process.stdout.read().decode()
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = 0
    return wall, usage.ru_utime + usage.ru_stime, output


def peak(command):
    """Peak memory in MiB, taken by a small parent: a child's figure begins with its parent's."""
    result = subprocess.run(["/usr/bin/time", "-f", "%M"] + command, stdout=DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(result.stderr.split()[-1]) / 1024


def milliseconds(seconds):
    return f"{seconds * 1000:.1f} ms"


def shown(command):
    """The command as a user would type it, without shell and folders."""
    words = command[4:] if command[:2] == ["sh", "-c"] else command
    return " ".join(os.path.basename(word) if word.startswith("/") else word for word in words)


def row(title, ours, theirs, runs, check=None):
    """Runs both in turn and prints the results."""
    print(f"\n{title}")
    print("  ours  ", shown(ours))
    print("  theirs", shown(theirs))
    results = {"ours": [], "theirs": []}
    measure(ours), measure(theirs)
    for _ in range(runs):
        results["ours"].append(measure(ours))
        results["theirs"].append(measure(theirs))
    for index, name in enumerate(["wall", "cpu"]):
        a = [run[index] for run in results["ours"]]
        b = [run[index] for run in results["theirs"]]
        ratios = sorted(x / y for x, y in zip(a, b) if y > 0)
        print(
            f"  {name:5} {milliseconds(statistics.median(a)):>11} against {milliseconds(statistics.median(b)):>11},"
            f" ratio of medians {statistics.median(a) / max(statistics.median(b), 1e-9):.2f}"
            f" (pairs {ratios[0]:.2f} to {ratios[-1]:.2f}, {runs} runs)")
    peaks = [peak(command) for command in (ours, theirs)]
    print(f"  peak  {peaks[0]:8.1f} MiB, theirs {peaks[1]:8.1f} MiB")
    if check:
        print("  found", [check(run[2]) for run in results["ours"]], "theirs", [check(run[2]) for run in results["theirs"]])


def only_ours(title, ours, pattern):
    print(f"\n{title}\n  ours  ", shown(ours))
    output = measure(ours)[2]
    found = re.search(pattern, output)
    print("       ", found.group(0) if found else output)


def lines(output):
    return len(output.splitlines())


def main(binary):
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    print(f"machine: {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} processors, Linux {platform.release()}")
    for peer in (["ping", "-V"], ["fping", "-v"]):
        print(subprocess.run(peer, capture_output=True, text=True).stdout.splitlines()[0])
    row("start-up: the version", [binary, "ping", "-V"], ["ping", "-V"], 41)
    for command in subprocess.run([binary, "help"], capture_output=True, text=True).stdout.splitlines():
        name = command.split()[0] if command.startswith("  ") else ""
        if name and not name.startswith("-") and name != "ping":
            row(f"start-up of {name}", [binary, name, "-V"], ["ping", "-V"], 41)
    row("start-up: one echo of this host", [binary, "ping", "-qc1", "127.0.0.1"], ["ping", "-qc1", "127.0.0.1"], 41)
    row("10,000 echoes, flood, one host", [binary, "ping", "-q", "-f", "-c", "10000", "192.0.2.2"],
        ["ping", "-q", "-f", "-c", "10000", "192.0.2.2"], 31)
    row("the same, 64 under way, against iputils one by one", [binary, "ping", "-q", "-f", "-l", "64", "-c", "10000", "192.0.2.2"],
        ["ping", "-q", "-f", "-c", "10000", "192.0.2.2"], 31)
    # Linux creates a separate route for each packet with IP_HDRINCL to a neighbor on the link,
    # but not to a host behind a router.
    row("10,000 echoes, flood, one host behind a router", [binary, "ping", "-q", "-f", "-c", "10000", "198.18.0.1"],
        ["ping", "-q", "-f", "-c", "10000", "198.18.0.1"], 31)
    row("the same, 64 under way, against iputils one by one", [binary, "ping", "-q", "-f", "-l", "64", "-c", "10000", "198.18.0.1"],
        ["ping", "-q", "-f", "-c", "10000", "198.18.0.1"], 31)
    row("10,000 echoes to the neighbor, 64 under way in both", [binary, "ping", "-q", "-f", "-l", "64", "-c", "10000", "192.0.2.2"],
        ["ping", "-q", "-f", "-l", "64", "-c", "10000", "192.0.2.2"], 31)
    # fping's sequence numbers do not allow 65,536 targets: it gets one less.
    row("65,536 addresses, all answering",
        [binary, "ping", "--alive", "--retries", "0", "-W", "0.5", "--rate", "max", "198.18.0.0/16"],
        ["fping", "-a", "-r", "0", "-t", "500", "-i", "0", "-g", "198.18.0.0", "198.18.255.254"], 9, lines)
    row("4,096 addresses, half of them silent, 200 ms, no retry",
        [binary, "ping", "--alive", "--retries", "0", "-W", "0.2", "--rate", "max", "198.19.0.0/20"],
        ["fping", "-a", "-r", "0", "-t", "200", "-i", "0", "-g", "198.19.0.0", "198.19.15.255"], 9, lines)
    row("the same with both tools' defaults", [binary, "ping", "--alive", "198.19.0.0/20"],
        ["fping", "-a", "-g", "198.19.0.0", "198.19.15.255"], 1, lines)
    only_ours("1,000 probes at 10 ms (9,990 wanted)", [binary, "ping", "-q", "-i", "0.01", "-c", "1000", "192.0.2.2"], r"time \d+ms")
    print("\nmedian round trip of the flood, ours and iputils' average")
    print("  ours  ", re.search(r"rtt p50.*", measure([binary, "ping", "-qvf", "-c", "10000", "192.0.2.2"])[2]).group(0))
    print("  theirs", re.search(r"rtt min.*", measure(["ping", "-qf", "-c", "10000", "192.0.2.2"])[2]).group(0))
    sys.stdout.flush()


if __name__ == "__main__":
    if os.environ.get("SWIFT_NET_LAB") == "1":
        main(sys.argv[1])
    else:
        environment = dict(os.environ, SWIFT_NET_LAB="1")
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        here = os.path.abspath(__file__)
        sys.exit(subprocess.call(unshare + ["sh", "-c", LAB, "lab", sys.executable, here, os.path.abspath(sys.argv[1])], env=environment))
