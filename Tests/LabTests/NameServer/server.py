"""A DNS server whose behavior is chosen by the name that is asked for.

The first label of a name is a behavior, then, if it has them, a delay in milliseconds and anything that tells names
apart, joined by hyphens: `ok.test`, `servfail-200.test`, `ok-200-n17.test`. With `-aN` the address is 198.18.2.N in
place of 192.0.2.2. The reverse name of an address behaves as `--pointer ADDRESS=LABEL` says, and does not exist
otherwise. The HTTPS records of `svc-BEHAVIOR.test` behave as BEHAVIOR says, and its addresses as `ok`. `--text NAME=TEXT` gives a name a TXT record, a backslash in it is an escape of Python; several add up.

Each query is a line of the log: protocol, server, type, name, names that wait for their answers, source port and
address.
"""

import argparse
import asyncio
import ipaddress
import random
import socket
import struct

A, CNAME, SOA, PTR, TXT, AAAA, OPT, HTTPS = 1, 5, 6, 12, 16, 28, 41, 65
TYPE_NAMES = {A: "A", PTR: "PTR", TXT: "TXT", AAAA: "AAAA", HTTPS: "HTTPS"}
FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 1, 2, 3, 4, 5
RCODES = {"formerr": FORMERR, "servfail": SERVFAIL, "nxdomain": NXDOMAIN, "notimp": NOTIMP, "refused": REFUSED}
RESPONSE, TRUNCATED = 0x8580, 0x0200
QUESTION_POINTER = b"\xc0\x0c"
TARGET = "192.0.2.2"
# No host has this address: it shows that a false answer was believed.
FALSE = "192.0.2.66"
# Labels that no terminal should see as they are.
CONTROL = [b"e\x1b[31mvil\x07\n\x7f\xc2\x9b", b"test"]


