"""Segments that no honest peer sends, against a host that echoes at port 7.

    adversary.py INTERFACE TARGET PORT

Prints one line a case: its name, and what the target did. The test compares what a host of our own
does with what Linux does. The adversary has an address that its own kernel does not know, and answers
ARP for it.
"""

import random
import select
import socket
import struct
import sys
import time

from checksums import checksum

SYN, RST, PSH, ACK, FIN = 0x02, 0x04, 0x08, 0x10, 0x01
OURS = "192.0.2.200"
MAC = bytes.fromhex("0200000000c8")


class Wire:
    def __init__(self, interface, target):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((interface, 0))
        self.target = target
        self.address = socket.inet_aton(target)
        self.source = socket.inet_aton(OURS)
        self.mac = None
        self.resolve()

    def resolve(self):
        request = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, MAC, self.source, b"\0" * 6, self.address)
        for _ in range(10):
            self.socket.send(b"\xff" * 6 + MAC + b"\x08\x06" + request)
            if self.receive(0.5, lambda packet: self.mac is not None) or self.mac:
                return
        raise SystemExit("the target does not answer ARP")

    def frame(self, packet):
        self.socket.send(self.mac + MAC + b"\x08\x00" + packet)

    def datagram(self, protocol, payload, identification=0, fragment=0, source=None):
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0,
                             source or self.source, self.address)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        self.frame(header + payload)

    def receive(self, patience, match):
        """The first IPv4 packet of the target's that matches; answers ARP on the way."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return None
            frame = self.socket.recv(65535)
            if frame[12:14] == b"\x08\x06":
                self.hear(frame[14:42])
                if self.mac and match(b""):
                    return None
                continue
            packet = frame[14:]
            if frame[12:14] == b"\x08\x00" and packet[12:16] == self.address and packet[16:20] == self.source:
                if match(packet[:struct.unpack("!H", packet[2:4])[0]]):
                    return packet[:struct.unpack("!H", packet[2:4])[0]]
        return None

    def hear(self, packet):
        operation, mac, sender, _, wanted = struct.unpack("!6xH6s4s6s4s", packet)
        if operation == 2 and sender == self.address:
            self.mac = mac
        if operation == 1 and wanted == self.source:
            answer = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 2, MAC, self.source, mac, sender)
            self.socket.send(mac + MAC + b"\x08\x06" + answer)


class Connection:
    """A TCP of a few lines, which does what it is told."""

    ports = random.sample(range(20000, 60000), 1000)

    def __init__(self, wire, port, options=b"\x02\x04\x05\xb4", window=60000, scale=None):
        self.wire, self.port, self.options, self.window = wire, port, options, window
        self.own = Connection.ports.pop()
        self.start = random.randrange(1 << 32)
        self.sent = self.start + 1
        self.got = 0
        self.stamp = None

    def segment(self, flags, data=b"", at=None, ack=None, options=b"", window=None, broken=False):
        options += b"\0" * (-len(options) % 4)
        header = struct.pack("!HHIIBBHHH", self.own, self.port, (self.sent if at is None else at) & 0xFFFFFFFF,
                             (self.got if ack is None else ack) & 0xFFFFFFFF if flags & ACK else 0,
                             (20 + len(options)) << 2, flags, self.window if window is None else window, 0, 0) + options + data
        pseudo = self.wire.source + self.wire.address + struct.pack("!HH", 6, len(header))
        total = checksum(pseudo + header) ^ (0x5555 if broken else 0)
        self.wire.datagram(6, header[:16] + struct.pack("!H", total) + header[18:])

    def heard(self, patience=1.0, match=lambda segment: True):
        """The next segment of the connection's: (flags, sequence, acknowledgment, window, options, data)."""
        found = []

        def is_ours(packet):
            if len(packet) < 40 or packet[9] != 6:
                return False
            segment = packet[(packet[0] & 15) * 4:]
            source, destination, sequence, acknowledgment, offset, flags, window = struct.unpack("!HHIIBBH", segment[:16])
            if source != self.port or destination != self.own:
                return False
            length = (offset >> 4) * 4
            parsed = (flags & 0x3F, sequence, acknowledgment, window, segment[20:length], segment[length:])
            if match(parsed):
                found.append(parsed)
                return True
            return False

        self.wire.receive(patience, is_ours)
        return found[0] if found else None

    def open(self):
        self.segment(SYN, at=self.start, options=self.options)
        answer = self.heard()
        if not answer or answer[0] != SYN | ACK:
            raise RuntimeError(f"no SYN-ACK but {answer}")
        self.got = answer[1] + 1
        self.answer = answer
        self.segment(ACK)
        return self

    def send(self, data, **words):
        self.segment(ACK | PSH, data, **words)
        self.sent += len(data)

    def echoed(self, count, patience=5.0, window=None, acknowledges=True):
        """Receives `count` bytes in order, and acknowledges them as they arrive."""
        data = b""
        pieces = []
        end = time.monotonic() + patience
        while len(data) < count and time.monotonic() < end:
            answer = self.heard(end - time.monotonic(), lambda segment: segment[5])
            if not answer:
                break
            if answer[1] & 0xFFFFFFFF == self.got & 0xFFFFFFFF:
                data += answer[5]
                pieces.append(len(answer[5]))
                self.got += len(answer[5])
            if acknowledges:
                self.segment(ACK, window=window)
        self.pieces = pieces
        return data

    def lives(self):
        """Whether an honest segment is still echoed."""
        word = bytes(random.choices(b"abcdefgh", k=20))
        self.send(word)
        return "lives" if self.echoed(20, 3.0) == word else "is dead"

    def end(self):
        self.segment(RST | ACK)


