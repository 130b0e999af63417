import HostStack
import PacketEngine
import WireFormat

/// How probes leave, and who we are there.
public struct SYNScanLink: Sendable, Equatable {
    /// The interface's index.
    public var interface: UInt32
    public var source: IPAddress
    /// Our address in the frames; nil where the system carries bare datagrams, as it does to itself.
    public var mac: MACAddress?

    public init(interface: UInt32, source: IPAddress, mac: MACAddress?) {
        self.interface = interface
        self.source = source
        self.mac = mac
    }
}

/// The link that some of the targets are reached by, and the machine that takes their packets.
public struct SYNScanRoute: Sendable {
    /// Who takes the frames.
    public enum NextHop: Sendable {
        /// A router.
        case machine(MACAddress)
        /// Each target by itself: their addresses in the order of the targets.
        case targets([MACAddress])
        /// The system, with bare datagrams.
        case system
    }

    /// Places in the set of targets.
    public var targets: Range<Int>
    public var link: SYNScanLink
    public var nextHop: NextHop

    public init(targets: Range<Int>, link: SYNScanLink, nextHop: NextHop) {
        self.targets = targets
        self.link = link
        self.nextHop = nextHop
    }
}

/// One of several scans that share the targets and, each with its own, do all of them.
public struct SYNScanShard: Sendable, Equatable {
    /// 1 to `count`.
    public var number: Int
    public var count: Int

    public static let whole = SYNScanShard(number: 1, count: 1)

    public init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// Probes of this one among `total`.
    func size(of total: UInt64) -> UInt64 {
        let (count, number) = (UInt64(self.count), UInt64(self.number))
        return total / count + (number <= total % count ? 1 : 0)
    }
}

/// What is scanned, from where, and how fast.
public struct SYNScanConfiguration: Sendable {
    public var targets: AddressSet
    /// Ascending, each once.
    public var ports: [UInt16]
    /// Covers every target.
    public var ways: [SYNScanRoute]
    /// The first of the ports that probes come from; each further try has the next one,
    /// so that an answer says which try it is for.
    public var sourcePort: UInt16
    /// Packets a second; nil for as many as nothing is lost of.
    public var rate: Double? = 10_000
    /// Retries of unanswered probes; 0 also disables the recheck.
    public var retries = 2
    /// How long answers are waited for after the last probe; nil for two seconds,
    /// or twice the longest round trip seen where that is longer.
    public var wait: Nanoseconds?
    /// Closed and filtered ports are reported too.
    public var reportsAll = false
    /// Probes are ordered by this.
    public var seed: UInt64
    /// Of the cookies.
    public var key: SipHash
    public var shard = SYNScanShard.whole
    public var start = SYNScanPosition()
    /// The whole scan ends after this long.
    public var deadline: Nanoseconds?
    /// Probes that are under way at once, at the most; those that follow begin when these are decided.
    public var windowSize = SYNScanWindow.mostProbes
    /// The source addresses are not the system's: what it would do for them is done here.
    public var ownsSource = false
    /// Open ports are heard: that takes a source that the system does not break connections off for.
    public var hearsBanners = false

    public init(
        targets: AddressSet, ports: [UInt16], ways: [SYNScanRoute], sourcePort: UInt16, seed: UInt64, key: SipHash
    ) {
        self.targets = targets
        self.ports = ports
        self.ways = ways
        self.sourcePort = sourcePort
        self.seed = seed
        self.key = key
    }

    /// The ports that probes come from: one a try, and one for the recheck of hosts that may limit their answers.
    public var sourcePorts: ClosedRange<UInt16> {
        sourcePort...UInt16(clamping: Int(sourcePort) + Self.sourcePortCount(retries: retries) - 1)
    }

    /// How many ports a scan sends from.
    public static func sourcePortCount(retries: Int) -> Int { retries > 0 ? retries + 2 : 1 }

    /// Whether a frame is a probe of this scan or to one of its ports, as far as its ports tell, or an ICMP error.
    public func isOwn(_ frame: RawSpan) -> Bool {
        guard let arrived = ReceivedFrame(frame) else { return false }
        guard let datagram = arrived.datagram(in: frame) else { return ownsSource && arrived.etherType == .arp }
        guard datagram.protocol == .tcp else { return isOwnMessage(datagram) }
        guard let view = try? TCPView(datagram.payload) else { return false }
        return sourcePorts.contains(view.sourcePort) || sourcePorts.contains(view.destinationPort)
    }

    /// An error about a probe, or the search for a station by or for the source that no host has.
    private func isOwnMessage(_ datagram: borrowing DatagramView) -> Bool {
        let message = datagram.payload
        guard datagram.protocol == (datagram.family == .v4 ? .icmp : .icmpv6), message.byteCount > 8 else {
            return false
        }
        let type = message.byte(at: 0)
        let isError = datagram.family == .v4 ? ICMPv4Type(rawValue: type).isError : ICMPv6Type(rawValue: type).isError
        guard isError else {
            let isSearch = [ICMPv6Type.neighborSolicitation, .neighborAdvertisement].contains(
                ICMPv6Type(rawValue: type))
            return ownsSource && datagram.family == .v6 && isSearch
        }
        guard let quote = DatagramView(quoted: message.dropping(8)), let port = quote.sourcePort else { return false }
        return quote.protocol == .tcp && sourcePorts.contains(port)
    }

    /// Those of the ways, each once, in their order.
    var links: [SYNScanLink] {
        ways.reduce(into: []) { links, way in if !links.contains(way.link) { links.append(way.link) } }
    }

    /// The interface that all frames leave by; 0 where there are several.
    public var sendingInterface: UInt32 {
        let interfaces = Set(ways.lazy.filter { $0.link.mac != nil }.map(\.link.interface))
        return interfaces.count == 1 ? interfaces.first ?? 0 : 0
    }

    /// Slow enough for every probe to leave in a call of its own.
    public var isExactlyTimed: Bool { rate.map { $0 <= 20_000 } ?? false }

    /// Every target with every port.
    public var total: UInt64 { UInt64(targets.count) * UInt64(ports.count) }
    /// Those of this shard.
    public var probes: UInt64 { shard.size(of: total) }
}

/// How far a scan has come: where the next one with the same seed goes on.
public struct SYNScanPosition: Sendable, Equatable {
    /// Probes before this one, in the order of the scan, are done with.
    public var done: UInt64
    /// Of those from there on, which have been answered: a bit each, the lowest first.
    public var answered: [UInt64]

    public init(done: UInt64 = 0, answered: [UInt64] = []) {
        self.done = done
        self.answered = answered
    }
}