def encoded(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(kind, data, owner=QUESTION_POINTER, family=1):
    return owner + struct.pack("!HHIH", kind, family, 60, len(data)) + data


def text_record(text):
    data = text.encode("latin-1", "replace").decode("unicode_escape").encode("latin-1")
    parts = [data[start : start + 255] for start in range(0, len(data), 255)] or [b""]
    return record(TXT, b"".join(bytes([len(part)]) + part for part in parts))


def parameter(key, value):
    return struct.pack("!HH", key, len(value)) + value


def service(priority, target, *parameters):
    return record(HTTPS, struct.pack("!H", priority) + target + b"".join(parameters))


ROOT = b"\0"
ALPN = parameter(1, b"\x02h3\x02h2")
# The records of a name, by its behavior (RFC 9460).
SERVICES = {
    "full": [
        service(2, encoded([b"other", b"test"]), ALPN, parameter(3, b"\x20\xfb")),
        service(1, ROOT, ALPN, parameter(4, bytes([192, 0, 2, 2])), parameter(5, b"\0\4\xfe\x0d\0\0")),
    ],
    "aliasroot": [service(0, ROOT)],
    "aliasodd": [service(0, encoded(CONTROL))],
    "control": [service(1, encoded(CONTROL), parameter(1, b"\x05\x1b[2Jh"), parameter(667, b"\x1b]0;x\x07\xc2\x9b"))],
    "mandatory": [service(1, ROOT, parameter(0, b"\x02\x9b"), ALPN, parameter(667, b"x"))],
    "inconsistent": [service(1, ROOT, parameter(2, b""))],
    "empty": [service(1, b"")],
    "cut": [service(1, b"\x03abc")],
    "pointer": [service(1, QUESTION_POINTER)],
    "overparam": [service(1, ROOT, b"\0\1\xff\xff\x02h3")],
    "shortkey": [service(1, ROOT, b"\0\1\0")],
    "twokeys": [service(1, ROOT, ALPN, ALPN)],
    "noalpn": [service(1, ROOT, parameter(1, b""))],
    "longalpn": [service(1, ROOT, parameter(1, b"\x09h3"))],
    "badport": [service(1, ROOT, parameter(3, b"\1"))],
    "badhint": [service(1, ROOT, parameter(4, bytes(5)))],
    # A valid record beside a malformed one.
    "mixed": [service(1, ROOT, ALPN), service(2, ROOT, parameter(3, b""))],
    # Longer than a datagram.
    "tcwide": [service(n, encoded([b"n%d" % n, b"test"]), ALPN) for n in range(1, 301)],
}


def address(text, owner=QUESTION_POINTER):
    value = ipaddress.ip_address(text)
    return record(A if value.version == 4 else AAAA, value.packed, owner)


class Query:
    def __init__(self, packet):
        self.identifier, _, count, _, _, self.additional = struct.unpack("!HHHHHH", packet[:12])
        if count != 1:
            raise ValueError("not one question")
        self.labels, position = [], 12
        while packet[position]:
            length = packet[position]
            self.labels.append(packet[position + 1 : position + 1 + length])
            position += 1 + length
        self.kind = struct.unpack("!H", packet[position + 1 : position + 3])[0]
        self.question = packet[12 : position + 5]
        self.packet = packet

    @property
    def name(self):
        text = b".".join(self.labels).decode("ascii", "backslashreplace")
        return "".join(c if c.isprintable() and c != " " else f"\\x{ord(c):02x}" for c in text)

    def reply(self, *answers, code=0, flags=0, identifier=None, question=None, counts=None, authority=()):
        question = self.question if question is None else question
        identifier = self.identifier if identifier is None else identifier
        counts = counts or (1, len(answers), len(authority), 0)
        header = struct.pack("!HHHHHH", identifier, RESPONSE | flags | code, *counts)
        return header + question + b"".join(answers) + b"".join(authority)

    def empty(self, code=0):
        """No record of the type, or no such name, with what a cache needs (RFC 2308)."""
        start = encoded([b"ns", b"test"]) + encoded([b"admin", b"test"]) + struct.pack("!IIIII", 1, 60, 60, 60, 60)
        return self.reply(code=code, authority=[record(SOA, start, owner=encoded([b"test"]))])

    def addresses(self, *texts):
        """The addresses of the type that is asked for."""
        version = {A: 4, AAAA: 6}.get(self.kind)
        found = [address(text) for text in texts if ipaddress.ip_address(text).version == version]
        return self.reply(*found) if found else self.empty()

    def alias(self, *names):
        """A chain of aliases that ends with the address."""
        records, owner = [], QUESTION_POINTER
        for labels in names:
            records.append(record(CNAME, encoded(labels), owner))
            owner = encoded(labels)
        if self.kind == A:
            records.append(address(TARGET, owner))
        return self.reply(*records)

    def right(self):
        if self.kind == PTR:
            return self.reply(record(PTR, encoded([b"host-" + b"-".join(reversed(self.labels[:4])), b"test"])))
        own = [part[1:] for part in self.labels[0].decode("latin-1").split("-")[1:] if part[:1] == "a"]
        return self.addresses(f"198.18.2.{own[0]}" if own and own[0].isdigit() else TARGET)

    def other(self, *labels):
        return encoded(labels) + self.question[-4:]


def datagrams(query, behavior, arguments):
    """The replies by UDP, and by TCP where it makes no difference."""
    q = query
    if q.kind == TXT and q.texts:
        return [q.reply(*map(text_record, q.texts))]
    if q.kind == HTTPS and behavior in SERVICES:
        return [q.reply(*SERVICES[behavior])]
    if q.kind == HTTPS and behavior == "alias":
        # The number is the length of the chain.
        left = int(arguments[0]) - 1
        target = b"svc-full" if not left else b"svc-alias-%d" % left
        return [q.reply(service(0, encoded([target, b"test"])))]
    if q.kind == HTTPS and behavior == "aliasloop":
        return [q.reply(service(0, encoded(q.labels)))]
    if behavior in RCODES:
        return [q.empty(NXDOMAIN) if behavior == "nxdomain" else q.reply(code=RCODES[behavior])]
    match behavior:
        case "ok" | "xn" | "truncated" | "tcdrip" | "tcfin" | "tcclose" | "tcreset" | "tcshort" | "tcsilent":
            return [q.right()]
        case "silent":
            return []
        case "nodata":
            return [q.empty()]
        case "six":
            return [q.addresses("2001:db8::2")]
        case "both":
            return [q.addresses(TARGET, "2001:db8::2")]
        case "if":
            # The name is only there in the domain that it names.
            return [q.right() if q.labels[1:2] == [arguments[0].encode()] else q.empty(NXDOMAIN)]
        # AAAA is asked for in vain, as of many a load balancer.
        case "halfsilent":
            return [q.right()] if q.kind == A else []
        case "halfservfail" | "halfnotimp" | "halfnxdomain" | "halfrefused":
            return [q.right() if q.kind == A else q.reply(code=RCODES[behavior[4:]])]
        case "lastservfail":
            return [q.reply(code=SERVFAIL) if q.kind == A else q.addresses("2001:db8::2")]
        # Bytes that are no reply.
        case "garbage":
            return [random.Random(1).randbytes(64), bytes(64), b"\xff" * 600]
        case "marked":
            # Garbage behind the right identifier.
            return [q.packet[:2] + b"\x85\x80" + random.Random(2).randbytes(60)]
        case "nothing":
            return [b""]
        case "short":
            return [q.packet[:5]]
        case "badtext":
            # A string that is longer than its record.
            return [q.reply(record(TXT, b"\xff64500 | 198.18.0.0/16 |"))]
        case "header":
            return [q.reply(question=b"", counts=(0, 0, 0, 0))]
        case "headless":
            # It promises a question and records, and ends.
            return [q.reply(question=b"", counts=(1, 9, 9, 9))]
        case "counts":
            return [q.reply(address(TARGET), counts=(1, 65535, 65535, 65535))]
        case "reflected":
            return [q.packet]
        # Names that lead nowhere.
        case "selfpointer":
            end = 12 + len(q.question)
            return [q.reply(record(q.kind, bytes(4), owner=struct.pack("!H", 0xC000 | end)))]
        case "pointers":
            # The name of an alias is a pointer to a pointer back.
            data = 12 + len(q.question) + 12
            return [q.reply(record(CNAME, struct.pack("!HH", 0xC000 | data + 2, 0xC000 | data)))]
        case "forward":
            return [q.reply(record(CNAME, b"\xff\xff"))]
        case "longname":
            return [q.reply(record(CNAME, (b"\x3f" + b"x" * 63) * 8 + b"\0"))]
        # Records that are not of their length.
        case "badlength":
            return [q.reply(record(A, bytes(3)), record(AAAA, bytes(17)))]
        case "overrun":
            return [q.reply(address(TARGET)[:-6] + b"\xff\xff" + bytes(4))]
        case "chaos":
            return [q.reply(record(A, ipaddress.ip_address(FALSE).packed, family=3))]
        # Aliases.
        case "self":
            return [q.reply(record(CNAME, QUESTION_POINTER))]
        case "circle":
            names = [encoded([label, b"test"]) for label in (b"one", b"two")]
            owners = [QUESTION_POINTER] + names
            return [q.reply(*(record(CNAME, data, owner) for owner, data in zip(owners, names + names[:1])))]
        case "chain":
            return [q.alias(*([b"c%d" % number, b"test"] for number in range(int(arguments[0]))))]
        case "dangling":
            return [q.reply(record(CNAME, encoded([b"nowhere", b"test"])))]
        case "control":
            return [q.reply(record(PTR, encoded(CONTROL))) if q.kind == PTR else q.alias(CONTROL)]
        case "longpointer":
            return [q.reply(record(PTR, encoded([b"p" * 63] * 3 + [b"p" * 61])))]
        # Answers to something else.
        case "otherquestion":
            return [q.reply(address(FALSE), question=q.other(b"unrelated", b"test"))]
        case "othertype":
            kind = AAAA if q.kind == A else A
            return [q.reply(address(FALSE), question=q.question[:-4] + struct.pack("!HH", kind, 1))]
        case "otherowner":
            return [q.reply(address(FALSE, encoded([b"unrelated", b"test"])))]
        case "otherid":
            return [q.reply(address(FALSE), identifier=q.identifier ^ 0x5555)]
        case "otheridfirst":
            wrong = [q.reply(address(FALSE), identifier=q.identifier ^ bit) for bit in (1, 0x100, 0x8000)]
            return wrong + [q.right()]
        case "otherquestionfirst":
            return [q.reply(address(FALSE), question=q.other(b"unrelated", b"test")), q.right()]
        case "upper":
            return [q.reply(address(TARGET), question=q.question.upper()) if q.kind == A else q.empty()]
        case "twice":
            return [q.right(), q.right()]
        # Long replies.
        case "wide":
            # More than 512 bytes in a datagram, and not marked as truncated.
            return [q.addresses(*(f"198.18.1.{number}" for number in range(1, 61)))]
        case "many":
            return [q.addresses(*(f"198.18.{number // 250 + 1}.{number % 250 + 1}" for number in range(2000)))]
        case "noedns":
            return [q.reply(code=FORMERR) if q.additional else q.right()]
    return [q.empty(NXDOMAIN)]


class Server:
    def __init__(self, pointers, texts, log):
        self.pointers = pointers
        self.texts = texts
        self.log = open(log, "a", buffering=1, encoding="ascii")
        self.pending = {}
        # For answers from another address and from another port.
        self.forgers = []

    def begin(self, query, protocol, server, peer):
        """Logs a query and returns its behavior, its arguments and its delay in seconds."""
        self.pending[query.name] = self.pending.get(query.name, 0) + 1
        kind = TYPE_NAMES.get(query.kind, str(query.kind))
        self.log.write(f"{protocol} {server} {kind} {query.name} {len(self.pending)} {peer[1]} {peer[0]}\n")
        query.texts = self.texts.get(query.name, [])
        label = (query.labels or [b""])[0].decode("latin-1")
        if query.kind == TXT and len(query.texts) == 1 and query.texts[0].startswith("="):
            label, query.texts = query.texts[0][1:], []
        if query.kind == PTR:
            reversed_labels = [label.decode("latin-1") for label in reversed(query.labels[:4])]
            label = self.pointers.get(".".join(reversed_labels), "nxdomain")
        parts = label.split("-")
        if parts[0] == "svc":
            parts = parts[1:] if query.kind == HTTPS else ["ok"]
        delays = [int(part) for part in parts[1:] if part.isdigit()]
        # The number of `chain` is its length.
        return parts[0], parts[1:], delays[0] / 1000 if delays and parts[0] != "chain" else 0

    def end(self, query):
        self.pending[query.name] -= 1
        if not self.pending[query.name]:
            del self.pending[query.name]


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server, own):
        self.server, self.own = server, own

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, packet, peer):
        try:
            query = Query(packet)
        except (ValueError, IndexError, struct.error):
            return
        behavior, arguments, delay = self.server.begin(query, "udp", self.own, peer)
        asyncio.get_running_loop().call_later(delay, self.answer, query, behavior, arguments, peer)

    def answer(self, query, behavior, arguments, peer):
        self.server.end(query)
        if behavior == "forged":
            for forger in self.server.forgers:
                forger.sendto(query.reply(address(FALSE)), peer)
            asyncio.get_running_loop().call_later(0.05, self.transport.sendto, query.right(), peer)
        elif behavior.startswith("tc") or behavior in ("truncated", "many"):
            self.transport.sendto(query.reply(flags=TRUNCATED), peer)
        else:
            for packet in datagrams(query, behavior, arguments):
                self.transport.sendto(packet, peer)


