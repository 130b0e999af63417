"""Fragments, lengths and options that hosts answer or drop: prints what a host does with each.

usage: fragments.py INTERFACE IPV4 IPV6
"""
import sys
from scapy.all import (ICMP, IP, IPv6, IPv6ExtHdrFragment, ICMPv6EchoRequest, ICMPv6ND_NS, ICMPv6ParamProblem, Raw,
                       TCP, UDP, conf, fragment, send, sniff, AsyncSniffer, raw)

interface, target, target6 = sys.argv[1:4]
conf.iface = interface
conf.verb = 0
number = 100


def answer(packets, matches, wait=0.6):
    """The first packet of the host that matches, or None."""
    found = []
    sniffer = AsyncSniffer(iface=interface, store=False, timeout=wait, started_callback=lambda: [
        send(packet, iface=interface) for packet in packets],
        prn=lambda packet: found.append(packet) if matches(packet) else None,
        stop_filter=lambda packet: bool(found))
    sniffer.start()
    sniffer.join()
    return found[0] if found else None


def echo(pieces):
    global number
    number += 1
    data = ICMP(id=number, seq=1) / Raw(bytes(24))
    whole = raw(data)
    packets = [IP(dst=target, id=number, proto=1, flags="MF" if more else 0, frag=start // 8, tos=tos)
               / Raw(whole[start:end]) for start, end, more, tos in pieces]
    reply = answer(packets, lambda p: IP in p and p[IP].src == target and ICMP in p and p[ICMP].id == number)
    return "no reply" if reply is None else "reply"


# The ECN field of the two fragments (RFC 3168, section 5.3).
for first in range(4):
    for second in range(4):
        print("ecn", first, second, echo([(0, 16, True, first), (16, 32, False, second)]), flush=True)

for length in (0, 1, 7, 8, 11, 12, 13, 65535):
    number += 1
    reply = answer([IP(dst=target) / UDP(sport=number, dport=9999, len=length, chksum=0) / Raw(b"abcd")],
                   lambda p: IP in p and p[IP].src == target and ICMP in p and p[ICMP].type == 3)
    print("udp length", length, "no reply" if reply is None else f"{reply[ICMP].type}/{reply[ICMP].code}", flush=True)


def problem(name, offset, more, next_header, data):
    global number
    number += 1
    packet = IPv6(dst=target6) / IPv6ExtHdrFragment(nh=next_header, offset=offset // 8, m=int(more), id=number) / Raw(data)
    reply = answer([packet], lambda p: IPv6 in p and p[IPv6].src == target6 and ICMPv6ParamProblem in p)
    text = "no reply" if reply is None else "{}/{} {}".format(
        reply[ICMPv6ParamProblem].type, reply[ICMPv6ParamProblem].code, reply[ICMPv6ParamProblem].ptr)
    print(name, text, flush=True)


problem("not a multiple of 8", 0, True, 17, bytes(13))
problem("not a multiple of 8, later", 64, True, 17, bytes(13))
problem("too long", 65528, False, 17, bytes(16))
problem("tcp header in two fragments", 0, True, 6, bytes(16))
problem("options in two fragments", 0, True, 60, bytes([58, 1, 1, 4, 0, 0, 0, 0]))
problem("a whole header", 0, True, 17, bytes(16))
