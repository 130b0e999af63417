import HostStack
import PacketEngine
import WireFormat

/// The link that probes leave by, with this host's addresses on it.
public struct ScanLink: Sendable, Equatable {
    /// What the engine sends to a link.
    public enum Framing: Sendable, Equatable {
        /// Ethernet frames from a MAC address of ours.
        case ethernet(MACAddress)
        /// IP packets, which leave by the interface: tunnels and PPP links have no MAC addresses.
        case datagram
        /// IP packets, which the kernel routes to this host itself.
        case routed
    }

    /// The interface's index.
    public var interface: UInt32
    public var source: IPAddress
    public var framing: Framing

    public init(interface: UInt32, source: IPAddress, framing: Framing) {
        self.interface = interface
        self.source = source
        self.framing = framing
    }

    /// Our MAC address; nil if the link has none.
    public var mac: MACAddress? { if case .ethernet(let mac) = framing { mac } else { nil } }
}

/// The route to some of the targets.
public struct ScanRoute: Sendable {
    /// The destination MAC address of frames.
    public enum NextHop: Sendable {
        /// One station: a gateway, or the broadcast address.
        case station(MACAddress)
        /// Each target itself: the MAC addresses in the order of the targets.
        case targets([MACAddress])
        /// No MAC address: the packets of the link have none.
        case unaddressed
    }

    /// The indices of its targets in the set.
    public var targets: Range<Int>
    public var link: ScanLink
    public var nextHop: NextHop

    public init(targets: Range<Int>, link: ScanLink, nextHop: NextHop) {
        self.targets = targets
        self.link = link
        self.nextHop = nextHop
    }
}

/// One of several scans with the same targets that together cover all probes.
public struct ScanShard: Sendable, Equatable {
    /// The number of this scan, 1 to `count`.
    public var number: Int
    public var count: Int

    public static let whole = ScanShard(number: 1, count: 1)
    /// The numbers of shards of a scan.
    public static let counts = 1...1_000_000

    public init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// Returns the number of its probes among `total`.
    func size(of total: UInt64) -> UInt64 {
        let (count, number) = (UInt64(self.count), UInt64(self.number))
        return total / count + (number <= total % count ? 1 : 0)
    }
}

/// The targets and the parameters of a scan.
public struct ScanConfiguration: Sendable {
    /// The targets; link-local ones with their interface (`IPAddress.scoped(to:)`).
    public var targets: AddressSet
    /// The ports in ascending order, without duplicates.
    public var ports: [UInt16]
    /// The routes, which cover every target.
    public var routes: [ScanRoute]
    /// The protocol of the probes, TCP or UDP.
    public var transport = IPProtocol.tcp
    /// The source port of the first try; each further try uses the next port, so that a reply identifies its try.
    public var sourcePort: UInt16
    /// Packets per second; nil for the highest rate without loss.
    public var rate: Double? = 10_000
    /// Retries of unanswered probes; 0 also disables the recheck.
    public var retries = 2
    /// The maximum time to wait for replies after the last probe; nil for 2 s, or twice the longest round trip if that
    /// is longer. When every target has replied, the wait is twice the longest round trip, at least 300 ms, if that is
    /// shorter.
    public var wait: Nanoseconds?
    /// The maximum time to probe hosts that limit their replies at their own rates, after the retries of all hosts; 0
    /// and `retries` 0 disable it. Hosts that would take longer are reported as unreliable at once.
    public var hostTimeout = Nanoseconds.seconds(60)
    /// Whether to report closed and filtered ports too.
    public var reportsAll = false
    /// The seed of the probe order.
    public var seed: UInt64
    /// The key of the cookies.
    public var key: SipHash
    public var shard = ScanShard.whole
    public var start = ScanPosition()
    /// Targets and ports that were excluded or became unreachable after the first run of a resumed scan: they keep their
    /// places in the order, and are not probed.
    public var skippedTargets = AddressSet()
    public var skippedPorts: Set<UInt16> = []
    /// The maximum duration of the scan.
    public var deadline: Nanoseconds?
    /// The maximum number of probes in flight; the next window begins when these are finished.
    public var windowSize = ScanWindow.mostProbes
    /// Whether the kernel does not own the source addresses, so that the engine must answer for them.
    public var ownsSource = false
    /// Whether targets will be added during the run, for other links too. Its source addresses are then the kernel's, and
    /// it is a whole scan from its start.
    public var expectsMore = false
    /// Whether to ask targets first whether they are there, and to skip silent ones.
    public var asksFirst = false
    /// The maximum number of targets that are asked first: 8 MiB of bits.
    public static let mostAskedFirst = 1 << 26
    /// Whether the kernel connects instead (`ConnectPort`): its replies have no window, options and time to live.
    public var connects = false
    /// Whether to read banners; needs a source address whose connections the kernel does not reset.
    public var readsBanners = false

    public init(
        targets: AddressSet, ports: [UInt16], routes: [ScanRoute], sourcePort: UInt16, seed: UInt64, key: SipHash
    ) {
        self.targets = targets
        self.ports = ports
        self.routes = routes
        self.sourcePort = sourcePort
        self.seed = seed
        self.key = key
    }

    /// The numbers of retries: each has a source port.
    public static let retryCounts = 0...100

    /// The source ports: one per try, one for the recheck of hosts that may limit their replies, and the last one to ask
    /// whether targets are there.
    public var sourcePorts: ClosedRange<UInt16> {
        sourcePort...UInt16(
            clamping: Int(sourcePort) + Self.sourcePortCount(retries: retries, asksFirst: asksFirst) - 1)
    }

