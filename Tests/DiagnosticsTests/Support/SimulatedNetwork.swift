import PacketEngine
import WireFormat

/// A network without sockets: hosts that reply to echo, links with seeded faults, and a clock that advances only when
/// the engine waits or sends.
struct SimulatedNetwork: PacketPort, ~Copyable {
    typealias Failure = Never

    /// The faults of a packet on its way to the target and back.
    struct Faults {
        /// Shares from 0 to 1.
        var loss = 0.0
        var duplication = 0.0
        var corruption = 0.0
        var truncation = 0.0
        /// The round-trip time.
        var delay = Nanoseconds.milliseconds(1)...Nanoseconds.milliseconds(1)
        /// The kernel has no buffers for this and the next packets.
        var congestion = 0.0
        /// The kernel rejects it for good.
        var refusal = 0.0
        /// Packets that are lost, by number from 1 on.
        var drops: Set<Int> = []
        /// Packets whose reply is delayed, by number.
        var late: [Int: Nanoseconds] = [:]
    }

    /// A host's reaction to a datagram.
    enum Behavior {
        case answers
        case unresponsive
        /// A router replies with this ICMPv4 error.
        case refuses(type: ICMPv4Type, code: UInt8, restOfHeader: UInt32, from: IPv4Address)
        /// Another host replies instead.
        case answersFrom(IPAddress)
    }

    private struct Arrival {
        var due: Instant
        var order: Int
        var bytes: [UInt8]
        var source: IPAddress
        /// Nil for a datagram of IPv4 or an ICMPv6 message.
        var form: ReceivedPacket.Form?
    }

    var faults: Faults
    /// The reactions of hosts that differ from `everybody`.
    var hosts: [IPAddress: Behavior] = [:]
    var everybody = Behavior.answers
    /// Routers on the path to every host.
    var path: SimulatedPath?
    /// The same, with load balancing.
    var graph: SimulatedGraph?
    /// Stations on the link, for frames.
    var link: SimulatedLink?
    /// Hosts with TCP ports, for scans: the frames that answer a probe, each after a delay.
    var ports: ((SimulatedProbe) -> [(frame: [UInt8], delay: Nanoseconds)])?
    /// Hosts of any protocol, for scans: the frames that answer a frame, each after a delay.
    var frames: ((_ frame: [UInt8], _ at: Instant) -> [(frame: [UInt8], delay: Nanoseconds)])?
    /// The kernel's time per packet.
    var sendingTime = Nanoseconds.microseconds(1)
    /// Until then the kernel's queues are full.
    var fullUntil: Instant?
    /// In this period packets are lost: there is no carrier.
    var withoutCarrier: Range<Instant>?
    /// From then on nothing can be sent: the interface is gone.
    var downFrom: Instant?
    /// Signals to deliver, in order.
    var signals: [(at: Instant, wakeup: WakeReason)] = []
    /// The send time of each packet, and its bytes.
    private(set) var log: [(at: Instant, bytes: [UInt8])] = []
    var keepsLog = false
    private(set) var sentCount = 0

    private var clock = Instant(nanoseconds: 1_000_000_000)
    private var random: SeededGenerator
    /// A heap by due time.
    private var queue: [Arrival] = []
    private var order = 0

    init(seed: UInt64, faults: Faults = Faults()) {
        random = SeededGenerator(seed: seed)
        self.faults = faults
    }

    var now: Instant { clock }

    mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) -> Int {
        for index in first..<batch.count {
            let entry = batch.entries[index]
            if chance(faults.congestion) || fullUntil.map({ clock < $0 }) ?? false { return index }
            let at = clock
            if let downFrom, at >= downFrom {
                engine.transmissionFailed(entry.token, .interface("Network is down"), at: at)
                continue
            }
            clock = clock + sendingTime
            if chance(faults.refusal) {
                engine.transmissionFailed(entry.token, .system("Network is unreachable"), at: at)
                continue
            }
            engine.transmitted(entry.token, at: at)
            sentCount += 1
            let bytes = batch.bytes(of: entry)
            if keepsLog { log.append((at, bytes)) }
            carry(bytes, to: entry.destination)
        }
        return batch.count
    }

    private mutating func chance(_ share: Double) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &random) < share
    }

    private mutating func carry(_ bytes: [UInt8], to destination: IPAddress) {
        guard !chance(faults.loss), !faults.drops.contains(sentCount),
            !(withoutCarrier.map { $0.contains(clock) } ?? false)
        else { return }
        if path != nil {
            if let (answer, source, delay) = path?.answer(to: bytes, at: clock) {
                deliver(answer, from: source, at: clock + delay)
            }
            return
        }
        if graph != nil {
            guard let (answer, source, delay) = graph?.answer(to: bytes, at: clock) else { return }
            return deliver(answer, from: source, at: clock + delay)
        }
        if ports != nil || frames != nil {
            // On a link without Ethernet, hosts see and send frames nevertheless.
            let hasFrame = destination.isUnspecified
            let frame = hasFrame ? bytes : SimulatedProbe.frame(of: bytes)
            var answers = frames?(frame, clock) ?? []
            if let ports, var probe = SimulatedProbe(frame) {
                probe.at = clock
                answers += ports(probe)
            }
            for (frame, delay) in answers where !chance(faults.loss) {
                for _ in 0..<(chance(faults.duplication) ? 2 : 1) {
                    let more = Int64.random(in: 0...faults.delay.upperBound.count, using: &random)
                    deliver(
                        hasFrame ? frame : Array(frame.dropFirst(14)), from: .v4(.unspecified),
                        at: clock + delay + Nanoseconds(more), form: hasFrame ? .frame : .datagram)
                }
            }
            return
        }
        if let link {
            for answer in link.answers(to: bytes) {
                deliver(answer, from: .v4(.unspecified), at: clock + faults.delay.lowerBound, form: .frame)
            }
            return
        }
        guard var answer = answer(bytes, destination) else { return }
        if chance(faults.corruption) { answer.bytes[Int.random(in: 0..<answer.bytes.count, using: &random)] ^= 0x55 }
        if chance(faults.truncation) {
            answer.bytes.removeLast(Int.random(in: 1...answer.bytes.count - 1, using: &random))
        }
        for _ in 0..<(chance(faults.duplication) ? 2 : 1) {
            let delay = Int64.random(in: faults.delay.lowerBound.count...faults.delay.upperBound.count, using: &random)
            deliver(
                answer.bytes, from: answer.source,
                at: clock + Nanoseconds(delay) + (faults.late[sentCount] ?? .zero))
        }
    }

    /// Delivers bytes to the engine later; they begin with an IPv4 header or an ICMPv6 message.
    mutating func deliver(_ bytes: [UInt8], from source: IPAddress, at due: Instant, form: ReceivedPacket.Form? = nil) {
        order += 1
        queue.append(Arrival(due: due, order: order, bytes: bytes, source: source, form: form))
        var child = queue.count - 1
        while child > 0, isEarlier(child, (child - 1) / 2) {
            queue.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        (queue[left].due, queue[left].order) < (queue[right].due, queue[right].order)
    }

    private mutating func takeEarliest() -> Arrival {
        queue.swapAt(0, queue.count - 1)
        let arrival = queue.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < queue.count && isEarlier(child, least) {
                least = child
            }
            if least == parent { return arrival }
            queue.swapAt(parent, least)
            parent = least
        }
    }

    // MARK: Hosts

    private func answer(_ bytes: [UInt8], _ destination: IPAddress) -> (bytes: [UInt8], source: IPAddress)? {
        let behavior = hosts[destination] ?? everybody
        switch behavior {
        case .unresponsive: return nil
        case .answers: return Echo.reply(to: bytes, from: destination).map { ($0, destination) }
        case .answersFrom(let other): return Echo.reply(to: bytes, from: other).map { ($0, other) }
        case .refuses(let type, let code, let rest, let router):
            guard let view = try? IPv4View(bytes.rawBytes) else { return nil }
            let quote = Array(bytes.prefix(view.headerLength + 8))
            let body = ICMPErrorBody(restOfHeader: rest, data: quote)
            let message = ICMPv4Message(
                .unknown(type: type, code: code, restOfHeader: body.restOfHeader, data: body.data))
            return (Echo.datagram(message.encoded(), from: router, to: view.source), .v4(router))
        }
    }

    mutating func receive<E: Engine & ~Copyable>(into engine: inout E) -> Int {
        var count = 0
        while let first = queue.first, first.due <= clock {
            let arrival = takeEarliest()
            count += 1
            if let form = arrival.form {
                engine.receive(
                    ReceivedPacket(
                        bytes: arrival.bytes.rawBytes, form: form, arrival: arrival.due, source: .v4(.unspecified)))
                continue
            }
            engine.receive(
                ReceivedPacket(
                    bytes: arrival.bytes.rawBytes, form: arrival.source.family == .v4 ? .datagram : .message,
                    arrival: arrival.due, source: arrival.source, destination: Echo.here6, hopLimit: 64))
        }
        return count
    }

    mutating func wait(until deadline: Instant?) -> WakeReason {
        let signal = signals.first?.at
        let next = [deadline, queue.first?.due, signal].compactMap { $0 }.min()
        guard let next else { return .stop }
        clock = max(clock, next)
        if let first = signals.first, first.at <= clock {
            signals.removeFirst()
            return first.wakeup
        }
        return queue.first.map { $0.due <= clock } ?? false ? .packets : []
    }
}

