"""Compares `swift-net arping` with Habets' arping and arp-scan, a sweep of the local link with nmap and fping, and
joins a thousand groups.

Both tools of a row run in turn in one lab; see peers.py. Habets' arping is the
one that `make packages-bench` unpacked, for Debian has no room for two.
"""

import glob
import json
import os
import re
import subprocess
import sys
import time

from peers import LAB, row

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".build", "peers")


def habets(*words):
    libraries = glob.glob(PEERS + "/usr/lib/*-linux-gnu")
    arping = os.path.join(PEERS, "usr/sbin/arping")
    if not libraries or not os.path.exists(arping):
        return None
    return ["sh", "-c", f'LD_LIBRARY_PATH="{libraries[0]}" exec "$@"', "sh", arping, *words]


def sweep(binary):
    """A /16 in which all addresses reply."""
    ours = [binary, "arping", "-w", "0.1", "--rate", "max", "-I", "va", "--sweep", "198.18.0.0/16"]
    theirs = ["arp-scan", "-I", "va", "-q", "-x", "--bandwidth=100M", "--retry=2", "-t", "100", "198.18.0.0/16"]
    row("a sweep of a /16, all answer", ours, theirs, 15)
    for name, command in [("ours", ours), ("theirs", theirs)]:
        output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        found = {word for word in re.findall(r"^198\.18\.\d+\.\d+", output, re.MULTILINE)}
        print(f"  {name} found {len(found)}")


def network(binary):
    """An on-link /24 with 20 stations in addition to the kernel's own 2."""
    for last in range(10, 30):
        subprocess.run(["ip", "-n", "b", "addr", "add", f"192.0.2.{last}/24", "dev", "vb"], check=True)
    ours = [binary, "ping", "--alive", "192.0.2.0/24"]
    row("hosts in an on-link /24, defaults: nmap", ours, ["nmap", "-sn", "-n", "192.0.2.0/24"], 5)
    row("the same: fping", ours, ["fping", "-a", "-q", "-g", "192.0.2.0/24"], 3)
    found = subprocess.run(ours, stdout=subprocess.PIPE, text=True).stdout.split()
    print(f"  ours found {len(found)} of 22")


def thousand(binary):
    """Sequential requests; the round-trip times that both print."""
    words = ["-q", "-c", "1000", "-W", "0.00001", "192.0.2.2"]
    theirs = habets(*words)
    if theirs is None:
        return print("\nHabets' arping is not installed")
    ours = [binary, "arping", "--style", "habets", *words]
    row("1,000 arpings one after another", ours, theirs, 15)
    for name, command in [("ours", ours), ("theirs", theirs)]:
        output = subprocess.run([w for w in command if w != "-q"], stdout=subprocess.PIPE, text=True).stdout
        times = sorted(float(t) for t in re.findall(r"time=([0-9.]+) usec", output))
        print(f"  {name}: {len(times)} replies, median round trip {times[len(times) // 2]:.1f} us")
    print("  theirs begins after the send call, ours before it")


def groups(binary):
    """One process, with a querier on the other side; IGMPv3, and IGMPv2 with one report per group."""
    names = [f"239.1.{index >> 8}.{index & 255}" for index in range(1_000)]
    for version in ["3", "2"]:
        joiner = subprocess.Popen(
            [binary, "igmp-join", "-q", "-I", "va", "--version", version, "-w", "13", *names],
            stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        query = ["ip", "netns", "exec", "b", binary, "igmp-query", "-j", "-I", "vb", "--listen", "0", "--version", version]
        answer = subprocess.run(query, stdout=subprocess.PIPE, text=True).stdout
        members = {json.loads(line)["group"] for line in answer.splitlines() if '"member"' in line}
        status = open(f"/proc/{joiner.pid}/status").read()
        links = [os.readlink(path) for path in glob.glob(f"/proc/{joiner.pid}/fd/*")]
        peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
        _, _, usage = os.wait4(joiner.pid, 0)
        joiner.returncode = 0
        print(f"\n1,000 groups, a general query of 10 s, IGMPv{version}")
        print(
            f"  {len(members)} of 1,000 reported in time, {sum(link.startswith('socket:') for link in links)} socket,"
            f" {peak:.1f} MiB, {(usage.ru_utime + usage.ru_stime) * 1000:.0f} ms of CPU in 13 s")


def main():
    binary = os.path.abspath(sys.argv[1])
    if os.environ.get("LINKS_LAB"):
        for bench in (sweep, network, thousand, groups):
            bench(binary)
            sys.stdout.flush()
        return
    environment = dict(os.environ, LINKS_LAB="1")
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    here = os.path.abspath(__file__)
    sys.exit(subprocess.call(unshare + ["sh", "-c", LAB, "lab", sys.executable, here, binary], env=environment))


if __name__ == "__main__":
    main()
