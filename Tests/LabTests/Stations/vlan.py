"""A station of a VLAN on one end of a veth pair, for kernels without VLAN devices.

    vlan.py INTERFACE ADDRESS TAGS [GROUP [SENDING]]

TAGS are the tags of its frames, outermost first: 8100:7, 88a8:5, 88a8:5+8100:7, 8100:0, or - for none.

It answers ARP requests and ICMP echo requests for ADDRESS, and IGMP queries with a report (IGMPv3) of GROUP, in frames with its
tags, and only requests in such frames; a tag of identifier 0 is only a priority. With SENDING it also sends a general query, a report of GROUP and a datagram to GROUP
every 50 ms. Each frame that it answers or receives as a member is a line: arp, echo, query, report GROUP.
"""

import socket
import struct
import sys
import time

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
VLAN_VALID, TPID_VALID = 0x10, 0x40
LIFETIME = 120

interface, address = sys.argv[1], socket.inet_aton(sys.argv[2])
tags = [] if sys.argv[3] == "-" else [
    (int(kind, 16), int(identifier)) for kind, identifier in (tag.split(":") for tag in sys.argv[3].split("+"))
]
group = socket.inet_aton(sys.argv[4]) if len(sys.argv) > 4 else None
is_sending = len(sys.argv) > 5

link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
link.bind((interface, 3))
link.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
link.settimeout(0.05)
own = link.getsockname()[4]


def significant(tags):
    """Returns the tags without those that have only a priority."""
    return [tag for tag in tags if tag[1] != 0]


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~total & 0xFFFF)


def send(destination, kind, payload):
    header = b"".join(struct.pack(">HH", *tag) for tag in tags)
    link.send((destination + own + header + struct.pack(">H", kind) + payload).ljust(60, b"\0"))


def ip(destination, protocol, payload, ttl=1, options=b""):
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, 0, ttl, protocol, 0, address,
        destination) + options
    return header[:10] + checksum(header) + header[12:] + payload


def multicast(destination, protocol, payload, ttl=1, options=b"\x94\x04\0\0"):
    mac = b"\x01\0\x5e" + bytes([destination[1] & 0x7F]) + destination[2:]
    send(mac, 0x0800, ip(destination, protocol, payload, ttl, options))


def igmp(destination, message):
    multicast(destination, 2, message[:2] + checksum(message) + message[4:])


def report():
    igmp(socket.inet_aton("224.0.0.22"), struct.pack(">BBHHH", 0x22, 0, 0, 0, 1) + b"\2\0\0\0" + group)


def receive():
    """Returns destination, source, the tags, the type and the payload of a received frame; None for sent ones."""
    frame, control, _, sender = link.recvmsg(65536, 256)
    if sender[2] == PACKET_OUTGOING:
        return None
    found = []
    for level, kind, data in control:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, information, protocol = struct.unpack("IIIHHHH", data[:20])
            if status & VLAN_VALID:
                found.append((protocol if status & TPID_VALID else 0x8100, information & 0xFFF))
    offset = 12
    while frame[offset:offset + 2] in (b"\x81\0", b"\x88\xa8"):
        kind, information = struct.unpack(">HH", frame[offset:offset + 4])
        found.append((kind, information & 0xFFF))
        offset += 4
    return frame[:6], frame[6:12], found, struct.unpack(">H", frame[offset:offset + 2])[0], frame[offset + 2:]


def answer(source, kind, payload):
    """Answers a frame of this VLAN; returns the line about it."""
    if kind == 0x0806 and payload[6:8] == b"\0\1" and payload[24:28] == address:
        send(source, kind, payload[:6] + b"\0\2" + own + address + payload[8:18])
        return "arp"
    if kind != 0x0800 or len(payload) < 28:
        return None
    length, total = (payload[0] & 15) * 4, struct.unpack(">H", payload[2:4])[0]
    data = payload[length:total]
    if payload[9] == 1 and data[0] == 8 and payload[16:20] in (address, b"\xff" * 4):
        reply = b"\0\0\0\0" + data[4:]
        send(source, kind, ip(payload[12:16], 1, reply[:2] + checksum(reply) + reply[4:], ttl=64))
        return "echo"
    if payload[9] == 2 and data[0] == 0x11:
        if group and data[4:8] in (bytes(4), group):
            report()
        return "query"
    if payload[9] == 2 and data[0] == 0x22:
        return "report " + socket.inet_ntoa(data[12:16])
    return None


print("ready", flush=True)
next_sending = time.monotonic()
end = next_sending + LIFETIME
while time.monotonic() < end:
    if is_sending and time.monotonic() >= next_sending:
        next_sending += 0.05
        igmp(socket.inet_aton("224.0.0.1"), b"\x11\x0a\0\0" + bytes(4) + b"\x02\x7d\0\0")
        report()
        multicast(group, 17, struct.pack(">HHHH", 5000, 5000, 108, 0) + bytes(100), ttl=8, options=b"")
    try:
        received = receive()
    except TimeoutError:
        continue
    if received is None or significant(received[2]) != significant(tags):
        continue
    line = answer(received[1], received[3], received[4])
    if line:
        print(line, flush=True)
