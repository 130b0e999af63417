"""Scapy as the oracle of `swift-net decode`.

    oracle.py BINARY SEED COUNT DIRECTORY

Makes COUNT random packets of every kind with Scapy, writes them to one capture
file a link type, lets BINARY decode them as JSON, and compares what it says
with what Scapy says of the same bytes: fields, options and checksums, right
and corrupted ones. Prints every difference; exit status 1 when there is one.
DIRECTORY/packets.txt has each packet as `link-type hexadecimal`, for who wants
to write them again.
"""

import json
import logging
import os
import random
import struct
import subprocess
import sys

logging.getLogger("scapy").setLevel(logging.CRITICAL)
from scapy.all import *  # noqa: E402,F403
from scapy.contrib import icmp_extensions as extensions  # noqa: E402
from scapy.contrib import igmp, igmpv3  # noqa: E402
from scapy.contrib.mpls import MPLS  # noqa: E402

conf.color_theme = NoTheme()

# ---------------------------------------------------------------- random values


def mac():
    return ":".join("%02x" % random.choice([0, 1, 2, 0x5E, 0xFF, random.randrange(256)]) for _ in range(6))


def ip4():
    return random.choice(["192.0.2.%d", "198.51.100.%d", "203.0.113.%d"]) % random.randrange(256)


def group4():
    return "239.%d.%d.%d" % tuple(random.randrange(256) for _ in range(3))


def ip6():
    groups = [random.choice([0, 0, random.randrange(65536)]) for _ in range(6)]
    return "2001:db8:" + ":".join("%x" % g for g in groups)


def group6():
    return "ff0%x::%x:%x" % (random.choice([1, 2, 5, 8, 14]), random.randrange(65536), random.randrange(65536))


def port():
    # Ports for which Scapy has no protocol of its own.
    return random.randrange(20000, 65000)


def blob(most=64):
    return bytes(random.randrange(256) for _ in range(random.choice([0, 1, 2, 3, random.randrange(most + 1)])))


def u8():
    return random.randrange(256)


def u16():
    return random.choice([0, 1, 0xFFFF, random.randrange(65536)])


def u32():
    return random.choice([0, 1, 0xFFFFFFFF, random.randrange(1 << 32)])


# ---------------------------------------------------------------- packets


def ip_options():
    options = []
    for _ in range(random.randrange(3)):
        routers = [ip4() for _ in range(random.randrange(1, 4))]
        pointer = 4 + 4 * random.randrange(len(routers) + 1)
        # Scapy takes the last address for the final destination even of a route that is used up; it is not.
        unfinished = 4 + 4 * random.randrange(len(routers))
        options.append(random.choice([
            lambda: IPOption_NOP(),
            lambda: IPOption_RR(routers=routers, pointer=pointer),
            lambda: IPOption_LSRR(routers=routers, pointer=unfinished),
            lambda: IPOption_SSRR(routers=routers, pointer=unfinished),
            lambda: IPOption_Router_Alert(),
            lambda: IPOption_Stream_Id(security=u16()),
            lambda: IPOption_Security(security=u16(), compartment=u16(), handling_restrictions=u16(), transmission_control_code=b"xyz"),
            lambda: IPOption_Timestamp(flg=0, pointer=random.choice([5, 9]), timestamp=u32(), oflw=random.randrange(16)),
            lambda: IPOption_Timestamp(flg=1, pointer=random.choice([5, 13]), internet_address=ip4(), timestamp=u32()),
        ])())
    # A route stands in a header once at most (RFC 791, section 3.1).
    routes = [option for option in options if isinstance(option, (IPOption_LSRR, IPOption_SSRR))]
    return options if sum(len(option) for option in options) <= 40 and len(routes) < 2 else []


def ipv4(**fields):
    flags = random.choice([0, 0, "DF", "DF", "evil"])
    return IP(src=ip4(), dst=ip4(), tos=u8(), id=u16(), ttl=u8(), flags=flags, options=ip_options(), **fields)


def ipv6():
    packet = IPv6(src=ip6(), dst=ip6(), tc=u8(), fl=random.randrange(1 << 20), hlim=u8())
    if random.random() < 0.2:
        packet /= IPv6ExtHdrHopByHop(options=[RouterAlert(value=random.randrange(3))])
    if random.random() < 0.2:
        packet /= IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x1E, optdata=blob(8))])
    if random.random() < 0.2:
        addresses = [ip6() for _ in range(random.randrange(1, 4))]
        packet /= IPv6ExtHdrRouting(addresses=addresses, segleft=random.randrange(len(addresses) + 1))
    elif random.random() < 0.1:
        addresses = [ip6() for _ in range(random.randrange(1, 4))]
        packet /= IPv6ExtHdrSegmentRouting(addresses=addresses, segleft=random.randrange(len(addresses)))
    return packet


def tcp_options():
    options = []
    for _ in range(random.randrange(6)):
        options.append(random.choice([
            lambda: ("NOP", None), lambda: ("MSS", u16()), lambda: ("WScale", u8()), lambda: ("SAckOK", b""),
            lambda: ("Timestamp", (u32(), u32())), lambda: ("SAck", tuple(u32() for _ in range(2 * random.randrange(1, 4)))),
            lambda: (random.choice([254, 253, 77]), blob(6)), lambda: (30, bytes([random.randrange(256)]) + blob(6)),
        ])())
    fixed = {"NOP": 1, "MSS": 4, "WScale": 3, "SAckOK": 2, "Timestamp": 10}
    length = 0
    for name, value in options:
        length += fixed[name] if name in fixed else 2 + (4 * len(value) if name == "SAck" else len(value))
    return options if length <= 40 else []


