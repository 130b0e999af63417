"""Runs the examples of Examples.md in labs of network namespaces, and writes the page.

    examples.py BINARY > Examples.md

Every link is a veth pair with both ends in these namespaces; they end with the program.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Benchmarks"))
from traces import CHAIN, DIAMOND, START  # noqa: E402

LINK = START + """
ip netns add here; ip netns add there
for n in here there; do ip -n $n link set lo up; done
ip link add v0 netns here type veth peer name v1 netns there
ip -n here link set v0 address 02:00:00:00:00:01; ip -n there link set v1 address 02:00:00:00:00:02
ip -n here addr add 192.0.2.1/24 dev v0; ip -n here link set v0 up
ip -n there addr add 192.0.2.2/24 dev v1; ip -n there addr add 192.0.2.5/24 dev v1; ip -n there link set v1 up
ip netns exec there nft -f - <<RULES
table inet t {
    chain i { type filter hook input priority 0; tcp dport 25 drop; tcp dport 27 reject with icmp port-unreachable; }
}
RULES
there() { ip netns exec there "$@" >/dev/null 2>&1 & }
mkdir -p /tmp/swift-net-examples; cd /tmp/swift-net-examples
echo "hello" >index.html
printf '02:00:00:00:00:01 192.0.2.1\\n' >ethers
there timeout 60 python3 -m http.server 80 --bind 192.0.2.2
there timeout 60 "$BINARY" rarp serve -I v1 --ethers ethers
there timeout 60 "$BINARY" igmp-join -I v1 239.1.2.3 232.1.1.1 --source 192.0.2.1
sleep 2
ip netns exec here "$@"
kill $(jobs -p) 2>/dev/null || true
"""

# Text is a paragraph; a line that begins with a dollar is run where the lab says and shown with its output.
PAGE = [
    """# Examples

Each command ran as it stands here, in a lab of network namespaces; `python3 Documentation/examples.py BINARY` as root runs
them again and writes this page. All addresses are from the documentation ranges.

## ping""",
    (LINK, "$ swift-net ping -c 3 -i 0.2 192.0.2.2"),
    "Several targets are a sweep:",
    (LINK, "$ swift-net ping --retries 1 -W 0.2 192.0.2.1-3"),
    "`--json` prints one object per line:",
    (LINK, "$ swift-net ping -j -c 1 192.0.2.2"),
    "`--fragment` sends the request in fragments, here in reverse order:",
    (LINK, "$ swift-net ping -c 1 -s 400 --fragment 64 --fragment-order reversed 192.0.2.2"),
    """## traceroute

Twelve hops; hop 5 forwards packets but sends no replies:""",
    (CHAIN, "$ swift-net traceroute -n 198.18.12.2"),
    "`--paths` finds every path of a load-balanced route; `--dot` prints the graph ([paths.svg](paths.svg)):",
    (DIAMOND, "$ swift-net traceroute -n --paths 198.18.9.2"),
    "`--mtu` reports the largest packet that reaches each hop, and finds black holes. Here hop 8 forwards only packets of up to"
    " 1,400 bytes and sends no ICMP errors:",
    ("NARROW", "$ swift-net traceroute -n --mtu 198.18.12.2"),
    "`--report` is mtr's table, followed by what the numbers show; `--live` updates the table on the screen:",
    (CHAIN, "$ swift-net traceroute -n --report --cycles 20 --interval 0.1 198.18.6.2"),
    "## arping, rarp and IGMP",
    (LINK, "$ swift-net arping -c 2 192.0.2.2"),
    (LINK, "$ swift-net arping --retries 1 -w 0.3 --sweep 192.0.2.0/29"),
    (LINK, "$ swift-net rarp query"),
    (LINK, "$ swift-net igmp-query --response 1s --listen 0.5"),
    "## dhcp-discover",
    ("DHCP", "$ swift-net dhcp-discover -w 2"),
    """## tcp-syn-scan

Scan only what is yours, or what you are permitted to scan; anywhere else it may be against the law. Here port 25 is dropped
by a firewall, and port 27 is rejected:""",
    (LINK, "$ swift-net tcp-syn-scan 192.0.2.2 -p 20-30,80 --all --sort"),
    "`--banners` completes the handshakes of open ports in user space and reads the first reply. It needs an unused address of"
    " the network, so that the kernel does not reset the connections:",
    (LINK, "$ swift-net tcp-syn-scan --banners --no-check --source 192.0.2.77 -p 80,443 192.0.2.2"),
    "[Scanning.md](Scanning.md) splits a scan over several hosts.",
    "## http-probe and http-fingerprint",
    (LINK, "$ swift-net http-probe -v http://192.0.2.2/"),
    "`--segments` shows the TCP segments; `--stack user` sends them from the user-space host's TCP:",
    (LINK, "$ swift-net http-probe --stack user --source 192.0.2.77 --no-check --segments http://192.0.2.2/"),
    (LINK, "$ swift-net http-fingerprint http://192.0.2.2/"),
    "[Fingerprinting.md](Fingerprinting.md) reports how often it is right.",
    """## host

A user-space host with its own ARP, NDP, IP, ICMP, UDP and TCP, for as long as the command runs. In one namespace
`swift-net host -I v1 --address 192.0.2.50/24 --serve echo,http` runs; in the other:""",
    ("HOST", "$ curl -s http://192.0.2.50/"),
    "## decode and address",
    (LINK, "$ swift-net ping -c 1 -q --pcap ping.pcapng 192.0.2.2 && swift-net decode ping.pcapng"),
    (LINK, "$ swift-net address 192.0.2.130/26"),
]


def run(lab, command, binary):
    environment = dict(os.environ, BINARY=binary)
    environment["PATH"] = os.path.dirname(binary) + ":" + os.environ["PATH"]
    if lab == "NARROW":
        lab, environment["NARROW"] = CHAIN, "yes"
    if lab == "DHCP":
        server = ("there timeout 60 dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=v1 --bind-interfaces"
                  " --pid-file= --dhcp-leasefile=/tmp/swift-net-examples/leases --no-ping"
                  " --dhcp-range=192.0.2.100,192.0.2.110,10m --dhcp-option=option:router,192.0.2.2 --domain=lab.example")
        lab = LINK.replace("sleep 2", server + "\nsleep 2")
    if lab == "HOST":
        lab = LINK.replace("sleep 2", 'there timeout 60 "$BINARY" host -I v1 --address 192.0.2.50/24 --serve echo,http\nsleep 3')
    result = subprocess.run(
        ["unshare", "-n", "-m", "sh", "-c", lab, "lab", "timeout", "60", "sh", "-c", command],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.stdout


def main():
    binary = os.path.abspath(sys.argv[1])
    parts = []
    for item in PAGE:
        if isinstance(item, str):
            parts.append(item)
            continue
        lab, shown = item
        output = run(lab, shown.removeprefix("$ "), binary)
        parts.append("```console\n" + shown + "\n" + output.rstrip() + "\n```")
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
