"""Compares `swift-net decode` with tcpdump on a capture of a million packets.

SYN, UDP, ICMP echo and ARP in turn, made here, with right checksums. Both
tools of a row run in turn, their output thrown away; see peers.py.
"""

import os
import struct
import subprocess
import sys
import tempfile

from peers import row

MACS = bytes.fromhex("020000000001020000000002")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(protocol, payload, index):
    source = bytes([198, 18, index >> 8 & 255, index & 255])
    destination = bytes([198, 19, index >> 3 & 255, index & 255])
    place = {6: 16, 17: 6}.get(protocol)
    if place is not None:
        pseudo = source + destination + struct.pack("!HH", protocol, len(payload))
        payload = payload[:place] + struct.pack("!H", checksum(pseudo + payload)) + payload[place + 2:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), index & 0xFFFF, 0x4000, 64, protocol, 0) + source + destination
    return MACS + b"\x08\0" + header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def packet(index):
    kind = index % 4
    if kind == 0:
        options = bytes([2, 4, 5, 0xB4, 4, 2, 8, 10]) + struct.pack("!II", index * 7, 0) + bytes([1, 3, 3, 7])
        return datagram(6, struct.pack("!HHIIBBHHH", 1024 + index, 80, index * 99991, 0, 0xA0, 2, 64240, 0, 0) + options, index)
    if kind == 1:
        return datagram(17, struct.pack("!HHHH", 2000 + index, 33434, 24, 0) + bytes(16), index)
    if kind == 2:
        message = struct.pack("!BBHHH", 8, 0, 0, 7, index) + bytes(range(56))
        return datagram(1, message[:2] + struct.pack("!H", checksum(message)) + message[4:], index)
    request = struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + MACS[6:] + bytes([192, 0, 2, 1]) + bytes(6) + bytes([192, 0, 2, index & 255])
    return (b"\xff" * 6 + MACS[6:] + b"\x08\x06" + request).ljust(60, b"\0")


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "million.pcap")
        packets = [packet(index) for index in range(1000)]
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for number in range(1_000_000):
                data = packets[number % 1000]
                file.write(struct.pack("<IIII", 1_700_000_000 + number // 100_000, number % 100_000 * 10, len(data), len(data)) + data)
        print(f"\na capture of 1,000,000 packets, {os.path.getsize(path) / 1e6:.0f} MB; {version()}")

        def silent(*words):
            # Written to /dev/null: a reader would be measured too.
            return ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", *words]

        tcpdump = silent("tcpdump", "-nr", path)
        row("decoded to text (wanted at most a third)", silent(binary, "decode", path), tcpdump, 9)
        row("decoded to JSON, beside tcpdump's text (wanted at most half)", silent(binary, "decode", "--json", path), tcpdump, 9)
        row("counted, beside tcpdump's --count", silent(binary, "decode", "-q", path), silent("tcpdump", "--count", "-nr", path), 9)


def version():
    return subprocess.run(["tcpdump", "--version"], capture_output=True, text=True).stdout.splitlines()[0]


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