def tcp():
    return TCP(sport=port(), dport=port(), seq=u32(), ack=u32(), flags=random.randrange(512), window=u16(),
               urgptr=u16(), options=tcp_options()) / Raw(blob())


def udp():
    return UDP(sport=port(), dport=port()) / Raw(blob())


def icmp4():
    kind = random.choice(["echo", "echo", "timestamp", "mask", "information", "unknown"])
    if kind == "echo":
        return ICMP(type=random.choice([0, 8]), code=random.choice([0, 0, u8()]), id=u16(), seq=u16()) / Raw(blob())
    if kind == "timestamp":
        return ICMP(type=random.choice([13, 14]), id=u16(), seq=u16(), ts_ori=u32(), ts_rx=u32(), ts_tx=u32())
    if kind == "mask":
        return ICMP(type=random.choice([17, 18]), id=u16(), seq=u16(), addr_mask=ip4())
    if kind == "information":
        return ICMP(type=random.choice([15, 16]), id=u16(), seq=u16())
    return ICMP(type=random.choice([40, 200]), code=u8()) / Raw(blob())


def quoted4():
    inner = IP(bytes(ipv4() / random.choice([udp, tcp, icmp4])()))
    data = bytes(inner)
    header = inner.ihl * 4
    # Routers quote eight bytes of the data, or more.
    return data[:random.choice([header + 8, header + 8, len(data), max(header + 8, len(data) - 3)])]


def error4():
    quote = quoted4()
    kind = random.choice([(3, random.randrange(16)), (3, 4), (4, 0), (5, random.randrange(4)), (11, random.randrange(2)), (12, 0)])
    message = ICMP(type=kind[0], code=kind[1])
    if kind == (3, 4):
        message.nexthopmtu = u16()
    if kind[0] == 5:
        message.gw = ip4()
    if kind[0] == 12:
        message.ptr = u8()
    if kind[0] in (3, 11, 12) and kind != (3, 4) and random.random() < 0.5:
        return extended(message, quote, 4)
    return message / Raw(quote)


def extended(message, quote, word):
    """RFC 4884: the quote padded, its length said, and the extensions after it."""
    if word == 4:
        quote = quote[:200] + bytes(max(128 - len(quote[:200]), -len(quote[:200]) % 4))
        message.length = len(quote) // 4
    else:
        quote = quote[:200] + bytes(max(128 - len(quote[:200]), -len(quote[:200]) % 8))
        message.length = len(quote) // 8
    objects = b""
    for _ in range(random.randrange(1, 3)):
        if random.random() < 0.5:
            count = random.randrange(1, 4)
            labels = b"".join(bytes(MPLS(label=random.randrange(1 << 20), cos=random.randrange(8), s=int(i == count - 1), ttl=u8()))
                              for i in range(count))
            objects += struct.pack("!HBB", 4 + len(labels), 1, 1) + labels
        else:
            objects += bytes(extensions.ICMPExtensionInterfaceInformation(
                interface_role=random.randrange(4), has_ifindex=1, ifindex=u32(), has_ipaddr=1, afi=1, ip4=ip4(),
                has_mtu=1, mtu=u32()))
    header = bytearray(struct.pack("!BBH", 0x20, 0, 0) + objects)
    header[2:4] = struct.pack("!H", checksum(bytes(header)))
    return message / Raw(quote + bytes(header))


def igmp4():
    kind = random.randrange(6)
    if kind == 0:
        return igmp.IGMP(type=0x11, mrcode=u8(), gaddr=random.choice(["0.0.0.0", group4()]))
    if kind < 4:
        return igmp.IGMP(type=[0x12, 0x16, 0x17][kind - 1], mrcode=0, gaddr=group4())
    if kind == 4:
        return igmpv3.IGMPv3(type=0x11, mrcode=u8()) / igmpv3.IGMPv3mq(
            gaddr=group4(), s=random.randrange(2), qrv=random.randrange(8), qqic=u8(), srcaddrs=[ip4() for _ in range(random.randrange(4))])
    records = [igmpv3.IGMPv3gr(rtype=random.randrange(1, 7), maddr=group4(), srcaddrs=[ip4() for _ in range(random.randrange(4))])
               for _ in range(random.randrange(4))]
    return igmpv3.IGMPv3(type=0x22) / igmpv3.IGMPv3mr(records=records)


def neighbor_options(packet):
    for _ in range(random.randrange(3)):
        packet /= random.choice([
            lambda: ICMPv6NDOptSrcLLAddr(lladdr=mac()), lambda: ICMPv6NDOptDstLLAddr(lladdr=mac()),
            lambda: ICMPv6NDOptMTU(mtu=u32()),
            lambda: ICMPv6NDOptPrefixInfo(prefixlen=random.randrange(129), L=random.randrange(2), A=random.randrange(2),
                                          validlifetime=u32(), preferredlifetime=u32(), prefix=ip6()),
        ])()
    return packet


