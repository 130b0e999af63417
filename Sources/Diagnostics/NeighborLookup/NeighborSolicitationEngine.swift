import HostStack
import PacketEngine
import WireFormat

/// The parameters of a search for IPv6 neighbors on a link.
public struct NeighborSolicitationConfiguration: Sendable {
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
public struct NeighborSolicitationEngine: Engine, ~Copyable {
    public typealias Event = NeighborHost

    private let configuration: NeighborSolicitationConfiguration
    private var rounds: SweepRounds
    private var events: [NeighborHost] = []

    public init(_ configuration: NeighborSolicitationConfiguration) {
        self.configuration = configuration
        rounds = SweepRounds(
            count: configuration.targets.count, rate: configuration.rate, retries: configuration.retries,
            timeout: configuration.timeout)
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
        while true {
            switch rounds.step(batch, at: now) {
            case .wait(let deadline): return deadline
            case .probe(let index):
                guard case .v6(let target) = configuration.targets[index] else {
                    rounds.find(index)
                    continue
                }
                let frame = Self.solicitation(for: target, from: configuration.mac, configuration.source)
                batch.append(frame: frame, token: UInt64(index))
                rounds.sent()
            }
        }
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {}
    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {}

    /// Returns a neighbor advertisement that is valid according to RFC 4861, section 7.1.2.
    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !rounds.isOver, let frame = ReceivedFrame(packet.bytes),
            let datagram = frame.datagram(in: packet.bytes), datagram.protocol == .icmpv6, datagram.isComplete,
            !datagram.isFragment, datagram.hopLimit == 255, let view = try? ICMPv6View(datagram.payload),
            view.code == 0, view.checksumState(source: datagram.source, destination: datagram.destination) == .correct,
            case .neighborDiscovery(let message) = ICMPv6Message(view).body,
            case .neighborAdvertisement(_, let target) = message.kind,
            let index = configuration.targets.index(of: .v6(target))
        else { return }
        var mac = frame.source
        for case .targetLinkLayerAddress(let said) in message.options { mac = said }
        guard !mac.isMulticast, rounds.find(index) else { return }
        events.append(NeighborHost(address: target, mac: mac))
    }

    public mutating func stop(at now: Instant) { rounds.stop() }

    public mutating func drain(_ report: (NeighborHost) -> Void) {
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