async def serve_stream(server, own, reader, writer):
    try:
        while True:
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            query = Query(await reader.readexactly(length))
            peer = writer.get_extra_info("peername")
            behavior, arguments, delay = server.begin(query, "tcp", own, peer)
            await asyncio.sleep(delay)
            server.end(query)
            if behavior == "tcclose":
                break
            if behavior == "tcreset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
                return
            if behavior == "tcsilent":
                continue
            if behavior == "tcshort":
                writer.write(b"\x01\x00" + query.right())
                break
            for packet in datagrams(query, behavior, arguments):
                whole = struct.pack("!H", len(packet)) + packet
                step = 1 if behavior == "tcdrip" else len(whole)
                for start in range(0, len(whole), step):
                    writer.write(whole[start : start + step])
                    await writer.drain()
                    if step == 1:
                        await asyncio.sleep(0.001)
            if behavior == "tcfin":
                break
    except (OSError, ValueError, IndexError, struct.error, asyncio.IncompleteReadError):
        pass
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        pass


def bound(own, port=53):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((own, port))
    return opened


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--udp", metavar="ADDRESS", action="append", default=[], help="answer by UDP here")
    parser.add_argument("--tcp", metavar="ADDRESS", action="append", default=[], help="answer by TCP here")
    parser.add_argument("--silent", metavar="ADDRESS", action="append", default=[], help="take datagrams, answer none")
    parser.add_argument("--forge-from", metavar="ADDRESS", help="the other address of forged answers")
    parser.add_argument("--pointer", metavar="ADDRESS=LABEL", action="append", default=[])
    parser.add_argument("--text", metavar="NAME=TEXT", action="append", default=[], help="`==LABEL` is a behavior")
    parser.add_argument("--log", metavar="FILE", required=True)
    options = parser.parse_args()
    texts = {}
    for name, text in (text.split("=", 1) for text in options.text):
        texts.setdefault(name, []).append(text)
    server = Server(dict(pointer.split("=", 1) for pointer in options.pointer), texts, options.log)
    loop = asyncio.get_running_loop()
    silent = [bound(own) for own in options.silent]
    for own in options.udp:
        opened = bound(own)
        await loop.create_datagram_endpoint(lambda: Datagrams(server, own), sock=opened)
    if options.forge_from:
        server.forgers = [bound(options.forge_from), bound(options.udp[0], 5300)]
    for own in options.tcp:
        await asyncio.start_server(lambda r, w, own=own: serve_stream(server, own, r, w), own, 53, backlog=64)
    print("begun", flush=True)
    await asyncio.sleep(300)
    del silent


asyncio.run(main())
