import PacketEngine
import WireFormat

/// What the IP header of a probe says besides the addresses, and what the way takes.
public struct PingProbeHeader: Sendable {
    /// Time to live, or hop limit.
    public var hopLimit: UInt8 = 64
    /// Differentiated services and ECN, formerly type of service.
    public var trafficClass: UInt8 = 0
    /// IPv6 alone; 20 bits.
    public var flowLabel: UInt32 = 0
    /// IPv4 alone.
    public var options = IPv4Options()
    public var pathMTUDiscovery = PathMTUDiscovery.want
    /// Bytes of the longest packet that the interface takes.
    public var linkMTU = 1500
    /// Bytes of the longest packet that is known to get through: the kernel's
    /// word at first, a router's when an error brings it.
    public var pathMTU = 1500

    /// Added to the identification of every datagram: random in each run, so that fragments of an earlier run that
    /// still wait at the target are not completed by those of this one.
    public var firstIdentification: UInt16 = 0

    /// Probes are cut by it, and not by what the way takes.
    public var fragments: PingFragmentPlan?

    public init() {}

    /// The least that a router is believed: Linux's own bound for IPv4
    /// (net.ipv4.route.min_pmtu), which keeps forged errors from grinding
    /// packets to dust, and what every IPv6 link must take (RFC 8200, section 5).
    static func minimumMTU(_ family: IPAddress.Family) -> Int { family == .v4 ? 552 : 1280 }

    /// The packet length beyond which a probe is cut, or refused when it must not be.
    var effectiveMTU: Int { pathMTUDiscovery == .probe ? linkMTU : min(linkMTU, pathMTU) }

    /// Whether a packet of this length forbids routers to fragment it.
    func forbidsFragments(length: Int) -> Bool {
        switch pathMTUDiscovery {
        case .do, .probe: true
        case .want: length <= effectiveMTU
        case .dont: false
        }
    }

    /// Whether this host may cut a packet that is too long.
    var mayFragment: Bool { pathMTUDiscovery == .want || pathMTUDiscovery == .dont }
}
