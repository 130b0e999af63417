import WireFormat

/// Where datagrams go next: the longest prefix that holds their destination (RFC 1812, section 5.2.4.3).
public struct RoutingTable: Sendable {
    public struct Route: Hashable, Sendable {
        public var network: IPv4Network
        /// The router that takes it from there; nil for hosts of the link itself.
        public var gateway: IPv4Address?
        /// Which of the host's interfaces, from 0.
        public var interface: Int
        /// Datagrams that went by it.
        public internal(set) var useCount: UInt64 = 0

        public init(_ network: IPv4Network, gateway: IPv4Address? = nil, interface: Int) {
            self.network = network
            self.gateway = gateway
            self.interface = interface
        }
    }

    /// What becomes of a datagram.
    struct Hop: Hashable, Sendable {
        var address: IPv4Address
        var interface: Int
        var route: Int
    }

    /// The longest prefixes first.
    public private(set) var routes: [Route] = []

    public init() {}

    public mutating func add(_ route: Route) {
        let place = routes.firstIndex { $0.network.prefixLength < route.network.prefixLength } ?? routes.endIndex
        routes.insert(route, at: place)
    }

    /// Nil when there is no way.
    func hop(to destination: IPv4Address) -> Hop? {
        for (number, route) in routes.enumerated() where route.network.contains(destination) {
            return Hop(address: route.gateway ?? destination, interface: route.interface, route: number)
        }
        return nil
    }

    mutating func count(_ hop: Hop) { routes[hop.route].useCount &+= 1 }
}
