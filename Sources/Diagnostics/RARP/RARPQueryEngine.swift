import HostStack
import PacketEngine
import WireFormat

/// The parameters of a RARP query (RFC 903).
public struct RARPQueryConfiguration: Sendable {
    /// The source MAC address: the interface's.
    public var mac: MACAddress
    /// The MAC addresses to look up.
    public var subjects: [MACAddress]
    /// The maximum number of requests per MAC address.
    public var attempts = 5
    /// The pause after the first request; each further pause is twice as long, up to `longestPause`.
    public var firstPause = Nanoseconds.seconds(1)
    public var longestPause = Nanoseconds.seconds(16)
    /// The maximum duration from the first request on; nil for none.
    public var deadline: Nanoseconds?
    /// Whether the query ends without waiting for replies of other servers.
    public var endsAtFirstAnswer = false
    /// Whether to report ignored replies.
    public var reportsIgnored = false

    /// The limited numbers of requests per MAC address.
    public static let attemptCounts = 1...1_000
    /// The minimum first pause.
    public static let leastPause = Nanoseconds.milliseconds(10)

    public init(mac: MACAddress, subjects: [MACAddress]) {
        self.mac = mac
        self.subjects = subjects
    }
}

/// An event of a RARP query.
public enum RARPQueryEvent: Hashable, Sendable {
    case reply(RARPReply)
    /// A request for this MAC address got no reply before the next.
    case timeout(MACAddress, attempt: Int)
    /// An ignored reply; at most 20 per second are reported.
    case ignored(IgnoredReply)
}

/// The reply of one server.
public struct RARPReply: Hashable, Sendable {
    public var mac: MACAddress
    public var address: IPv4Address
    public var serverMAC: MACAddress
    public var serverAddress: IPv4Address
    /// The source of the frame, if it is not the server's MAC address in the packet.
    public var frameSource: MACAddress
    public var roundTrip: Nanoseconds
    /// Whether an earlier reply for this MAC address had another IP address.
    public var isContradiction: Bool
    public var arrival: Instant
}

/// The result of a query.
public struct RARPQuerySummary: LinkSummary, Hashable {
    public var sent = 0
    public var received = 0
    /// The number of MAC addresses queried, and of those with a reply.
    public var asked = 0
    public var answered = 0
    public var servers = 0
    /// The reason why a request could not be sent, which ended the query.
    public var failure: TransmissionFailure?
    public var elapsed = Nanoseconds.zero

    /// Whether every MAC address had a reply.
    public var isFound: Bool { answered == asked }
}

/// Queries a link's RARP servers for the IPv4 addresses of MAC addresses.
///
/// Each round sends requests for all MAC addresses without a reply; each pause is twice as long as the one before. When
/// all have a reply, the query waits for other servers as long as the first pause.
public struct RARPQueryEngine: LinkEngine, ~Copyable {
    public typealias Event = RARPQueryEvent

    private struct Subject {
        var lastSent: Instant?
        var answer: IPv4Address?
        /// The servers that replied; each counts once.
        var servers: Set<MACAddress> = []
    }

    /// The maximum number of servers kept per MAC address, a bound against floods.
    private static let mostServers = 64

    private let configuration: RARPQueryConfiguration
    private var subjects: [MACAddress: Subject] = [:]
    private let order: [MACAddress]
    private var servers: Set<MACAddress> = []
    private var attempt = 0
    private var next = 0
    private var pending = 0
    private var pause: Nanoseconds
    private var lastSent: Instant?
    private var start: Instant?
    private var end: Instant?
    private var isOver = false
    private var ignored: AllowancePerSecond
    private var events: [RARPQueryEvent] = []
    private var result = RARPQuerySummary()

    public init(_ configuration: RARPQueryConfiguration) {
        self.configuration = configuration
        ignored = .ignoredReplies(isWanted: configuration.reportsIgnored)
        pause = configuration.firstPause
        var order: [MACAddress] = []
        for mac in configuration.subjects where subjects.updateValue(Subject(), forKey: mac) == nil {
            order.append(mac)
        }
        self.order = order
        result.asked = order.count
    }

