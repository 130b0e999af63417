import HostStack
import PacketEngine
import WireFormat

/// The parameters of an ARP sweep.
public struct ArpingSweepConfiguration: Sendable {
    public var mac: MACAddress
    public var source: IPv4Address
    /// The IPv4 addresses to probe.
    public var targets: AddressSet
    /// Probes per second; nil for no limit.
    public var rate: Double? = 2_000
    /// Retries per unanswered address.
    public var retries = 2
    /// The time to wait for replies after the last probe of a round.
    public var timeout = Nanoseconds.milliseconds(500)
    /// Whether to report ignored replies.
    public var reportsIgnored = false

    /// The numbers of retries.
    public static let retryCounts = 0...100
    /// The minimum time to wait for replies.
    public static let leastTimeout = Nanoseconds.milliseconds(1)

    public init(mac: MACAddress, source: IPv4Address, targets: AddressSet) {
        self.mac = mac
        self.source = source
        self.targets = targets
    }
}

/// An event of a sweep.
public enum ArpingSweepEvent: Hashable, Sendable {
    case host(ArpingSweepHost)
    /// Another station than the first replied for the address too.
    case duplicate(IPv4Address, first: MACAddress, other: MACAddress)
    /// An ignored reply; at most 20 per second are reported.
    case ignored(IgnoredReply)
}

/// A host found by a sweep.
public struct ArpingSweepHost: Hashable, Sendable {
    public var address: IPv4Address
    public var mac: MACAddress
    public var roundTrip: Nanoseconds
    /// Whether the reply was sent to a broadcast or multicast MAC address.
    public var isBroadcast: Bool
}

/// The result of a sweep.
public struct ArpingSweepSummary: LinkSummary {
    public var targets = 0
    public var sent = 0
    public var received = 0
    public var hosts = 0
    /// Addresses that several stations claim.
    public var duplicates = 0
    public var failed = 0
    /// Whether the user stopped the run.
    public var isCutShort = false
    /// The station that claims the most addresses, and their number.
    public var largest: (mac: MACAddress, addresses: Int)?
    public var elapsed = Nanoseconds.zero

    /// Nil: a probe that cannot be sent does not end the sweep.
    public var failure: TransmissionFailure? { nil }
    /// Whether a host replied.
    public var isFound: Bool { hosts > 0 }
    /// The station that replies for others, by proxy ARP (RFC 1027): it claims at least 16 addresses, and more than half
    /// of those found. Nil if there is none.
    public var proxy: (mac: MACAddress, addresses: Int)? {
        largest.flatMap { $0.addresses >= 16 && $0.addresses > hosts / 2 ? $0 : nil }
    }
}

/// Finds every host of a network by rounds of ARP broadcasts; each round probes only the addresses that have not
/// replied.
public struct ArpingSweepEngine: LinkEngine, ~Copyable {
    public typealias Event = ArpingSweepEvent

    /// The maximum number of further stations kept, a bound against floods.
    private static let mostOthers = 4_096

    private let configuration: ArpingSweepConfiguration
    /// A probe without its target.
    private let template: [UInt8]
    private let targetOffset = EthernetView.headerLength + 24
    /// The station that replied for each target; nil for none.
    private var stations: [MACAddress?]
    private var sentAt: [Instant]
    /// Further stations, by target.
    private var others: [Int: Set<MACAddress>] = [:]
    private var otherCount = 0
    private var rounds: SweepRounds
    private var start: Instant?
    private var end: Instant?
    private var ignored: AllowancePerSecond
    private var events: [ArpingSweepEvent] = []
    private var result = ArpingSweepSummary()

    public init(_ configuration: ArpingSweepConfiguration) {
        self.configuration = configuration
        ignored = .ignoredReplies(isWanted: configuration.reportsIgnored)
        template = ARPFrame.bytes(
            .request(for: .unspecified, from: configuration.mac, configuration.source), to: .broadcast)
        stations = Array(repeating: nil, count: configuration.targets.count)
        sentAt = Array(repeating: Instant(nanoseconds: 0), count: configuration.targets.count)
        rounds = SweepRounds(
            count: configuration.targets.count, rate: configuration.rate, retries: configuration.retries,
            timeout: configuration.timeout)
        result.targets = configuration.targets.count
    }

    public var maximumPacketLength: Int { template.count }
    public var batchCapacity: Int { 64 }
    /// Many probes leave in one system call; the send time of each is interpolated from its index in the call.
    public var wantsExactTimes: Bool { false }

    public var summary: ArpingSweepSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        var counts: [MACAddress: Int] = [:]
        for case let mac? in stations { counts[mac, default: 0] += 1 }
        summary.largest = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }.map {
            ($0.key, $0.value)
        }
        return summary
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        while true {
            switch rounds.step(batch, at: now) {
            case .wait(let deadline):
                if rounds.isOver, end == nil { end = now }
                return deadline
            case .probe(let index):
                guard case .v4(let target) = configuration.targets[index] else {
                    rounds.find(index)
                    continue
                }
                let isAppended = batch.append(frameOf: template.count, token: UInt64(index)) { bytes, offset in
                    bytes.copy(template, at: offset)
                    bytes.setIPv4Address(target, at: offset + targetOffset)
                }
                guard isAppended else { return .at(now) }
                sentAt[index] = now
                rounds.sent()
            }
        }
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        result.sent += 1
        if let index = Int(exactly: token), sentAt.indices.contains(index) { sentAt[index] = instant }
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        result.failed += 1
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !rounds.isOver, let received = ReceivedARP(packet.bytes),
            received.packet.operation == .reply || received.packet.operation == .request,
            received.packet.senderMAC != configuration.mac,
            let index = configuration.targets.index(of: .v4(received.packet.senderAddress))
        else { return }
        if let problem = problem(of: received) {
            if received.packet.operation == .reply, ignored.take(at: packet.arrival) {
                events.append(.ignored(IgnoredReply(received, problem)))
            }
            return
        }
        result.received += 1
        let (address, mac) = (received.packet.senderAddress, received.packet.senderMAC)
        guard let first = stations[index] else {
            stations[index] = mac
            rounds.find(index)
            result.hosts += 1
            let roundTrip = max(packet.arrival - sentAt[index], .zero)
            events.append(
                .host(
                    ArpingSweepHost(
                        address: address, mac: mac, roundTrip: roundTrip,
                        isBroadcast: received.frameDestination.isMulticast)))
            return
        }
        guard first != mac, otherCount < Self.mostOthers, !(others[index]?.contains(mac) ?? false) else { return }
        if others[index] == nil { result.duplicates += 1 }
        others[index, default: []].insert(mac)
        otherCount += 1
        events.append(.duplicate(address, first: first, other: mac))
    }

    /// Returns why a packet about a target is not a valid reply.
    private func problem(of received: ReceivedARP) -> IgnoredReply.Reason? {
        let packet = received.packet
        // A reply to another station does not count for this sweep, whatever address it names.
        if packet.operation == .reply, packet.targetMAC != configuration.mac { return .otherStation(packet.targetMAC) }
        if packet.targetAddress != configuration.source { return .otherAddress(packet.targetAddress) }
        return received.senderProblem
    }

    public mutating func stop(at now: Instant) {
        if !rounds.isOver { result.isCutShort = true }
        rounds.stop()
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (ArpingSweepEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
