import Diagnostics
import PacketEngine
import WireFormat

extension Ping {
    /// The parameters of ping, for all targets.
    public struct Configuration: Sendable {
        /// The number of probes; with a deadline, the number of replies and errors. Nil for no limit.
        public var count: Int?
        /// The interval between probes; zero sends the next when a reply was received, or after 10 ms.
        public var interval: Nanoseconds
        /// The maximum duration of the run, lookups included; nil for none.
        public var deadline: Nanoseconds?
        /// Whether an ICMP error ends a run with a deadline, and counts as a reply for `count`, as in iputils.
        public var endsAtError = true
        /// The number of consecutive probes with a reply after which the run ends, 1 to 60,000; nil for no limit.
        public var consecutive: Int?
        /// The time to wait for a reply; nil for the default: 10 s, or 0.5 s in a sweep.
        public var timeout: Nanoseconds?
        /// The number of probes to send without waiting for the interval, 1 to 65,536.
        public var preload = 1
        /// Whether the interval follows the round-trip time; for an ordinary user it is at least 2 ms.
        public var isAdaptive = false
        /// Whether the user set the interval: an ordinary user may not set one below 2 ms, adaptive or not.
        package var isIntervalExplicit = false

        // MARK: Route

        /// The address family; nil for that of the target, and for a name by the order of RFC 6724. Queries and options
        /// that IPv6 does not have are for IPv4 only.
        public var family: IPAddress.Family?
        /// The outgoing interface.
        public var interface: String?
        /// One of this host's addresses as the source; nil for the route's.
        public var source: IPAddress?
        /// The mark of the packets (SO_MARK), for policy routing and firewalls.
        public var mark: UInt32?
        /// Whether to bypass the routing table and send only to hosts on attached networks.
        public var bypassesRouting = false
        /// Whether a broadcast address is allowed as a target.
        public var allowsBroadcast = false
        /// Whether multicast probes are looped back to this host.
        public var loopsMulticast = true
        /// Whether to connect the socket to the target.
        public var connects = false

        // MARK: Packets

        public var query = ICMPQuery.echo
        /// The data of echo requests; a cookie replaces its first 8 bytes.
        public var data: [UInt8]
        /// The ICMP identifier; nil for a random one.
        public var identifier: UInt16?
        /// The TTL (IPv4) or hop limit (IPv6); nil for the query's default.
        public var timeToLive: UInt8?
        /// The TOS (IPv4) or traffic class (IPv6).
        public var trafficClass: UInt8?
        /// The flow label (IPv6), 20 bits.
        public var flowLabel: UInt32?
        public var options = IPv4Options()
        public var fragments: PingFragmentPlan?
        public var pathMTUDiscovery: PathMTUDiscovery?

        // MARK: Sockets

        /// The send buffer size in bytes; nil for the default.
        public var sendBuffer: Int?
        /// Whether to set SO_DEBUG.
        public var debugs = false
        /// Whether to measure times in this process rather than by the kernel's timestamps.
        public var ignoresKernelStamps = false

        // MARK: Reports

        /// Whether to report probes that are unanswered when the next is sent.
        public var reportsOutstanding = false
        /// Whether to report every probe sent.
        public var reportsTransmissions = false
        /// Whether to report rejected packets and the reason.
        public var reportsIgnored = false
        /// The interval of periodic reports, more than zero; nil for none.
        public var reportInterval: Nanoseconds?
        /// Whether to report the parts of the first round trip.
        public var splitsFirstRoundTrip = false

        /// - Parameters:
        ///   - count: the number of probes; nil for no limit.
        ///   - interval: the interval between probes.
        ///   - size: the length of the data in an echo request, in bytes.
        public init(
            count: Int? = nil, interval: Nanoseconds = .seconds(1), timeout: Nanoseconds? = nil, size: Int = 56
        ) {
            self.count = count
            self.interval = interval
            self.timeout = timeout
            data = Self.data(size: size)
        }

        /// Returns data for echo requests: the pattern repeated, or without one every value of a byte in turn.
        /// - Parameter size: the length, in bytes, 0 to 65,507 without IP options.
        public static func data(size: Int = 56, pattern: [UInt8] = []) -> [UInt8] {
            // Longer data is refused when the run is prepared.
            (0..<min(max(size, 0), Int(UInt16.max))).map {
                pattern.isEmpty ? UInt8(truncatingIfNeeded: $0) : pattern[$0 % pattern.count]
            }
        }
    }
}