def icmp6():
    kind = random.randrange(8)
    if kind < 3:
        return random.choice([ICMPv6EchoRequest, ICMPv6EchoReply])(id=u16(), seq=u16(), data=blob())
    if kind == 3:
        return neighbor_options(ICMPv6ND_RS())
    if kind == 4:
        return neighbor_options(ICMPv6ND_RA(chlim=u8(), M=random.randrange(2), O=random.randrange(2), routerlifetime=u16(),
                                            reachabletime=u32(), retranstimer=u32()))
    if kind == 5:
        return neighbor_options(ICMPv6ND_NS(tgt=ip6()))
    if kind == 6:
        return neighbor_options(ICMPv6ND_NA(tgt=ip6(), R=random.randrange(2), S=random.randrange(2), O=random.randrange(2)))
    return neighbor_options(ICMPv6ND_Redirect(tgt=ip6(), dst=ip6()))


def listener6():
    kind = random.randrange(5)
    if kind == 0:
        return ICMPv6MLQuery(mrd=u16(), mladdr=random.choice(["::", group6()]))
    if kind == 1:
        return ICMPv6MLReport(mladdr=group6())
    if kind == 2:
        return ICMPv6MLDone(mladdr=group6())
    if kind == 3:
        return ICMPv6MLQuery2(mrd=u16(), mladdr=group6(), S=random.randrange(2), QRV=random.randrange(8), QQIC=u8(),
                              sources=[ip6() for _ in range(random.randrange(3))])
    return ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=random.randrange(1, 7), dst=group6(), sources=[ip6() for _ in range(random.randrange(3))])
                                    for _ in range(random.randrange(1, 4))])


def error6():
    inner = bytes(IPv6(src=ip6(), dst=ip6(), hlim=u8()) / random.choice([udp, tcp])())
    quote = inner[:random.choice([48, len(inner)])]
    kind = random.randrange(4)
    if kind == 0:
        message = ICMPv6DestUnreach(code=random.randrange(7))
    elif kind == 1:
        return ICMPv6PacketTooBig(mtu=u32()) / Raw(quote)
    elif kind == 2:
        message = ICMPv6TimeExceeded(code=random.randrange(2))
    else:
        return ICMPv6ParamProblem(code=random.randrange(3), ptr=u32()) / Raw(quote)
    return extended(message, quote, 8) if random.random() < 0.4 else message / Raw(quote)


def http():
    head = random.choice([
        "GET /%d HTTP/1.1\r\nHost: example.net\r\nACCEPT:  */*\r\n\r\n" % u16(),
        "HTTP/1.1 %d Fine\r\nServer: x\"y\\z\r\nContent-Length: 3\r\n\r\nabc" % random.randrange(100, 600),
        "HEAD / HTTP/1.0\n\n",
    ])
    return TCP(sport=port(), dport=port(), seq=u32(), ack=u32(), flags="PA") / Raw(head.encode())


def datagram():
    kind = random.randrange(12)
    if kind < 2:
        return ipv4() / tcp()
    if kind < 4:
        return ipv4() / (dhcp() if random.random() < 0.3 else udp())
    if kind == 4:
        return ipv4() / icmp4()
    if kind == 5:
        return ipv4() / error4()
    if kind == 6:
        return ipv4() / igmp4()
    if kind == 7:
        return ipv6() / random.choice([tcp, udp])()
    if kind == 8:
        return ipv6() / icmp6()
    if kind == 9:
        return ipv6() / random.choice([listener6, error6])()
    if kind == 10:
        return ipv4() / http()
    if random.random() < 0.5:
        return ipv4(proto=random.choice([6, 17, 1, 2]), frag=random.randrange(1, 8000)) / Raw(blob())
    return IPv6(src=ip6(), dst=ip6(), hlim=u8()) / IPv6ExtHdrFragment(
        nh=random.choice([6, 17, 58]), offset=random.randrange(1, 8000), m=random.randrange(2), id=u32()) / Raw(blob())


def dhcp():
    """A message of DHCP with options of every type that Scapy makes."""
    flags = random.choice([0, 0x8000])
    message = BOOTP(
        op=random.choice([1, 2]), htype=1, hlen=6, hops=u8(), xid=u32(), secs=u16(), flags=flags, ciaddr=ip4(), yiaddr=ip4(),
        siaddr=ip4(), giaddr=ip4(), chaddr=bytes.fromhex(mac().replace(":", "")),
        sname=random.choice([b"", b"boot.example"]), file=random.choice([b"", b"image"]))
    options = [("message-type", random.randrange(1, 9))]
    choices = [
        ("subnet_mask", ip4()), ("router", ip4(), ip4()), ("name_server", ip4()), ("domain", b"lab.example"),
        ("hostname", b"host"), ("interface-mtu", random.randrange(576, 9001)), ("broadcast_address", ip4()),
        ("NTP_server", ip4(), ip4()), ("requested_addr", ip4()), ("lease_time", u32()), ("server_id", ip4()),
        ("param_req_list", [random.randrange(1, 255) for _ in range(random.randrange(1, 9))]),
        ("max_dhcp_size", random.randrange(576, 1501)), ("renewal_time", u32()), ("rebinding_time", u32()),
        ("vendor_class_id", b"class")]
    options += random.sample(choices, random.randrange(len(choices)))
    ports = dict(sport=68, dport=67) if message.op == 1 else dict(sport=67, dport=68)
    return UDP(**ports) / message / DHCP(options=options + ["end"])


