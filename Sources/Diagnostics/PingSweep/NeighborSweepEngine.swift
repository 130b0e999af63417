import HostStack
import PacketEngine
import WireFormat

/// The parameters of a search for IPv6 neighbors on a link.
public struct NeighborSweepConfiguration: Sendable {
    public var mac: MACAddress
    public var source: IPv6Address
    /// The IPv6 addresses to look up.
    public var targets: AddressSet
    /// Solicitations per second; nil for no limit.
    public var rate: Double?
    /// Retries per unanswered address (MAX_MULTICAST_SOLICIT of RFC 4861, section 10, is 3 in total).
    public var retries = 2
    /// RETRANS_TIMER of RFC 4861, section 10.
    public var timeout = Nanoseconds.seconds(1)

    public init(mac: MACAddress, source: IPv6Address, targets: AddressSet) {
        self.mac = mac
        self.source = source
        self.targets = targets
    }
}

/// A neighbor that has one of the addresses.
public struct NeighborHost: Hashable, Sendable {
    public var address: IPv6Address
    public var mac: MACAddress
}

/// Resolves IPv6 addresses by neighbor solicitations (RFC 4861, section 7.2), in rounds; each round solicits only the
/// addresses that have not answered.
public struct NeighborSweepEngine: Engine, ~Copyable {
    public typealias Event = NeighborHost

    private let configuration: NeighborSweepConfiguration
    private var isFound: [Bool]
    private var left: Int
    private var pacer: SendPacer
    private var round = 0
    private var next = 0
    private var roundEnd: Instant?
    private var isOver = false
    private var events: [NeighborHost] = []

    public init(_ configuration: NeighborSweepConfiguration) {
        self.configuration = configuration
        isFound = Array(repeating: false, count: configuration.targets.count)
        left = configuration.targets.count
        pacer = SendPacer(rate: configuration.rate)
    }

    public var maximumPacketLength: Int { 128 }
    public var batchCapacity: Int { 64 }
    public var wantsExactTimes: Bool { false }

    /// Builds the frame of a solicitation to the target's solicited-node group (RFC 4291, section 2.7.1).
    static func solicitation(for target: IPv6Address, from mac: MACAddress, _ source: IPv6Address) -> [UInt8] {
        let group = IPv6Address(high: 0xFF02 << 48, low: 1 << 32 | 0xFF00_0000 | target.low & 0xFF_FFFF)
        let message = ICMPv6Message(
            .neighborDiscovery(
                NDPMessage(.neighborSolicitation(reserved: 0, target: target), options: [.sourceLinkLayerAddress(mac)])),
            source: source, destination: group
        ).encoded()
        var header = IPv6Header(
            source: source, destination: group, nextHeader: .icmpv6, payloadLength: message.count)
        // Packets from off-link senders must be ignored (RFC 4861, section 7.1.1).
        header.hopLimit = 255
        return EthernetHeader(destination: MACAddress(multicast: group), source: mac, etherType: .ipv6).encoded()
            + header.encoded() + message
    }

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        var allowance = pacer.allowance(at: now)
        while !isOver {
            while next < isFound.count, isFound[next] { next += 1 }
            guard next < isFound.count else {
                guard batch.isEmpty else { return .at(now) }
                guard let deadline = endOfRound(at: now) else { continue }
                return deadline
            }
            guard allowance > 0, batch.room > 0 else { return .at(allowance > 0 ? now : pacer.nextDue(at: now)) }
            if case .v6(let target) = configuration.targets[next] {
                let frame = Self.solicitation(for: target, from: configuration.mac, configuration.source)
                batch.append(frame: frame, token: UInt64(next))
                pacer.send()
                allowance -= 1
            }
            next += 1
        }
        return .finished
    }

    private mutating func endOfRound(at now: Instant) -> Deadline? {
        let due = roundEnd ?? now + configuration.timeout
        roundEnd = due
        if left == 0 || due <= now && round == configuration.retries {
            isOver = true
            return nil
        }
        guard due <= now else { return .at(due) }
        roundEnd = nil
        round += 1
        next = 0
        return nil
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {}
    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {}

    /// Returns a neighbor advertisement that is valid according to RFC 4861, section 7.1.2.
    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let frame = ReceivedFrame(packet.bytes),
            let datagram = frame.datagram(in: packet.bytes), datagram.protocol == .icmpv6, datagram.isComplete,
            !datagram.isFragment, datagram.hopLimit == 255, let view = try? ICMPv6View(datagram.payload),
            view.code == 0, view.checksumState(source: datagram.source, destination: datagram.destination) == .correct,
            case .neighborDiscovery(let message) = ICMPv6Message(view).body,
            case .neighborAdvertisement(_, let target) = message.kind,
            let index = configuration.targets.index(of: .v6(target)), !isFound[index]
        else { return }
        var mac = frame.source
        for case .targetLinkLayerAddress(let said) in message.options { mac = said }
        guard !mac.isMulticast else { return }
        isFound[index] = true
        left -= 1
        events.append(NeighborHost(address: target, mac: mac))
    }

    public mutating func stop(at now: Instant) { isOver = true }

    public mutating func drain(_ report: (NeighborHost) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
