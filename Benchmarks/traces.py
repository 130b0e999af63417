"""Compares `swift-net traceroute` with traceroute(1) on a chain of routers.

Twelve hops in network namespaces, the fifth of them silent; both tools of a
row run in turn, see peers.py.
"""

import os
import subprocess
import sys

from peers import row

CHAIN = """
set -e
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip netns add h0; ip -n h0 link set dev lo up
for i in $(seq 1 12); do
    p=$((i - 1)); ip netns add h$i
    ip link add r$i netns h$p type veth peer name l$i netns h$i
    ip -n h$p addr add 198.18.$i.1/24 dev r$i; ip -n h$i addr add 198.18.$i.2/24 dev l$i
    ip -n h$p link set dev r$i up; ip -n h$i link set dev l$i up; ip -n h$i link set dev lo up
    ip -n h$p route add default via 198.18.$i.2
    for j in $(seq 1 $((i - 1))); do ip -n h$i route add 198.18.$j.0/24 via 198.18.$i.1; done
    ip netns exec h$i sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 \
        net.ipv4.icmp_msgs_per_sec=10000000 net.ipv4.icmp_msgs_burst=1000000
done
# Behind the last hop is nothing: what would be forwarded there is dropped without a word.
ip -n h12 route add 198.18.99.0/24 via 198.18.12.1
ip netns exec h12 nft add table ip t
ip netns exec h12 nft add chain ip t f '{ type filter hook forward priority 0; }'
ip netns exec h12 nft add rule ip t f drop
ip netns exec h5 nft add table ip t
ip netns exec h5 nft add chain ip t o '{ type filter hook output priority 0; }'
ip netns exec h5 nft add rule ip t o icmp type time-exceeded drop
exec ip netns exec h0 "$@"
"""


def main(binary):
    print("\n" + subprocess.run(["traceroute", "--version"], capture_output=True, text=True).stderr.strip().split("\n")[0])
    row("12 hops, one silent, UDP", [binary, "traceroute", "-n", "198.18.12.2"], ["traceroute", "-n", "198.18.12.2"], 31)
    row("12 hops, one silent, ICMP", [binary, "traceroute", "-nI", "198.18.12.2"], ["traceroute", "-nI", "198.18.12.2"], 31)
    row("a dead target behind hop 12", [binary, "traceroute", "-n", "198.18.99.1"], ["traceroute", "-n", "198.18.99.1"], 1)


if __name__ == "__main__":
    if os.environ.get("SWIFT_NET_LAB") == "1":
        main(sys.argv[1])
    else:
        environment = dict(os.environ, SWIFT_NET_LAB="1")
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]
        here = os.path.abspath(__file__)
        sys.exit(subprocess.call(unshare + ["sh", "-c", CHAIN, "lab", sys.executable, here, os.path.abspath(sys.argv[1])], env=environment))