def arp():
    packet = ARP(op=random.choice([1, 2, 1, 2, 8, 9, 77]), hwsrc=mac(), psrc=random.choice(["0.0.0.0", ip4()]), hwdst=mac(), pdst=ip4())
    return Ether(src=mac(), dst=mac(), type=0x0806) / packet


def rarp():
    return Ether(src=mac(), dst=mac(), type=0x8035) / ARP(op=random.choice([3, 4]), hwsrc=mac(), psrc=ip4(), hwdst=mac(), pdst=ip4())


def tags(packet):
    """The frame with one to three tags after its addresses."""
    data = bytes(packet)
    inserted = b""
    for index in range(random.randrange(1, 4)):
        kind = 0x88A8 if index == 0 and random.random() < 0.5 else 0x8100
        inserted += struct.pack("!HH", kind, random.randrange(65536))
    return data[:12] + inserted + data[12:]


def frame():
    roll = random.random()
    if roll < 0.15:
        return bytes(arp())
    if roll < 0.2:
        return bytes(rarp())
    if roll < 0.25:
        inner = bytes(datagram())
        return bytes(Dot3(src=mac(), dst=mac()) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / Raw(blob())) if random.random() < 0.5 else \
            bytes(Dot3(src=mac(), dst=mac()) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x0800 if inner[0] >> 4 == 4 else 0x86DD) / Raw(inner))
    packet = Ether(src=mac(), dst=mac()) / datagram()
    return tags(packet) if roll < 0.4 else bytes(packet)


