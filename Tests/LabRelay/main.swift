// A link with faults: forwards frames between two interfaces and applies faults to some of
// them, determined by a seed. The kernel of the lab has no netem.
//
//     lab-relay LEFT RIGHT [--seed N] [--direction both|right|left] [--to echoes|datagrams] [--for SECONDS] FAULT...
//
// A fault is drop, duplicate, corrupt, alter, truncate, delay:MILLISECONDS,
// jitter:MILLISECONDS, followed by =PROBABILITY, /EVERY (each EVERY-th), or @N
// (only the N-th). Faults apply to ICMP echoes; other frames are forwarded unchanged.
// `corrupt` changes a byte under the checksum (any byte if it is not an echo), `alter` also corrects the checksum,
// `truncate:N` keeps N bytes of the ICMP message and corrects lengths and checksums.

import DequeModule
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

struct Fault {
    enum Kind: String { case drop, duplicate, corrupt, alter, truncate, delay, jitter }
    enum Occasion { case probability(Double), every(Int), only(Int) }

    let kind: Kind
    let amount: Int
    let occasion: Occasion

    init?(_ text: String) {
        guard let mark = text.firstIndex(where: { "=/@".contains($0) }) else { return nil }
        let head = text[..<mark].split(separator: ":")
        guard let name = head.first, let kind = Kind(rawValue: String(name)) else { return nil }
        self.kind = kind
        amount = head.count > 1 ? Int(head[1]) ?? 0 : 0
        let value = text[text.index(after: mark)...]
        switch text[mark] {
        case "=": occasion = .probability(Double(value) ?? 0)
        case "/": occasion = .every(max(1, Int(value) ?? 1))
        default: occasion = .only(Int(value) ?? 0)
        }
    }

    func befalls(_ number: Int, _ random: inout SeededGenerator) -> Bool {
        switch occasion {
        case .probability(let share): Double.random(in: 0..<1, using: &random) < share
        case .every(let count): number % count == 0
        case .only(let wanted): number == wanted
        }
    }
}

struct Pending {
    var due: Instant
    var toRight: Bool
    var frame: [UInt8]
}

/// An echo in a frame: the offset of its ICMP message, and whether it is ICMPv6.
struct Echo {
    var offset: Int
    var isV6: Bool

    init?(_ frame: [UInt8]) {
        guard let ethernet = try? EthernetView(frame.rawBytes) else { return nil }
        if let header = try? IPv4View(ethernet.payload), ethernet.etherType == .ipv4, header.protocol == .icmp,
            let message = try? ICMPv4View(header.payload), [.echoRequest, .echoReply].contains(message.type)
        {
            offset = EthernetView.headerLength + header.headerLength
            isV6 = false
        } else if let header = try? IPv6View(ethernet.payload), ethernet.etherType == .ipv6,
            header.nextHeader == .icmpv6,
            let message = try? ICMPv6View(header.payload), [.echoRequest, .echoReply].contains(message.type)
        {
            offset = EthernetView.headerLength + IPv6View.headerLength
            isV6 = true
        } else {
            return nil
        }
    }

    /// Corrects the checksum.
    func mendChecksum(_ frame: inout [UInt8]) {
        frame[offset + 2] = 0
        frame[offset + 3] = 0
        var sum = InternetChecksum()
        if isV6 {
            let bytes = frame.rawBytes
            sum.addPseudoHeader(
                source: bytes.ipv6Address(at: 22), destination: bytes.ipv6Address(at: 38), protocol: .icmpv6,
                length: frame.count - offset)
        }
        sum.add(frame.rawBytes.dropping(offset))
        frame[offset + 2] = UInt8(sum.value >> 8)
        frame[offset + 3] = UInt8(sum.value & 0xFF)
    }

    /// Keeps `length` bytes of the message and corrects lengths and checksums.
    func truncate(_ frame: inout [UInt8], to length: Int) {
        guard frame.count - offset > length, length >= 4 else { return }
        frame.removeLast(frame.count - offset - length)
        if isV6 {
            frame[18] = UInt8(length >> 8)
            frame[19] = UInt8(length & 0xFF)
        } else {
            let total = frame.count - EthernetView.headerLength
            frame[16] = UInt8(total >> 8)
            frame[17] = UInt8(total & 0xFF)
            frame[24] = 0
            frame[25] = 0
            let checksum = InternetChecksum.of(frame.rawBytes.extracting(EthernetView.headerLength..<offset))
            frame[24] = UInt8(checksum >> 8)
            frame[25] = UInt8(checksum & 0xFF)
        }
        mendChecksum(&frame)
    }
}

