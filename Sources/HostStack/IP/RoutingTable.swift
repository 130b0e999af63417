import PacketEngine
import WireFormat

/// The routing table, with longest-prefix match (RFC 1812, section 5.2.4.3).
public struct RoutingTable: Sendable {
    public struct Route: Hashable, Sendable {
        public var network: IPNetwork
        /// The next router; nil for a directly connected network.
        public var gateway: IPAddress?
        /// The index of the host's interface, from 0.
        public var interface: Int
        /// The number of datagrams sent by this route.
        public internal(set) var useCount: UInt64 = 0
        /// Whether the host still has an address for the route.
        var isUsable = true

        public init(_ network: IPNetwork, gateway: IPAddress? = nil, interface: Int) {
            self.network = network
            self.gateway = gateway
            self.interface = interface
        }
    }

    /// The next hop of a datagram.
    struct Hop: Hashable, Sendable {
        var address: IPAddress
        var interface: Int
        /// The index of the route; nil if the table was not used.
        var route: Int?
    }

    /// Sorted by prefix length, longest first.
    public private(set) var routes: [Route] = []

    public init() {}

    public mutating func add(_ route: Route) {
        let index = routes.firstIndex { $0.network.prefixLength < route.network.prefixLength } ?? routes.endIndex
        routes.insert(route, at: index)
    }

    /// Stops the use of routes; their counts remain.
    mutating func disable(_ isMeant: (Route) -> Bool) {
        for number in routes.indices where isMeant(routes[number]) { routes[number].isUsable = false }
    }

    /// Returns the next hop to `destination`, or nil if there is no route.
    func hop(to destination: IPAddress) -> Hop? {
        for (number, route) in routes.enumerated() where route.isUsable && route.network.contains(destination) {
            let gateway = redirects.isEmpty ? route.gateway : redirects[destination]?.gateway ?? route.gateway
            return Hop(address: gateway ?? destination, interface: route.interface, route: number)
        }
        return nil
    }

    mutating func count(_ hop: Hop) { if let route = hop.route { routes[route].useCount &+= 1 } }

    // MARK: Redirects

    /// A redirect for one destination.
    private struct Redirect: Sendable {
        var gateway: IPAddress
        var since: Instant
    }

    private var redirects: [IPAddress: Redirect] = [:]
    private static let redirectLimit = 256

    /// Processes a redirect (RFC 1122, section 3.2.2.2; RFC 4861, section 8.3).
    ///
    /// It is accepted only from the current gateway for the destination, and only if the new next hop is on the same
    /// link.
    /// - Returns: whether the redirect was accepted.
    mutating func redirect(
        _ destination: IPAddress, to gateway: IPAddress, by router: IPAddress, at now: Instant
    ) -> Bool {
        guard let hop = hop(to: destination), hop.address == router, router != gateway, destination != router,
            !gateway.isMulticast, !gateway.isUnspecified, let near = self.hop(to: gateway)
        else { return false }
        // In IPv6, a router may also report that the destination is on the link.
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

    /// Removes the redirect for `destination`, so that its route applies again.
    mutating func forgetRedirect(of destination: IPAddress) {
        if !redirects.isEmpty { redirects[destination] = nil }
    }

    /// Removes the redirects to a gateway that is no longer usable.
    mutating func forgetRedirects(to gateway: IPAddress) {
        if !redirects.isEmpty { redirects = redirects.filter { $0.value.gateway != gateway } }
    }
}