/// Echo messages of simulated hosts.
enum Echo {
    static let here = IPv4Address(192, 0, 2, 1)
    static let there = IPv4Address(192, 0, 2, 2)
    static let here6 = IPAddress("2001:db8::1") ?? .v6(.loopback)
    static let there6 = IPAddress("2001:db8::2") ?? .v6(.loopback)

    /// A datagram around an ICMP message.
    static func datagram(_ message: [UInt8], from source: IPv4Address, to destination: IPv4Address) -> [UInt8] {
        IPv4Header(source: source, destination: destination, protocol: .icmp, payloadLength: message.count).encoded()
            + message
    }

    /// The reply to an echo request, as the engine's socket receives it.
    static func reply(to bytes: [UInt8], from source: IPAddress) -> [UInt8]? {
        switch source {
        case .v4(let address):
            guard let header = try? IPv4View(bytes.rawBytes), let view = try? ICMPv4View(header.payload),
                view.type == .echoRequest
            else { return nil }
            var message = header.payload.copied()
            message[0] = ICMPv4Type.echoReply.rawValue
            let checksum = InternetChecksum.updated(
                view.checksum, replacing: UInt16(ICMPv4Type.echoRequest.rawValue) << 8, with: 0)
            message[2] = UInt8(checksum >> 8)
            message[3] = UInt8(checksum & 0xFF)
            return datagram(message, from: address, to: header.source)
        case .v6(let address):
            guard let header = try? IPv6View(bytes.rawBytes), let view = try? ICMPv6View(header.payload) else {
                return nil
            }
            guard case .echoRequest(let echo) = ICMPv6Message(view).body else { return nil }
            return ICMPv6Message(.echoReply(echo), source: address, destination: header.source).encoded()
        }
    }
}

/// Collects the events of an engine.
struct Recorder<E: Engine & ~Copyable>: EngineObserver, ~Copyable {
    typealias Observed = E
    var events: [E.Event] = []
    /// Runs that only count do not store events.
    var keeps = true

    mutating func report(_ event: E.Event) { if keeps { events.append(event) } }
    mutating func step(_ engine: inout E, _ wakeup: WakeReason, at now: Instant) -> Instant? { nil }
    var isListening: Bool { true }
}
