import PacketEngine
import WireFormat

/// Where datagrams go next: the longest prefix that holds their destination (RFC 1812, section 5.2.4.3).
public struct RoutingTable: Sendable {
    public struct Route: Hashable, Sendable {
        public var network: IPNetwork
        /// The router that takes it from there; nil for hosts of the link itself.
        public var gateway: IPAddress?
        /// Which of the host's interfaces, from 0.
        public var interface: Int
        /// Datagrams that went by it.
        public internal(set) var useCount: UInt64 = 0

        public init(_ network: IPNetwork, gateway: IPAddress? = nil, interface: Int) {
            self.network = network
            self.gateway = gateway
            self.interface = interface
        }
    }

    /// What becomes of a datagram.
    struct Hop: Hashable, Sendable {
        var address: IPAddress
        var interface: Int
        /// Nil where no route was asked.
        var route: Int?
    }

    /// The longest prefixes first.
    public private(set) var routes: [Route] = []

    public init() {}

    public mutating func add(_ route: Route) {
        let place = routes.firstIndex { $0.network.prefixLength < route.network.prefixLength } ?? routes.endIndex
        routes.insert(route, at: place)
    }

    /// Nil when there is no way.
    func hop(to destination: IPAddress) -> Hop? {
        for (number, route) in routes.enumerated() where route.network.contains(destination) {
            let gateway = redirects.isEmpty ? route.gateway : redirects[destination]?.gateway ?? route.gateway
            return Hop(address: gateway ?? destination, interface: route.interface, route: number)
        }
        return nil
    }

    mutating func count(_ hop: Hop) { if let route = hop.route { routes[route].useCount &+= 1 } }

    // MARK: Redirects

    /// What a router has said of one destination.
    private struct Redirect: Sendable {
        var gateway: IPAddress
        var since: Instant
    }

    private var redirects: [IPAddress: Redirect] = [:]
    private static let redirectLimit = 256

    /// Another router, or the destination itself, is nearer (RFC 1122, section 3.2.2.2; RFC 4861, section 8.3).
    ///
    /// Only the router that is used for the destination is believed, and only about somebody on the same link.
    /// - Returns: whether it is believed.
    mutating func redirect(
        _ destination: IPAddress, to gateway: IPAddress, by router: IPAddress, at now: Instant
    ) -> Bool {
        guard let hop = hop(to: destination), hop.address == router, router != gateway, destination != router,
            !gateway.isMulticast, !gateway.isUnspecified, let near = self.hop(to: gateway)
        else { return false }
        // Of IPv6, a router may say that the destination is on the link after all.
        let isNear = near.address == gateway || gateway == destination && gateway.family == .v6
        guard isNear, near.interface == hop.interface else { return false }
        if redirects.count >= Self.redirectLimit, redirects[destination] == nil,
            let oldest = redirects.min(by: { ($0.value.since, $0.key) < ($1.value.since, $1.key) })?.key
        {
            redirects[oldest] = nil
        }
        redirects[destination] = Redirect(gateway: gateway, since: now)
        return true
    }

    /// What goes there goes by its route again.
    mutating func forgetRedirect(of destination: IPAddress) {
        if !redirects.isEmpty { redirects[destination] = nil }
    }

    /// A router is no more.
    mutating func forgetRedirects(to gateway: IPAddress) {
        if !redirects.isEmpty { redirects = redirects.filter { $0.value.gateway != gateway } }
    }
}