def name(segment, connection):
    """What a segment is, without its numbers."""
    if segment is None:
        return "nothing"
    flags, sequence, acknowledgment, _, _, data = segment
    words = [word for bit, word in ((SYN, "syn"), (FIN, "fin"), (RST, "rst"), (ACK, "ack")) if flags & bit]
    if flags & ACK:
        words.append(f"of {(acknowledgment - connection.start - 1) & 0xFFFFFFFF}" if acknowledgment else "of 0")
    if data:
        words.append(f"{len(data)} bytes")
    return " ".join(words)


def cases(wire, port):
    def fresh(**words):
        return Connection(wire, port, **words).open()

    c = Connection(wire, port)
    c.segment(SYN, at=c.start, broken=True)
    yield "a SYN with a wrong checksum", name(c.heard(0.3), c)

    c = Connection(wire, 81)
    c.segment(SYN, at=c.start)
    yield "a SYN to a closed port", name(c.heard(), c)
    c = Connection(wire, 81)
    c.segment(ACK, at=7, ack=12345)
    answer = c.heard()
    yield "an ACK to a closed port", f"{name(answer, c)} {answer and answer[1]}"
    c = Connection(wire, 81)
    c.segment(RST, at=7)
    yield "a RST to a closed port", name(c.heard(0.3), c)
    c = Connection(wire, port)
    c.segment(ACK, b"data", at=7, ack=12345)
    answer = c.heard()
    yield "data out of nowhere to an open port", f"{name(answer, c)} {answer and answer[1]}"
    c = Connection(wire, port)
    c.segment(FIN, at=7)
    yield "a FIN alone to an open port", name(c.heard(0.3), c)

    c = fresh()
    c.segment(ACK | PSH, b"evil", broken=True)
    yield "data with a wrong checksum", f"{name(c.heard(0.3), c)}, {c.lives()}"
    c.segment(ACK | PSH, b"evil", at=c.sent + 1_000_000)
    yield "data beyond the window", f"{name(c.heard(), c)}, {c.lives()}"
    c.segment(ACK | PSH, b"evil", at=c.sent - 10_000)
    yield "data before the window", f"{name(c.heard(), c)}, {c.lives()}"
    c.segment(ACK | PSH, b"evil", ack=c.got + 1_000_000)
    yield "data that acknowledges what was never sent", f"{name(c.heard(), c)}, {c.lives()}"
    c.end()

    c = fresh()
    c.segment(RST, at=c.sent + 5_000)
    yield "a RST in the window, but not at its beginning", f"{name(c.heard(), c)}, {c.lives()}"
    c.segment(RST, at=c.sent + 2_000_000)
    yield "a RST beyond the window", f"{name(c.heard(0.3), c)}, {c.lives()}"
    c.end()
    c = fresh()
    c.segment(SYN, at=c.sent)
    yield "a SYN within a connection", f"{name(c.heard(), c)}, {c.lives()}"
    c.end()
    c = fresh()
    c.segment(RST, at=c.sent)
    time.sleep(0.05)
    c.segment(ACK | PSH, b"more")
    yield "a RST that is right", name(c.heard(), c)

    c = fresh()
    base, data = c.sent, bytes(range(256)) * 4
    for place in range(len(data) - 64, -1, -64):
        c.segment(ACK | PSH, data[place:place + 64], at=base + place)
    c.sent += len(data)
    yield "a kilobyte in segments of 64 bytes, the last first", str(c.echoed(len(data)) == data)
    base = c.sent
    order = list(range(0, len(data), 64)) * 3
    random.shuffle(order)
    for place in order:
        c.segment(ACK | PSH, data[place:place + 64], at=base + place)
    c.sent += len(data)
    yield "the same in any order, each three times", f"{c.echoed(len(data)) == data}, {c.lives()}"
    base = c.sent
    for place in range(0, len(data), 100):
        c.segment(ACK | PSH, data[max(place - 50, 0):place + 100], at=base + max(place - 50, 0))
    c.sent += len(data)
    yield "segments that overlap by halves", f"{c.echoed(len(data)) == data}, {c.lives()}"
    base = c.sent
    for place in range(300):
        c.segment(ACK | PSH, data[place:place + 1], at=base + place)
    c.sent += 300
    yield "three hundred segments of one byte", f"{c.echoed(300) == data[:300]}, {c.lives()}"
    c.end()

    c = fresh(options=b"\x02\x04\x05\xb4\x01\x01\x04\x02")
    base = c.sent
    c.segment(ACK | PSH, b"x" * 100, at=base + 100)
    answer = c.heard()
    block = answer and answer[4].find(b"\x05\x0a")
    edges = struct.unpack("!II", answer[4][block + 2:block + 10]) if answer and block >= 0 else None
    yield "a gap, where selective acknowledgments are permitted", (
        f"{name(answer, c)}, {edges and tuple((edge - base) & 0xFFFFFFFF for edge in edges)}")
    c.segment(ACK | PSH, b"x" * 100, at=base)
    c.sent += 200
    yield "the gap is filled", f"{c.echoed(200) == b'x' * 200}, {c.lives()}"
    c.end()

    stamps = lambda value, echo: b"\x01\x01\x08\x0a" + struct.pack("!II", value, echo)
    c = Connection(wire, port, options=b"\x02\x04\x05\xb4" + stamps(1_000_000, 0))
    c.segment(SYN, at=c.start, options=c.options)
    c.answer = c.heard()
    c.got = c.answer[1] + 1
    theirs = struct.unpack("!I", c.answer[4][c.answer[4].find(b"\x08\x0a") + 2:][:4])[0]
    c.segment(ACK, options=stamps(1_000_001, theirs))
    c.segment(ACK | PSH, b"old!", options=stamps(999_000, theirs))
    yield "data with a time stamp of long ago", name(c.heard(), c)
    c.segment(ACK | PSH, b"new!", options=stamps(1_000_002, theirs))
    answer = c.heard(2.0, lambda segment: segment[5])
    yield "data with one of now", f"{answer and answer[5]}"
    c.segment(RST | ACK, options=stamps(1_000_003, theirs))

    c = fresh(window=10)
    c.send(b"0123456789" * 5)
    yield "a window of ten bytes", f"{c.echoed(50, 20.0, window=10) == b'0123456789' * 5}, at most {max(c.pieces)}"
    c.end()
    c = fresh(window=0)
    c.send(b"0123456789")
    probe = c.heard(4.0, lambda segment: True)
    c.segment(ACK, window=60000)
    yield "a window that is shut, then opened", f"{c.echoed(10, 5.0) == b'0123456789'}"
    c.end()

    c = fresh()
    c.segment(ACK | PSH | FIN, b"last words")
    c.sent += 11
    data = c.echoed(10)
    final = c.heard(2.0, lambda segment: segment[0] & FIN)
    c.got += 1
    c.segment(ACK)
    time.sleep(0.05)
    c.segment(ACK | PSH, b"more")
    yield "data and FIN in one", f"{data}, {name(final, c) if final is None or not final[5] else 'fin ack of 11'}, then {name(c.heard(), c)}"

    # Four thousand fragments of eight bytes: an echo of 32,760 bytes.
    message = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + bytes(range(256)) * 127 + b"\0" * 248
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    for place in range(0, len(message), 8):
        more = 0x2000 if place + 8 < len(message) else 0
        wire.datagram(1, message[place:place + 8], identification=77, fragment=more | place // 8)
        if place % 512 == 0:
            time.sleep(0.002)
    answer = wire.receive(2.0, lambda packet: len(packet) > 20 and packet[9] == 1)
    yield f"{len(message) // 8} fragments of eight bytes", "answered" if answer else "nothing"


wire = Wire(sys.argv[1], sys.argv[2])
for title, outcome in cases(wire, int(sys.argv[3])):
    print(f"{title}: {outcome}", flush=True)
