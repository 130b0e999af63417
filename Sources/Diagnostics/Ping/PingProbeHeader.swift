import PacketEngine
import WireFormat

/// The IP header fields of a probe besides the addresses, and the MTUs that decide on fragmentation.
public struct PingProbeHeader: Sendable {
    /// The time to live, or hop limit.
    public var hopLimit: UInt8 = 64
    /// The DS field and ECN (formerly type of service).
    public var trafficClass: UInt8 = 0
    /// The flow label, 20 bits; IPv6 only.
    public var flowLabel: UInt32 = 0
    /// IPv4 only.
    public var options = IPv4Options()
    public var pathMTUDiscovery = PathMTUDiscovery.want
    /// The MTU of the interface, in bytes.
    public var linkMTU = 1500
    /// The known path MTU, in bytes: at first the kernel's value, then the lowest that a router reports.
    public var pathMTU = 1500

    /// An offset of the identification field, random per run, so that fragments of an earlier run that the target still
    /// holds are not reassembled with this run's.
    public var firstIdentification: UInt16 = 0

    /// The plan of deliberate fragmentation; nil to fragment by path MTU.
    public var fragments: PingFragmentPlan?

    public init() {}

    /// The minimum accepted path MTU: Linux's bound for IPv4 (net.ipv4.route.min_pmtu), which limits the effect of
    /// forged errors, and the minimum link MTU of IPv6 (RFC 8200, section 5).
    static func minimumMTU(_ family: IPAddress.Family) -> Int { family == .v4 ? 552 : 1280 }

    /// The packet length above which a probe is fragmented, or rejected if it must not be.
    var effectiveMTU: Int { pathMTUDiscovery == .probe ? linkMTU : min(linkMTU, pathMTU) }

    /// Whether a packet of this length has the DF bit set.
    func forbidsFragments(length: Int) -> Bool {
        switch pathMTUDiscovery {
        case .do, .probe: true
        case .want: length <= effectiveMTU
        case .dont: false
        }
    }

    /// Whether this host may fragment a packet that is too long.
    var mayFragment: Bool { pathMTUDiscovery == .want || pathMTUDiscovery == .dont }
}
