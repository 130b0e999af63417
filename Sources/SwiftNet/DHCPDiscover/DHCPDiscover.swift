import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// Lists the DHCP servers of a link by what they offer, without taking a lease (RFC 2131).
///
///     let summary = try DHCPDiscover.run(nil) { event in
///         if case .offer(let offer) = event { print(offer.address, offer.server, offer.leaseTime ?? 0) }
///     }
///     print("servers", summary.servers)
///
/// It needs CAP_NET_RAW.
public enum DHCPDiscover: Tool {
    /// Offers, and replies that are rejected.
    public typealias Event = DHCPDiscoverEvent
    public typealias Summary = DHCPDiscoverSummary

    /// What is asked for, and how long.
    public struct Configuration: Sendable {
        /// The client's MAC address; nil for the interface's own.
        public var mac: MACAddress?
        /// How long offers are waited for; all of it is used, because another server may be slower.
        public var duration = Nanoseconds.seconds(6)
        /// Options that are asked for beside the usual ones.
        public var requestedOptions: [UInt8] = []
        /// Options that are sent.
        public var options: [DHCPOption] = []
        /// Report replies that are rejected, and why.
        public var reportsRejected = false

        public init() {}
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter interface: its name; nil for the only one that is up and has an Ethernet header.
    public static func prepare(
        _ interface: String?, _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping {
            try SwiftNetError.check(station: configuration.mac, "--mac")
            let codes = configuration.requestedOptions + configuration.options.map(\.code)
            if let code = codes.first(where: DHCPDiscoverConfiguration.reservedOptions.contains) {
                throw SwiftNetError(.invalidArgument, nil, "DHCP option \(code) cannot be set")
            }
            return try LinkRun(
                on: interface, for: "dhcp-discover",
                hearing: .datagrams(toPorts: [DHCPView.serverPort, DHCPView.clientPort]), options,
                configuration: configuration.engine)
        }
    }

    /// A run whose link is known.
    public typealias Prepared = LinkRun<DHCPDiscoverEngine>
}

extension DHCPDiscover.Configuration {
    /// Throws if the options exceed the MTU.
    fileprivate func engine(on link: EthernetLink) throws -> DHCPDiscoverConfiguration {
        var random = SystemRandomness()
        var engine = DHCPDiscoverConfiguration(mac: mac ?? link.mac, seed: random.next())
        engine.duration = duration
        engine.requestedOptions = requestedOptions
        engine.options = options
        engine.maximumMessageSize = UInt16(clamping: max(link.mtu, 576))
        engine.reportsRejected = reportsRejected
        let length = DHCPDiscoverEngine(engine).maximumPacketLength - EthernetView.headerLength
        guard length <= link.mtu else {
            throw SwiftNetError(
                .invalidArgument, nil,
                "the options make a datagram of \(length) bytes, the MTU of \(link.name) is \(link.mtu)")
        }
        return engine
    }
}
