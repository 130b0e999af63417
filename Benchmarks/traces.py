"""Compares `swift-net traceroute` with its peers in labs of network namespaces.

Each lab is laid out in a mount namespace of its own and ends with it; both
tools of a row run in turn, see peers.py.
"""

import os
import re
import statistics
import subprocess
import sys

from peers import measure, milliseconds, row, shown

START = """
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
forward() {
    ip netns exec $1 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1 net.ipv4.icmp_ratelimit=0 \
        net.ipv4.icmp_msgs_per_sec=10000000 net.ipv4.icmp_msgs_burst=1000000
}
# link A NAME-IN-A ADDRESS-IN-A B NAME-IN-B ADDRESS-IN-B
link() {
    ip link add dev $2 netns $1 type veth peer name $5 netns $4
    ip -n $1 addr add $3/24 dev $2; ip -n $4 addr add $6/24 dev $5
    ip -n $1 link set dev $2 up; ip -n $4 link set dev $5 up
}
"""

# h0 to h12; hK has 198.18.K.2.
CHAIN = START + """
ip netns add h0; ip -n h0 link set dev lo up
for i in $(seq 1 12); do
    p=$((i - 1)); ip netns add h$i; ip -n h$i link set dev lo up
    if [ -n "$RELAY" ]; then
        ip netns add w$i
        ip link add r$i netns h$p type veth peer name x netns w$i
        ip link add l$i netns h$i type veth peer name y netns w$i
        ip -n h$p addr add 198.18.$i.1/24 dev r$i; ip -n h$i addr add 198.18.$i.2/24 dev l$i
        ip -n h$p link set dev r$i up; ip -n h$i link set dev l$i up
        for j in x y; do ip netns exec w$i sysctl -qw net.ipv6.conf.$j.disable_ipv6=1; ip -n w$i link set dev $j up; done
        ip netns exec h$p ethtool -K r$i tx off >/dev/null; ip netns exec h$i ethtool -K l$i tx off >/dev/null
        ip netns exec w$i "$RELAY" x y --to datagrams --for 100 delay:2=1 >/dev/null &
    else
        link h$p r$i 198.18.$i.1 h$i l$i 198.18.$i.2
    fi
    ip -n h$p route add default via 198.18.$i.2
    for j in $(seq 1 $((i - 1))); do ip -n h$i route add 198.18.$j.0/24 via 198.18.$i.1; done
    forward h$i
done
# No network is behind the last hop: packets forwarded there are dropped silently.
ip -n h12 route add 198.18.99.0/24 via 198.18.12.1
ip netns exec h12 nft add table ip t
ip netns exec h12 nft add chain ip t f '{ type filter hook forward priority 0; }'
ip netns exec h12 nft add rule ip t f drop
ip netns exec h5 nft add table ip t
ip netns exec h5 nft add chain ip t o '{ type filter hook output priority 0; }'
ip netns exec h5 nft add rule ip t o icmp type time-exceeded drop
# Optionally, the link behind h8 has a small MTU, and h8 sends no ICMP errors.
if [ -n "$NARROW" ]; then
    ip -n h8 link set dev r9 mtu 1400; ip -n h9 link set dev l9 mtu 1400
    ip netns exec h8 nft add table ip t
    ip netns exec h8 nft add chain ip t o '{ type filter hook output priority 0; }'
    ip netns exec h8 nft add rule ip t o icmp type destination-unreachable drop
fi
ip netns exec h0 "$@"
kill $(jobs -p) 2>/dev/null || true
"""

# h0, r, four parallel routers, s, and t, 198.18.9.2.
DIAMOND = START + """
for n in h0 r s t b1 b2 b3 b4; do ip netns add $n; ip -n $n link set dev lo up; forward $n; done
link h0 r 198.18.8.1 r h 198.18.8.2
link s t 198.18.9.1 t s 198.18.9.2
ways=
for b in 1 2 3 4; do
    link r b$b 198.18.10$b.1 b$b r 198.18.10$b.2
    link b$b s 198.18.15$b.1 s b$b 198.18.15$b.2
    ip -n b$b route add 198.18.9.0/24 via 198.18.15$b.2; ip -n b$b route add 198.18.8.0/24 via 198.18.10$b.1
    ways="$ways nexthop via 198.18.10$b.2"
    for i in b$b; do ip netns exec s sysctl -qw net.ipv4.conf.$i.rp_filter=0; done
done
ip netns exec s sysctl -qw net.ipv4.conf.all.rp_filter=0
ip -n h0 route add default via 198.18.8.2; ip -n t route add default via 198.18.9.1
ip -n r route add 198.18.9.0/24 $ways; ip -n s route add 198.18.8.0/24 via 198.18.151.1
ip netns exec h0 "$@"
"""