    public var maximumPacketLength: Int { EthernetHeader.minimumFrameLength }
    public var batchCapacity: Int { 16 }

    public var summary: RARPQuerySummary {
        var summary = result
        summary.servers = servers.count
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    private var allAnswered: Bool { result.answered == order.count }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        let deadline = start.flatMap { start in configuration.deadline.map { start + $0 } }
        if isOver || deadline.map({ $0 <= now }) ?? false { return finish(at: now) }
        while true {
            while next < order.count {
                let mac = order[next]
                guard subjects[mac]?.answer == nil else {
                    next += 1
                    continue
                }
                let request = ARPPacket(
                    operation: .reverseRequest, senderMAC: configuration.mac, senderAddress: .unspecified,
                    targetMAC: mac, targetAddress: .unspecified)
                guard batch.append(frame: ARPFrame.bytes(request, to: .broadcast), token: UInt64(next)) else {
                    return .at(now)
                }
                next += 1
                pending += 1
            }
            // The wait starts when the request was sent.
            guard pending == 0, let lastSent else { return .at(now) }
            let due = lastSent + (allAnswered ? configuration.firstPause : pause)
            guard due <= now else { return .at(deadline.map { min($0, due) } ?? due) }
            reportTimeouts()
            attempt += 1
            guard !allAnswered, attempt < configuration.attempts else { return finish(at: now) }
            pause = min(pause + pause, configuration.longestPause)
            next = 0
        }
    }

    private mutating func reportTimeouts() {
        for mac in order where subjects[mac]?.answer == nil { events.append(.timeout(mac, attempt: attempt + 1)) }
    }

    private mutating func finish(at now: Instant) -> Deadline {
        if end == nil { end = now }
        isOver = true
        return .finished
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        pending -= 1
        result.sent += 1
        lastSent = instant
        guard let index = Int(exactly: token), order.indices.contains(index) else { return }
        subjects[order[index]]?.lastSent = instant
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        pending -= 1
        lastSent = instant
        result.failure = failure
        isOver = true
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let received = ReceivedARP(packet.bytes, etherType: .reverseARP),
            received.packet.operation == .reverseReply
        else { return }
        if let problem = problem(of: received) {
            if ignored.take(at: packet.arrival) { events.append(.ignored(IgnoredReply(received, problem))) }
            return
        }
        guard let subject = subjects[received.packet.targetMAC], let sent = subject.lastSent,
            subject.servers.count < Self.mostServers,
            !subject.servers.contains(received.packet.senderMAC)
        else { return }
        let (mac, address) = (received.packet.targetMAC, received.packet.targetAddress)
        result.received += 1
        if subject.answer == nil {
            subjects[mac]?.answer = address
            result.answered += 1
        }
        subjects[mac]?.servers.insert(received.packet.senderMAC)
        servers.insert(received.packet.senderMAC)
        events.append(
            .reply(
                RARPReply(
                    mac: mac, address: address, serverMAC: received.packet.senderMAC,
                    serverAddress: received.packet.senderAddress, frameSource: received.frameSource,
                    roundTrip: max(packet.arrival - sent, .zero),
                    isContradiction: subject.answer.map { $0 != address } ?? false, arrival: packet.arrival)))
        if configuration.endsAtFirstAnswer, allAnswered { isOver = true }
    }

    /// Returns the reason why a reply is ignored.
    private func problem(of received: ReceivedARP) -> IgnoredReply.Reason? {
        let packet = received.packet
        if subjects[packet.targetMAC] == nil { return .otherStation(packet.targetMAC) }
        return received.senderProblem ?? (packet.targetAddress.isHostAddress ? nil : .address(packet.targetAddress))
    }

    public mutating func stop(at now: Instant) {
        isOver = true
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (RARPQueryEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
