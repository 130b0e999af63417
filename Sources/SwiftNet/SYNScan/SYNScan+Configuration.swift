import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

extension SYNScan {
    /// The targets and the parameters of a scan.
    public struct Configuration: Sendable {
        /// The ports of each target; empty for those that are open most often.
        public var ports: [UInt16]
        /// The number of these, at most `FrequentPorts.ranked.count`; nil for 100.
        public var topPorts: Int?
        /// Ports that are not scanned, whatever `ports` says.
        public var excludedPorts: [UInt16] = []
        /// Targets to exclude, in the same forms as targets.
        public var excludes: [String] = []
        /// Whether to scan multicast, broadcast, class E and other reserved addresses too.
        public var includesReserved = false
        /// The address family of names; nil for either.
        public var family: IPAddress.Family?
        /// Whether to ask hosts first whether they are there, and to skip silent ones.
        public var asksFirst = false
        /// Whether to connect by the kernel's TCP (connect(2)) instead of sending SYNs; nil to do so without CAP_NET_RAW.
        public var connects: Bool?
        /// The outgoing interface; nil for that of each route.
        public var interface: String?
        /// An unused address of an attached network as the source; nil for this host's own.
        public var source: IPAddress?
        /// Whether to check that no other host has the source.
        public var checksSource = true
        /// Whether to read the banners of open ports. It needs a `source`, because the kernel resets connections of
        /// this host's own addresses.
        public var readsBanners = false
        /// Packets per second; nil for the highest rate without loss.
        public var rate: Double? = 10_000
        /// The number of retries per unanswered probe, 0 to 100.
        public var retries = 2
        /// The maximum time to wait for replies to the last probe; nil for 2 s, or twice the longest round trip. The wait
        /// is shorter when every target has replied.
        public var wait: Nanoseconds?
        /// The maximum time to probe hosts that limit their replies at their own rates; hosts that would take longer are
        /// reported as unreliable.
        public var hostTimeout = Nanoseconds.seconds(60)
        /// The maximum duration from the first probe on; nil for none.
        public var deadline: Nanoseconds?
        /// The part of a scan that is shared with others of the same seed.
        public var shard = ScanShard.whole
        /// The seed of the probe order; nil for that of the resumed scan, or a random one.
        public var seed: UInt64?
        /// The position at which to resume; that scan had the same targets, ports, shard and seed.
        public var resumed: ScanRecord?
        /// The name of the resumed record in messages.
        public var recordName = "the record"
        /// Report closed and filtered ports too.
        public var reportsAll = false

        public init(ports: [UInt16] = []) { self.ports = ports }
    }
}

extension SYNScan.Configuration: ScanRequest {
    package static var command: String { "tcp-syn-scan" }
    package static var transport: IPProtocol { .tcp }
    package static var frequentPorts: [UInt16] { FrequentPorts.ranked }

    /// What the sockets require: a source address of its own cannot be had otherwise.
    package var requirement: Session.Requirement {
        switch connects {
        case true?: .nothing
        case nil where source == nil: .rawSocketsIfPermitted
        default: .rawSockets(Self.command)
        }
    }

    func check() throws(SwiftNetError) {
        guard !readsBanners || source != nil else {
            throw SwiftNetError(.invalidArgument, nil, "--banners requires --source")
        }
        guard connects != true || source == nil else {
            throw SwiftNetError(.invalidArgument, nil, "--connect cannot be used with --source")
        }
        guard source != nil || checksSource else {
            throw SwiftNetError(.invalidArgument, nil, "--no-check requires --source")
        }
        try checkShared()
    }
}