def chain(binary):
    row("12 hops, one silent, UDP", [binary, "traceroute", "-n", "198.18.12.2"], ["traceroute", "-n", "198.18.12.2"], 31)
    row("12 hops, one silent, ICMP", [binary, "traceroute", "-nI", "198.18.12.2"], ["traceroute", "-nI", "198.18.12.2"], 31)
    row("12 hops, one silent, TCP", [binary, "traceroute", "-nT", "198.18.12.2"], ["traceroute", "-nT", "198.18.12.2"], 11)
    row("a dead target behind hop 12", [binary, "traceroute", "-n", "198.18.99.1"], ["traceroute", "-n", "198.18.99.1"], 1)


def delayed(binary):
    row("12 hops, one silent, 2 ms on every link", [binary, "traceroute", "-n", "198.18.12.2"],
        ["traceroute", "-n", "198.18.12.2"], 9)


def verdict(output):
    """The line that names the black hole, or the closest match."""
    found = [line for line in output.splitlines() if "black hole" in line or "pmtu" in line or "F=" in line]
    return found[-1].strip() if found else "nothing"


def hole(binary):
    row("a black hole for packets over 1,400 bytes behind hop 8", [binary, "traceroute", "-n", "--mtu", "198.18.12.2"],
        ["tracepath", "-n", "-m", "14", "198.18.12.2"], 1, verdict)


def diamond(binary):
    """Runs ours 100 times, and the peer, which takes seconds, a few times."""
    ours = [binary, "traceroute", "-nj", "--paths", "198.18.9.2"]
    theirs = ["scamper", "-I", "tracelb 198.18.9.2"]
    print("\nevery path of four equal branches")
    print("  ours  ", shown(ours))
    print("  theirs", shown(theirs))
    runs = [measure(ours) for _ in range(100)]
    found = [len(re.findall(r'"to":"198.18.10\d.2"', output)) for _, _, output in runs]
    packets = [int(re.search(r'"sent":(\d+)', output).group(1)) for _, _, output in runs]
    walls = [wall for wall, _, _ in runs]
    peers = [measure(theirs) for _ in range(3)]
    print(f"  ours   all 4 in {found.count(4)} of 100, {statistics.median(packets):.0f} packets (to {max(packets)}),"
          f" {milliseconds(statistics.median(walls))} (to {milliseconds(max(walls))})")
    for wall, _, output in peers:
        probes = re.search(r"(\d+) probes", output)
        branches = len(set(re.findall(r"198\.18\.10\d\.2", output)))
        print(f"  theirs {branches} of 4, {probes.group(1) if probes else '?'} packets, {milliseconds(wall)}")


LABS = {"chain": (CHAIN, chain), "delayed": (CHAIN, delayed), "hole": (CHAIN, hole), "diamond": (DIAMOND, diamond)}

if __name__ == "__main__":
    lab = os.environ.get("SWIFT_NET_LAB")
    if lab:
        LABS[lab][1](sys.argv[1])
        sys.exit(0)
    print("\n" + subprocess.run(["traceroute", "--version"], capture_output=True, text=True).stderr.strip().split("\n")[0])
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    here = os.path.abspath(__file__)
    binary = os.path.abspath(sys.argv[1])
    for name, (script, _) in LABS.items():
        sys.stdout.flush()
        environment = dict(
            os.environ, SWIFT_NET_LAB=name, NARROW="1" if name == "hole" else "",
            RELAY=os.path.abspath(sys.argv[2]) if name == "delayed" else "")
        subprocess.call(unshare + ["sh", "-c", script, "lab", sys.executable, here, binary], env=environment)