struct Relay: ~Copyable {
    var left: LinkSocket
    var right: LinkSocket
    let faults: [Fault]
    let direction: String
    let concernsAll: Bool
    var random: SeededGenerator
    var pending: Deque<Pending> = []
    /// The number of echoes in the direction of the faults.
    var count = 0

    mutating func take(_ frame: [UInt8], toRight: Bool) {
        let isConcerned = direction == "both" || (direction == "right") == toRight
        let echo = Echo(frame)
        guard isConcerned, echo != nil || concernsAll && isDatagram(frame) else { return send(frame, toRight: toRight) }
        count += 1
        var frame = frame
        var copies = 1
        var delay = 0.0
        for fault in faults where fault.befalls(count, &random) {
            switch fault.kind {
            case .drop: copies = 0
            case .duplicate: copies += 1
            case .corrupt, .alter:
                guard let echo else {
                    let room = frame.count - EthernetView.headerLength
                    if room > 0 { frame[EthernetView.headerLength + Int(random.next() % UInt64(room))] ^= 0xFF }
                    break
                }
                let index = min(echo.offset + 24, frame.count - 1)
                frame[index] ^= 0xFF
                if fault.kind == .alter { echo.mendChecksum(&frame) }
            case .truncate: echo?.truncate(&frame, to: fault.amount)
            case .delay: delay += Double(fault.amount)
            case .jitter: delay += Double.random(in: 0...Double(max(fault.amount, 1)), using: &random)
            }
        }
        for _ in 0..<copies {
            if delay > 0 {
                let due = SystemClock.now + Nanoseconds(Int64(delay * 1e6))
                hold(Pending(due: due, toRight: toRight, frame: frame))
            } else {
                send(frame, toRight: toRight)
            }
        }
    }

    private func isDatagram(_ frame: [UInt8]) -> Bool {
        guard let ethernet = try? EthernetView(frame.rawBytes) else { return false }
        return ethernet.etherType == .ipv4 || ethernet.etherType == .ipv6
    }

    /// Inserts a frame in the order of send times. Most belong at the end.
    private mutating func hold(_ item: Pending) {
        var index = pending.endIndex
        while index > 0, pending[index - 1].due > item.due { index -= 1 }
        pending.insert(item, at: index)
    }

    func send(_ frame: [UInt8], toRight: Bool) {
        if toRight { right.send(frame) } else { left.send(frame) }
    }

    mutating func run(until end: Instant) {
        while SystemClock.now < end {
            while let frame = left.receive() { take(frame, toRight: true) }
            while let frame = right.receive() { take(frame, toRight: false) }
            let now = SystemClock.now
            while let first = pending.first, first.due <= now {
                send(first.frame, toRight: first.toRight)
                pending.removeFirst()
            }
            LinkSocket.wait(left, right, until: min(pending.first?.due ?? end, end))
        }
    }
}

var arguments = Array(CommandLine.arguments.dropFirst())
func option(_ name: String, in arguments: inout [String]) -> String? {
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    defer { arguments.removeSubrange(index...(index + 1)) }
    return arguments[index + 1]
}

let seed = UInt64(option("--seed", in: &arguments) ?? "1") ?? 1
let direction = option("--direction", in: &arguments) ?? "both"
let concernsAll = option("--to", in: &arguments) == "datagrams"
let seconds = Int64(option("--for", in: &arguments) ?? "60") ?? 60
let output = BufferedOutput.standardOutput()
guard arguments.count >= 2, let leftIndex = Interface.index(of: arguments[0]),
    let rightIndex = Interface.index(of: arguments[1])
else {
    output.write("lab-relay: LEFT RIGHT [options] FAULT...\n")
    output.flush()
    CurrentProcess.exit(2)
}
let faults = arguments.dropFirst(2).compactMap { Fault($0) }
guard faults.count == arguments.count - 2 else {
    output.write("lab-relay: invalid fault: \(arguments.dropFirst(2))\n")
    output.flush()
    CurrentProcess.exit(2)
}
do {
    var relay = Relay(
        left: try LinkSocket(interface: leftIndex), right: try LinkSocket(interface: rightIndex), faults: faults,
        direction: direction, concernsAll: concernsAll, random: SeededGenerator(seed: seed))
    output.write("ready\n")
    output.flush()
    relay.run(until: SystemClock.now + .seconds(seconds))
} catch {
    output.write("lab-relay: \(error)\n")
    output.flush()
    CurrentProcess.exit(1)
}