    /// Returns the number of source ports of a scan.
    public static func sourcePortCount(retries: Int, asksFirst: Bool) -> Int {
        (retries > 0 ? retries + 2 : 1) + (asksFirst ? 1 : 0)
    }

    /// The ports of probes.
    var probePorts: ClosedRange<UInt16> {
        let all = sourcePorts
        return asksFirst ? all.lowerBound...all.upperBound - 1 : all
    }

    /// Whether a frame is a probe or an ICMP error of this scan, or is addressed to one of its ports.
    /// - Parameter hasEthernetHeader: whether the bytes begin with an Ethernet header rather than the IP header.
    public func isOwn(_ frame: RawSpan, hasEthernetHeader: Bool = true) -> Bool {
        guard hasEthernetHeader else {
            guard let datagram = try? DatagramView(frame) else { return false }
            return isOwn(datagram)
        }
        guard let received = ReceivedFrame(frame) else { return false }
        guard let datagram = received.datagram(in: frame) else { return ownsSource && received.etherType == .arp }
        return isOwn(datagram)
    }

    private func isOwn(_ datagram: borrowing DatagramView) -> Bool {
        guard datagram.protocol == transport || asksFirst && datagram.protocol == .tcp else {
            return isOwnMessage(datagram)
        }
        guard let source = datagram.sourcePort, let destination = datagram.destinationPort else { return false }
        return sourcePorts.contains(source) || sourcePorts.contains(destination)
    }

    /// Whether it is an error about a probe, or a neighbor lookup by or for the unowned source.
    private func isOwnMessage(_ datagram: borrowing DatagramView) -> Bool {
        let message = datagram.payload
        guard datagram.protocol == (datagram.family == .v4 ? .icmp : .icmpv6), message.byteCount >= 8 else {
            return false
        }
        let type = message.byte(at: 0)
        if asksFirst, let isReply = Self.isEchoReply(type, datagram.family) {
            let (source, target) =
                isReply ? (datagram.destination, datagram.source) : (datagram.source, datagram.destination)
            return message.bigEndian32(at: 4)
                == ScanCookie(key: key).sequence(
                    source: source, sourcePort: 0, destination: target, destinationPort: 0)
        }
        let isError = datagram.family == .v4 ? ICMPv4Type(rawValue: type).isError : ICMPv6Type(rawValue: type).isError
        guard isError else {
            let isSearch = [ICMPv6Type.neighborSolicitation, .neighborAdvertisement].contains(
                ICMPv6Type(rawValue: type))
            return ownsSource && datagram.family == .v6 && isSearch
        }
        guard let quote = DatagramView(quoted: message.dropping(8)), let port = quote.sourcePort else { return false }
        return (quote.protocol == transport || asksFirst && quote.protocol == .tcp) && sourcePorts.contains(port)
    }

    /// Whether a type is that of an echo reply, false for an echo request; nil for other types.
    private static func isEchoReply(_ type: UInt8, _ family: IPAddress.Family) -> Bool? {
        switch family {
        case .v4: [ICMPv4Type.echoReply.rawValue: true, ICMPv4Type.echoRequest.rawValue: false][type]
        case .v6: [ICMPv6Type.echoReply.rawValue: true, ICMPv6Type.echoRequest.rawValue: false][type]
        }
    }

    /// The links of the routes, without duplicates, in order.
    var links: [ScanLink] {
        routes.reduce(into: []) { links, route in if !links.contains(route.link) { links.append(route.link) } }
    }

    /// The interface of all frames; 0 if there are several.
    public var sendingInterface: UInt32 { onlyInterface { $0.mac != nil } }

    /// The interface of all packets; 0 if there are several.
    public var onlyInterface: UInt32 { connects ? 0 : onlyInterface { _ in true } }

    private func onlyInterface(where isUsed: (ScanLink) -> Bool) -> UInt32 {
        guard !expectsMore else { return 0 }
        let interfaces = Set(routes.lazy.map(\.link).filter(isUsed).map(\.interface))
        return interfaces.count == 1 ? interfaces.first ?? 0 : 0
    }

    /// Whether the rate is low enough to send every probe in its own system call.
    public var isExactlyTimed: Bool { rate.map { $0 <= 20_000 } ?? false }

    /// The highest rate if none is requested, in packets per second; nil for no limit. The drivers of tunnels drop
    /// packets without notice when the process that carries them does not keep up; the queue of a TUN interface has 500.
    var rateCeiling: Double? {
        !connects && routes.contains { $0.link.framing == .datagram } ? 50_000 : nil
    }

    /// Whether some probes of the order are not sent.
    var skipsSome: Bool { !skippedTargets.isEmpty || !skippedPorts.isEmpty }

    /// The number of probes: every target with every port.
    public var total: UInt64 { UInt64(targets.count) * UInt64(ports.count) }
    /// The number of probes of this shard.
    public var probes: UInt64 { shard.size(of: total) }
}

/// The position of a scan, at which the next one with the same seed resumes.
public struct ScanPosition: Sendable, Equatable {
    /// The number of finished probes at the start of the scan order.
    public var done: UInt64
    /// The answered probes after that position: one bit each, lowest first.
    public var answered: [UInt64]

    public init(done: UInt64 = 0, answered: [UInt64] = []) {
        self.done = done
        self.answered = answered
    }
}
