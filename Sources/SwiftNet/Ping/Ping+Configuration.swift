import Diagnostics
import PacketEngine
import WireFormat

extension Ping {
    /// What the probes of a ping look like and how they are sent, whatever the target.
    public struct Configuration: Sendable {
        /// Probes to send; with a deadline, replies and errors to wait for. Nil for no end.
        public var count: Int?
        /// Between two probes; zero sends the next when a reply has come, or after 10 ms.
        public var interval: Nanoseconds
        /// When the run ends, counted from its start, lookups included; nil for no end.
        public var deadline: Nanoseconds?
        /// How long a probe waits for its reply; nil for the default: 10 seconds, or half a second in a sweep.
        public var timeout: Nanoseconds?
        /// Probes that may be in flight before the interval counts.
        public var preload = 1
        /// The interval follows the round trip, and is at least 2 ms for an ordinary user.
        public var isAdaptive = false
        /// The interval was asked for: an ordinary user may ask for no shorter one than 2 ms, adaptive or not.
        package var isIntervalExplicit = false

        // MARK: Where

        /// The family to use; nil for that of the target, by the order of RFC 6724 for a name. Queries and options that
        /// IPv6 does not have are for IPv4 alone.
        public var family: IPAddress.Family?
        /// The interface to leave by.
        public var interface: String?
        /// One of this host's addresses to send from; nil for the route's.
        public var source: IPAddress?
        /// The mark of the packets (SO_MARK), for policy routing and firewalls.
        public var mark: UInt32?
        /// Sends to hosts of attached networks alone, whatever the routing table has.
        public var bypassesRouting = false
        /// A broadcast address is allowed as a target.
        public var allowsBroadcast = false
        /// Multicast probes come back to this host.
        public var loopsMulticast = true
        /// Connects the socket to the target.
        public var connects = false

        // MARK: What

        public var query = ICMPQuery.echo
        /// The data of echo requests; its first eight bytes are replaced by a cookie.
        public var data: [UInt8]
        /// The ICMP identifier; nil for a random one.
        public var identifier: UInt16?
        /// The TTL (IPv4) or hop limit (IPv6); nil for the query's.
        public var timeToLive: UInt8?
        /// The TOS (IPv4) or traffic class (IPv6).
        public var trafficClass: UInt8?
        /// The flow label (IPv6), 20 bits.
        public var flowLabel: UInt32?
        public var options = IPv4Options()
        public var fragments: PingFragmentPlan?
        public var pathMTUDiscovery: PathMTUDiscovery?

        // MARK: Sockets

        /// Bytes of the send buffer; nil for the default.
        public var sendBuffer: Int?
        /// Sets SO_DEBUG.
        public var debugs = false
        /// Times in this program, not by the kernel's stamps.
        public var ignoresKernelStamps = false

        // MARK: Reports

        /// Report probes without a reply when the next leaves.
        public var reportsOutstanding = false
        /// Report every probe that leaves.
        public var reportsTransmissions = false
        /// Report packets that were rejected, and why.
        public var reportsIgnored = false
        /// Between two running reports, more than zero; nil for none.
        public var reportInterval: Nanoseconds?
        /// Explain the parts of the first round trip.
        public var splitsFirstRoundTrip = false

        /// - Parameters:
        ///   - count: probes to send; nil for no end.
        ///   - interval: between two probes.
        ///   - size: bytes of data in an echo request.
        public init(
            count: Int? = nil, interval: Nanoseconds = .seconds(1), timeout: Nanoseconds? = nil, size: Int = 56
        ) {
            self.count = count
            self.interval = interval
            self.timeout = timeout
            data = (0..<min(max(size, 0), 65_507)).map { UInt8(truncatingIfNeeded: $0) }
        }
    }
}