def corrupted(data):
    """Perhaps one bit of the last bytes turned: some checksum no longer fits."""
    if random.random() > 0.2 or len(data) < 40 or b"HTTP/" in data or bytes.fromhex("63825363") in data:
        return data
    changed = bytearray(data)
    changed[random.randrange(len(data) - 6, len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def make(link):
    if link == 1:
        data = frame()
        data = corrupted(data)
        return data + bytes(max(0, 60 - len(data))) if random.random() < 0.7 else data
    inner = corrupted(bytes(datagram()))
    version = inner[0] >> 4
    proto = 0x0800 if version == 4 else 0x86DD
    if link == 101:
        return inner
    if link == 113:
        return bytes(CookedLinux(pkttype=random.randrange(5), lladdrtype=1, lladdrlen=6, src=bytes(6), proto=proto)) + inner
    if link == 276:
        return bytes(CookedLinuxV2(pkttype=random.randrange(5), lladdrtype=1, lladdrlen=6, ifindex=u32(), proto=proto)) + inner
    family = 2 if version == 4 else random.choice([10, 24, 28, 30])
    return struct.pack(random.choice("<>") + "I", family) + inner


# ---------------------------------------------------------------- what Scapy says of them


def state(good):
    return "correct" if good else "incorrect"


def describe(link, data):
    layers = []
    if link == 1:
        (length,) = struct.unpack("!H", data[12:14])
        frame = Dot3(data[:14]) if length < 1536 else Ether(data[:14])
        layer = {"layer": "ethernet", "destination": frame.dst, "source": frame.src}
        layer["length" if length < 1536 else "type"] = length
        layers.append(layer)
        offset = 14
        kind = length
        while kind in (0x8100, 0x88A8):
            tag = Dot1Q(data[offset:offset + 4])
            layers.append({"layer": "vlan", "priority": tag.prio, "drop_eligible": bool(tag.id), "identifier": tag.vlan, "type": tag.type})
            kind = tag.type
            offset += 4
        if kind < 1536:
            data = data[:offset + kind]
            llc = LLC(data[offset:offset + 3])
            layer = {"layer": "llc", "dsap": llc.dsap, "ssap": llc.ssap, "control": llc.ctrl}
            layers.append(layer)
            if llc.dsap != 0xAA:
                return layers + payload(data[offset + 3:])
            snap = SNAP(data[offset + 3:offset + 8])
            layer.update(organization=snap.OUI, type=snap.code)
            kind = snap.code
            offset += 8
        if kind in (0x0806, 0x8035):
            packet = ARP(data[offset:])
            names = {1: "request", 2: "reply", 3: "reverse-request", 4: "reverse-reply", 8: "inverse-request", 9: "inverse-reply"}
            return layers + [{
                "layer": "arp" if kind == 0x0806 else "rarp", "hardware_type": packet.hwtype, "protocol_type": packet.ptype,
                "hardware_length": packet.hwlen, "protocol_length": packet.plen,
                "operation": names.get(packet.op, "operation-%d" % packet.op), "sender_mac": packet.hwsrc,
                "sender_addr": packet.psrc, "target_mac": packet.hwdst, "target_addr": packet.pdst}]
        return layers + network(data[offset:])
    if link == 113:
        header = CookedLinux(data[:16])
        layers.append({"layer": "linux-cooked", "version": 1, "packet_type": header.pkttype, "hardware_type": header.lladdrtype,
                       "address_length": header.lladdrlen, "type": header.proto})
        return layers + network(data[16:])
    if link == 276:
        header = CookedLinuxV2(data[:20])
        layers.append({"layer": "linux-cooked", "version": 2, "packet_type": header.pkttype, "hardware_type": header.lladdrtype,
                       "address_length": header.lladdrlen, "interface": header.ifindex, "type": header.proto})
        return layers + network(data[20:])
    if link == 0:
        return [{"layer": "loopback"}] + network(data[4:])
    return network(data)


def payload(data, quoted=False):
    if not data:
        return []
    layer = {"layer": "payload", "data_length": len(data)}
    if quoted:
        layer["quoted"] = True
    return [layer]


def network(data, quoted=False):
    return four(data, quoted) if data[0] >> 4 == 4 else six(data, quoted)


def mark(layer, quoted):
    if quoted:
        layer["quoted"] = True
        layer.pop("checksum", None)
    return layer


def four(data, quoted):
    # The header alone: what follows is taken apart here, layer by layer.
    header = (data[0] & 15) * 4
    packet = IP(data[:header])
    flags = [name for bit, name in ((4, "reserved"), (2, "df"), (1, "mf")) if int(packet.flags) & bit]
    layer = {
        "layer": "ipv4", "version": 4, "header_length": header, "type_of_service": packet.tos, "total_length": packet.len,
        "identification": packet.id, "flags": flags, "fragment_offset": packet.frag * 8, "ttl": packet.ttl,
        "protocol": packet.proto, "source": packet.src, "destination": packet.dst,
        "checksum": state(checksum(data[:header]) == 0)}
    if header > 20 and checksum(data[:header]) == 0:
        layer["options"] = options4(packet.options)
    layers = [mark(layer, quoted)]
    inner = data[header:] if quoted else data[header:packet.len]
    if packet.frag:
        return layers + payload(inner, quoted)
    sound = not quoted and packet.len <= len(data) and not int(packet.flags) & 1
    if packet.proto == 6:
        return layers + segment(inner, quoted, state(in4_chksum(6, packet, inner) == 0) if sound else "unchecked")
    if packet.proto == 17:
        return layers + user(inner, quoted, lambda part: state(in4_chksum(17, packet, part) == 0) if sound else "unchecked", True)
    if packet.proto == 1:
        return layers + control4(inner, quoted, state(checksum(inner) == 0) if sound else "unchecked")
    if packet.proto == 2:
        return layers + groups4(inner, state(checksum(inner) == 0))
    return layers + payload(inner, quoted)


def options4(options):
    texts = []
    for option in options:
        kind = bytes(option)[0]
        if kind == 0:
            return texts + ["end"]
        if kind == 1:
            texts.append("nop")
        elif kind in (7, 131, 137):
            text = {7: "record-route", 131: "loose-source-route", 137: "strict-source-route"}[kind]
            used = (option.pointer - 4) // 4
            for index, router in enumerate(option.routers):
                text += (" | " if index == used else " ").replace("| ", "|") + router
            texts.append(text)
        elif kind == 68:
            text = "timestamps" + (" |" if option.pointer == 5 else " ")
            text += (option.internet_address + "@" if option.flg else "") + str(option.timestamp)
            texts.append(text + (" overflow %d" % option.oflw if option.oflw else ""))
        elif kind == 136:
            texts.append("stream-identifier %d" % option.security)
        elif kind == 130:
            texts.append("security " + struct.pack("!HHH", option.security, option.compartment, option.handling_restrictions).hex() + "78797a")
        elif kind == 148:
            texts.append("router-alert %d" % option.alert)
    return texts


def six(data, quoted):
    kind, offset = data[6], 40
    while kind in (0, 43, 44, 60):
        length = 8 if kind == 44 else (data[offset + 1] + 1) * 8
        later = kind == 44 and struct.unpack("!H", data[offset + 2:offset + 4])[0] >> 3
        kind = data[offset]
        offset += length
        if later:
            break
    # The headers alone, the last of them with nothing after it: what follows is taken apart here, layer by layer.
    place, position = 6, 40
    while position < offset:
        place, position = position, position + (8 if data[place] == 44 else (data[position + 1] + 1) * 8)
    packet = current = IPv6(data[:place] + bytes([59]) + data[place + 1:offset])
    layer = {
        "layer": "ipv6", "version": 6, "traffic_class": packet.tc, "flow_label": packet.fl, "payload_length": packet.plen,
        "next_header": data[6], "hop_limit": packet.hlim, "source": canonical(packet.src), "destination": canonical(packet.dst)}
    count, fragment = 0, None
    while current.payload and not isinstance(current.payload, (Raw, Padding)):
        current = current.payload
        count += 1
        if isinstance(current, IPv6ExtHdrFragment):
            fragment = current
    layer["_headers"] = count
    layers = [mark(layer, quoted)]
    inner = data[offset:] if quoted else data[offset:40 + packet.plen]
    if fragment is not None and fragment.offset:
        return layers + payload(inner, quoted)
    sound = not quoted and 40 + packet.plen <= len(data)
    checked = state(in6_chksum(kind, current, inner) == 0) if sound and inner and kind != 17 else "unchecked"
    if kind == 6:
        return layers + segment(inner, quoted, checked)
    if kind == 17:
        # Scapy writes a computed 0 as 0xFFFF.
        return layers + user(inner, quoted, lambda part: state(in6_chksum(17, current, part) in (0, 0xFFFF)) if sound else "unchecked", False)
    if kind == 58:
        return layers + control6(inner, checked)
    return layers + payload(inner, quoted)


def canonical(address):
    # Of Python's own ipaddress, which follows RFC 5952.
    import ipaddress
    text = str(ipaddress.IPv6Address(address))
    mapped = ipaddress.IPv6Address(address).ipv4_mapped
    return "::ffff:%s" % mapped if mapped else text


def segment(data, quoted, checked):
    if quoted and (len(data) < 20 or not 5 <= data[12] >> 4 <= len(data) // 4):
        # Eight bytes are promised; what follows may be padding.
        return [{"layer": "tcp", "quoted": True, "source_port": struct.unpack("!H", data[:2])[0],
                 "sequence": struct.unpack("!I", data[4:8])[0]}]
    packet = TCP(data)
    names = [("S", "syn"), ("F", "fin"), ("R", "rst"), ("P", "psh"), ("A", "ack"), ("U", "urg"), ("E", "ece"), ("C", "cwr"), ("N", "ae")]
    layer = {
        "layer": "tcp", "source_port": packet.sport, "destination_port": packet.dport, "sequence": packet.seq,
        "acknowledgment": packet.ack, "header_length": packet.dataofs * 4,
        "flags": [name for letter, name in names if letter in str(packet.flags)], "window": packet.window,
        "urgent_pointer": packet.urgptr, "checksum": checked}
    if sound_options(data[20:packet.dataofs * 4]):
        layer["options"] = options_tcp(packet.options)
    inner = data[packet.dataofs * 4:]
    if not quoted and inner[:4] in (b"GET ", b"HTTP", b"HEAD"):
        return [layer] + hypertext(inner)
    return [mark(layer, quoted)] + payload(inner, quoted)


def sound_options(data):
    """False where a turned bit made a length that cannot be right, for Scapy reads on all the same, or a kind it has a name for."""
    known = {2: 4, 3: 3, 4: 2, 8: 10}
    while data and data[0]:
        length = 1 if data[0] == 1 else data[1] if len(data) > 1 else 0
        if not 1 <= length <= len(data) or data[0] != 1 and length < 2 or known.get(data[0], length) != length:
            return False
        if data[0] not in (1, 2, 3, 4, 5, 8, 30, 77, 253, 254):
            return False
        if data[0] == 5 and length % 8 != 2:
            return False
        data = data[length:]
    return True


def options_tcp(options):
    texts = []
    for name, value in options:
        if name == "EOL":
            return texts + ["end"]
        if name == "NOP":
            texts.append("nop")
        elif name == "MSS":
            texts.append("mss %d" % value)
        elif name == "WScale":
            texts.append("window-scale %d" % value)
        elif name == "SAckOK":
            texts.append("sack-permitted")
        elif name == "SAck":
            texts.append("sack" + "".join(" %d-%d" % pair for pair in zip(value[::2], value[1::2])))
        elif name == "Timestamp":
            texts.append("timestamps %d %d" % value)
        elif name in (30, "MPTCP"):
            texts.append("multipath " + value.hex())
        else:
            texts.append("unknown %d" % name + (" " + value.hex() if value else ""))
    return texts


def hypertext(data):
    head, _, body = data.partition(b"\r\n\r\n" if b"\r\n\r\n" in data else b"\n\n")
    first, *fields = head.decode().splitlines()
    words = first.split(" ", 2)
    layer = {"layer": "http", "complete": True}
    if words[0].startswith("HTTP/"):
        layer.update(version=words[0], status=int(words[1]), reason=words[2])
    else:
        layer.update(method=words[0], target=words[1], version=words[2])
    layer["headers"] = ["%s: %s" % (name, value.strip()) for name, value in (field.split(":", 1) for field in fields)]
    return [layer] + payload(body)


def user(data, quoted, verify, is_four):
    packet = UDP(data)
    # A length of 0 is that of offloaded packets and jumbograms.
    length = packet.len or len(data)
    checked = verify(data[:length]) if 8 <= length <= len(data) else "unchecked"
    if packet.chksum == 0 and checked != "unchecked":
        checked = "unchecked" if is_four else "incorrect"
    layer = {"layer": "udp", "source_port": packet.sport, "destination_port": packet.dport, "length": packet.len, "checksum": checked}
    inner = data[8:] if packet.len == 0 else data[8:packet.len]
    if not quoted and {packet.sport, packet.dport} & {67, 68}:
        return [layer] + bootstrap(inner)
    return [mark(layer, quoted)] + payload(inner, quoted)


# Scapy's names of options, and ours.
DHCP_NAMES = {
    "message-type": "message_type", "name_server": "domain_name_server", "domain": "domain_name", "hostname": "host_name",
    "interface-mtu": "interface_mtu", "NTP_server": "ntp_server", "requested_addr": "requested_ip_address",
    "lease_time": "ip_address_lease_time", "server_id": "server_identifier", "param_req_list": "parameter_request_list",
    "max_dhcp_size": "maximum_message_size", "vendor_class_id": "vendor_class_identifier"}
DHCP_TYPES = ["discover", "offer", "request", "decline", "ack", "nak", "release", "inform"]


def bootstrap(data):
    packet = BOOTP(data)
    layer = {
        "layer": "dhcp", "operation": "request" if packet.op == 1 else "reply", "hardware_type": packet.htype,
        "hardware_length": packet.hlen, "hops": packet.hops, "transaction_id": "0x%08x" % packet.xid, "seconds": packet.secs,
        "broadcast": bool(int(packet.flags) & 0x8000), "client_addr": packet.ciaddr, "your_addr": packet.yiaddr,
        "next_server_addr": packet.siaddr, "relay_addr": packet.giaddr,
        "client_mac": ":".join("%02x" % byte for byte in packet.chaddr[:6])}
    for name, field in (("server_name", packet.sname), ("file", packet.file)):
        if field.rstrip(b"\0"):
            layer[name] = field.rstrip(b"\0").decode()
    texts = []
    for option in packet[DHCP].options:
        if option in ("end", "pad"):
            continue
        name, values = option[0], option[1:]
        if name == "message-type":
            values = [DHCP_TYPES[values[0] - 1]]
        elif len(values) == 1 and isinstance(values[0], list):
            values = values[0]
        texts.append(DHCP_NAMES.get(name, name) + " " + ", ".join(
            value.decode() if isinstance(value, bytes) else str(value) for value in values))
    layer["options"] = texts
    return [layer]


def control4(data, quoted, checked):
    # A quote may end before the fields that Scapy must have.
    packet = ICMP(data + bytes(20) if quoted else data)
    layer = {"layer": "icmp", "type": packet.type, "code": packet.code, "checksum": checked}
    identified = dict(identifier=packet.id, sequence=packet.seq)
    if packet.type in (0, 8, 15, 16):
        layer.update(identified)
        return [mark(layer, quoted)] + payload(data[8:], quoted)
    if packet.type in (13, 14):
        layer.update(identified)
        if len(data) < 20:
            return [mark(layer, quoted)] + payload(data[8:], quoted)
        layer.update(originate_timestamp=packet.ts_ori, receive_timestamp=packet.ts_rx, transmit_timestamp=packet.ts_tx)
        return [mark(layer, quoted)]
    if packet.type in (17, 18):
        layer.update(identified)
        if len(data) < 12:
            return [mark(layer, quoted)] + payload(data[8:], quoted)
        layer.update(address_mask=packet.addr_mask)
        return [mark(layer, quoted)]
    if packet.type in (3, 4, 5, 11, 12):
        if (packet.type, packet.code) == (3, 4):
            layer["mtu"] = packet.nexthopmtu
        if packet.type == 5:
            layer["gateway"] = packet.gw
        if packet.type == 12:
            layer["pointer"] = packet.ptr
        return [layer] + quote(data[8:], data[5] * 4)
    return [mark(layer, quoted)] + payload(data[8:], quoted)


def quote(data, length):
    end = length or len(data)
    layers = network(data[:end], quoted=True)
    return layers + ([extension_layer(data[end:])] if end < len(data) else [])


def extension_layer(data):
    # A checksum of zero says that there is none (RFC 4884, section 7).
    if data[2:4] != bytes(2) and checksum(data):
        return payload(data)[0]
    texts = []
    offset = 4
    while offset + 4 <= len(data):
        length, kind, subtype = struct.unpack("!HBB", data[offset:offset + 4])
        inner = data[offset + 4:offset + length]
        if kind == 1:
            text = "mpls"
            for index in range(0, len(inner), 4):
                label = MPLS(inner[index:index + 4])
                text += " label %d tc %d %sttl %d" % (label.label, label.cos, "bottom " if label.s else "", label.ttl)
            texts.append(text)
        else:
            interface = extensions.ICMPExtensionInterfaceInformation(data[offset:offset + length])
            role = ["incoming", "incoming-sub", "outgoing", "next-hop"][interface.interface_role]
            texts.append("interface %s index %d address %s mtu %d" % (role, interface.ifindex, interface.ip4, interface.mtu))
        offset += length
    return {"layer": "icmp-extensions", "version": 2, "objects": texts}


def floating(code, mantissa):
    if code >> (mantissa + 3) == 0:
        return code
    return (code & (1 << mantissa) - 1 | 1 << mantissa) << ((code >> mantissa & 7) + 3)


RECORDS = {1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}


def groups4(data, checked):
    layer = {"layer": "igmp", "type": data[0], "checksum": checked}
    if checked == "incorrect":
        # The turned bit may stand in a count.
        return [layer]
    if data[0] == 0x11 and len(data) >= 12:
        query = igmpv3.IGMPv3mq(data[4:])
        layer.update(version=3, max_response_time=floating(data[1], 4), group=query.gaddr, suppress_router_processing=bool(query.s),
                     robustness=query.qrv, query_interval=floating(query.qqic, 4), sources=query.srcaddrs)
    elif data[0] == 0x22:
        report = igmpv3.IGMPv3mr(data[4:])
        layer.update(record_count=report.numgrp, records=[
            " ".join([RECORDS[record.rtype], record.maddr] + record.srcaddrs) for record in report.records])
    else:
        message = igmp.IGMP(data)
        layer["group"] = message.gaddr
        if data[0] == 0x11:
            layer.update(version=2 if data[1] else 1, max_response_time=data[1])
    return [layer]


def control6(data, checked):
    kind = data[0]
    layer = {"layer": "icmpv6", "type": kind, "code": data[1], "checksum": checked}
    if kind in (128, 129):
        packet = ICMPv6EchoRequest(data)
        layer.update(identifier=packet.id, sequence=packet.seq)
        return [layer] + payload(data[8:])
    if kind < 128:
        if kind == 2:
            layer["mtu"] = ICMPv6PacketTooBig(data).mtu
        if kind == 4:
            layer["pointer"] = ICMPv6ParamProblem(data).ptr
        return [layer] + quote(data[8:], data[4] * 8 if kind in (1, 3) else 0)
    if kind in (130, 131, 132, 143):
        layer["layer"] = "mld"
        if checked == "incorrect":
            return [layer]
        if kind == 143:
            count = ICMPv6MLReport2(data).records_number
            layer.update(record_count=count, records=[])
            offset = 8
            for _ in range(count):
                record = ICMPv6MLDMultAddrRec(data[offset:])
                layer["records"].append(" ".join([RECORDS[record.rtype], canonical(record.dst)] + [canonical(source) for source in record.sources]))
                offset += 20 + 16 * record.sources_number + 4 * record.auxdata_len
        else:
            message = ICMPv6MLQuery2(data) if kind == 130 and len(data) >= 28 else ICMPv6MLQuery(data)
            layer["group"] = canonical(message.mladdr)
            if kind == 130:
                layer["max_response_time"] = floating(message.mrd, 12) if len(data) >= 28 else message.mrd
            if len(data) >= 28 and kind == 130:
                layer.update(suppress_router_processing=bool(message.S), robustness=message.QRV, query_interval=floating(message.QQIC, 4),
                             sources=[canonical(source) for source in message.sources])
        return [layer]
    layer["layer"] = "ndp"
    if checked == "incorrect":
        return [layer]
    packet = {133: ICMPv6ND_RS, 134: ICMPv6ND_RA, 135: ICMPv6ND_NS, 136: ICMPv6ND_NA, 137: ICMPv6ND_Redirect}[kind](data)
    if kind == 134:
        layer.update(current_hop_limit=packet.chlim, managed=bool(packet.M), other=bool(packet.O), router_lifetime=packet.routerlifetime,
                     reachable_time=packet.reachabletime, retransmission_timer=packet.retranstimer)
    if kind >= 135:
        layer["target"] = canonical(packet.tgt)
    if kind == 136:
        layer.update(router=bool(packet.R), solicited=bool(packet.S), override=bool(packet.O))
    if kind == 137:
        layer["destination"] = canonical(packet.dst)
    texts = []
    option = packet.payload
    while option and not isinstance(option, (Raw, Padding)):
        if isinstance(option, ICMPv6NDOptDstLLAddr):
            texts.append("target-link-layer-address " + option.lladdr)
        elif isinstance(option, ICMPv6NDOptSrcLLAddr):
            texts.append("source-link-layer-address " + option.lladdr)
        elif isinstance(option, ICMPv6NDOptMTU):
            texts.append("mtu %d" % option.mtu)
        elif isinstance(option, ICMPv6NDOptPrefixInfo):
            texts.append("prefix %s/%d%s%s valid %d preferred %d" % (
                canonical(option.prefix), option.prefixlen, " on-link" if option.L else "", " autonomous" if option.A else "",
                option.validlifetime, option.preferredlifetime))
        option = option.payload
    layer["options"] = texts
    return [layer]


# ---------------------------------------------------------------- comparison


def differences(expected, found):
    if len(expected) != len(found):
        yield "layers %s, expected %s" % ([layer["layer"] for layer in found], [layer["layer"] for layer in expected])
        return
    for want, have in zip(expected, found):
        for key, value in want.items():
            if key == "_headers":
                if len(have.get("extension_headers", [])) != value:
                    yield "%s extension headers, expected %d" % (have.get("extension_headers"), value)
            elif have.get(key) != value:
                yield "%s.%s is %r, expected %r" % (want["layer"], key, have.get(key), value)


def main(binary, seed, count, directory):
    random.seed(seed)
    links = [1] * 8 + [101, 113, 276, 0]
    packets = {link: [] for link in links}
    for _ in range(count):
        link = random.choice(links)
        packets[link].append(make(link))
    wrong = 0
    checked = {"correct": 0, "incorrect": 0, "unchecked": 0}
    with open(os.path.join(directory, "packets.txt"), "w") as listing:
        for link, list_of in packets.items():
            path = os.path.join(directory, "%d.pcap" % link)
            with open(path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
                for index, data in enumerate(list_of):
                    file.write(struct.pack("<IIII", 1700000000, index % 1000000, len(data), len(data)) + data)
                    listing.write("%d %s\n" % (link, data.hex()))
            output = subprocess.run([binary, "decode", "--json", path], stdout=subprocess.PIPE, check=True).stdout.splitlines()
            if len(output) != len(list_of) + 1:
                print("link type %d: %d lines for %d packets" % (link, len(output) - 1, len(list_of)))
                wrong += 1
            for data, line in zip(list_of, output):
                found = json.loads(line)["layers"]
                for layer in found:
                    if "checksum" in layer:
                        checked[layer["checksum"]] += 1
                try:
                    complaints = list(differences(describe(link, data), found))
                except Exception as error:  # a packet that the oracle itself cannot read
                    complaints = ["the oracle failed: %r" % error]
                for complaint in complaints:
                    wrong += 1
                    if wrong <= 20:
                        print("seed %s, link type %d, %s\n  %s" % (seed, link, data.hex(), complaint))
    print("%d packets, %d differences, checksums %s" % (count, wrong, json.dumps(checked)))
    return 1 if wrong or not all(checked.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
