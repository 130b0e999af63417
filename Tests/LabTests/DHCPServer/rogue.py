"""A second DHCP server on a link, which replies to every DHCPDISCOVER from a packet socket.

    rogue.py INTERFACE KIND...

One reply of each KIND: `offer` is valid; the others are an offer with one thing wrong. Ends after 60 seconds.
"""

import signal
import socket
import struct
import sys

MAC = bytes.fromhex("020000000066")
SERVER = socket.inet_aton("192.0.2.66")
OFFERED = socket.inet_aton("192.0.2.200")


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def reply(request, kind):
    xid, chaddr = request[4:8], request[28:44]
    options = bytes([53, 1, 2, 54, 4]) + SERVER + bytes([51, 4, 0, 0, 14, 16, 3, 4]) + SERVER
    file = bytes(128)
    end = b"\xff"
    if kind == "overrun":
        end = bytes([12, 200, 97])
    elif kind == "no-end":
        end = b""
    elif kind == "overload":
        end = bytes([52, 1, 1, 255])
    elif kind == "xid":
        xid = bytes(4)
    elif kind == "chaddr":
        chaddr = bytes.fromhex("020000000099") + bytes(10)
    elif kind == "in-file":
        end = bytes([52, 1, 1, 255])
        file = (bytes([15, 5]) + b"rogue\xff").ljust(128, b"\0")
    cookie = bytes(4) if kind == "bootp" else bytes.fromhex("63825363")
    message = struct.pack("!BBBB4sHH", 2, 1, 6, 0, xid, 0, 0x8000) + bytes(4) + OFFERED + bytes(8) + chaddr
    message += bytes(64) + file + cookie + options + end
    length = 8 + len(message)
    pseudo = SERVER + b"\xff" * 4 + struct.pack("!BBH", 0, 17, length)
    udp = struct.pack("!HHHH", 67, 68, length, 0) + message
    total = checksum(pseudo + udp) or 0xFFFF
    if kind == "checksum":
        total ^= 0x0100
    udp = udp[:6] + struct.pack("!H", total) + udp[8:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0) + SERVER + b"\xff" * 4
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return b"\xff" * 6 + MAC + b"\x08\x00" + header + udp


def main():
    interface, kinds = sys.argv[1], sys.argv[2:]
    signal.alarm(60)
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind((interface, 3))
    print("ready", flush=True)
    while True:
        frame, address = link.recvfrom(2048)
        outgoing = address[2] == 4
        if outgoing or frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[36:38] != b"\x00\x43":
            continue
        for kind in kinds:
            link.send(reply(frame[42:], kind))


main()
