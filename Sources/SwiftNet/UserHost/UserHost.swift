import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// A user-space host or router. Its addresses are not this system's; it has its own ARP, IP, ICMP, UDP and TCP.
///
///     var configuration = UserHost.Configuration()
///     configuration.addresses = [.init(.v4(IPv4Address(192, 0, 2, 50)), prefixLength: 24)]
///     configuration.services = [.echo]
///     configuration.duration = .seconds(60)
///     let summary = try UserHost.run(["eth0"], configuration) { print($0) }
///     print("peers", summary.peerCount)
///
/// It needs CAP_NET_RAW.
public enum UserHost: Tool {
    public typealias Event = UserHostEvent

    /// An address of the host on one of its interfaces.
    public struct Address: Sendable {
        public var address: IPAddress
        public var prefixLength: Int
        /// The name of the interface; nil for the first.
        public var interface: String?

        public init(_ address: IPAddress, prefixLength: Int, interface: String? = nil) {
            self.address = address
            self.prefixLength = prefixLength
            self.interface = interface
        }
    }

    /// A multicast group that the host is a member of.
    public struct Group: Sendable {
        public var address: IPAddress
        /// The name of the interface; nil for the first.
        public var interface: String?

        public init(_ address: IPAddress, interface: String? = nil) {
            self.address = address
            self.interface = interface
        }
    }

    /// The host's MAC address.
    public enum HardwareAddress: Sendable {
        /// Derived from the host's first address.
        case generated
        /// The interface's MAC address.
        case interface
        case address(MACAddress)
    }

    /// The parameters of the host.
    public struct Configuration: Sendable {
        /// The addresses, at least one on each interface.
        public var addresses: [Address] = []
        /// The routers to other networks, one per family.
        public var gateways: [IPAddress] = []
        public var groups: [Group] = []
        public var mac = HardwareAddress.generated
        public var services: Set<UserHostService> = []
        /// The hosts whose RARP requests are answered.
        public var rarpHosts: [MACAddress: IPv4Address] = [:]
        /// A file in the format of ethers(5), which replaces `rarpHosts`. Names are looked up in the background; SIGHUP
        /// rereads it if the run handles signals.
        public var ethers: String?
        /// Whether to forward datagrams between its interfaces.
        public var forwards = false
        /// Whether a router sends router advertisements on interfaces with an IPv6 address.
        public var advertises = false
        /// Whether to check that no other host has the addresses (RFC 5227; RFC 4862, section 5.4), which takes up to 6
        /// s.
        public var checksAddresses = true
        /// Whether to keep an address in use that another host claims; otherwise it is announced once, and given up at
        /// the second claim within 10 s (RFC 5227, section 2.4).
        public var defends = false
        /// The VLAN of the host; nil for untagged frames.
        public var vlan: UInt16?
        /// The duration of the run; nil for no limit.
        public var duration: Nanoseconds?

        public init() {}
    }

    /// The result of the run.
    public struct Summary: Sendable {
        public var counters: HostCounters
        /// The forwarding counters of a router; nil otherwise.
        public var routes: [RoutingTable.Route]
        /// The number of hosts that it received something from.
        public var peerCount: Int
        /// Whether another host had one of the addresses, or claimed it and it was given up.
        public var isTaken: Bool
        /// Frames of other VLANs.
        public var ignoredVLANs: [VLANIdentity: Int]
        public var elapsed: Nanoseconds
    }

    public static var defaultConfiguration: Configuration { Configuration() }

    /// - Parameter targets: the names of the host's interfaces; empty for the only one of the system.
    public static func prepare(
        _ targets: [String], _ configuration: Configuration, options: RunOptions
    ) throws(SwiftNetError) -> Prepared {
        try SwiftNetError.wrapping { try Prepared(targets, configuration, options) }
    }

    /// A host with resolved interfaces.
    public final class Prepared: PreparedEngineRun {
        public typealias Running = UserHostEngine
        public typealias Event = UserHostEvent
        public typealias Summary = UserHost.Summary

        /// The parameters of the engine; its interfaces are in the order given.
        public let configuration: UserHostConfiguration
        /// The reason why the run ended early.
        public private(set) var failure: SwiftNetError?
        /// Whether the run ended for another reason than missing interfaces.
        public var isComplete: Bool { failure == nil && !watch.isOver }

        /// Called when the RARP table cannot be read again; the previous one stays.
        package var onReloadFailure: ((SwiftNetError) -> Void)?

        private let session: Session
        private let watch: LinkWatch
        private let ethers: EthersNames?
        private var port: PacketSocketPort?

        fileprivate init(
            _ targets: [String], _ asked: Configuration, _ options: RunOptions
        ) throws {
            try asked.check(targets)
            ethers = asked.ethers.map { EthersNames(path: $0, onNotice: options.onNotice) }
            if let ethers, !ethers.read(), let failure = ethers.failure { throw failure }
            let links =
                targets.isEmpty ? [try EthernetLink.find(nil)] : try targets.map { try EthernetLink.find($0) }
            configuration = try asked.host(on: links)
            let (session, sockets) = try Session.openLink(options, for: "host")
            self.session = session
            ethers?.lookUpNames(by: session.resolver)
            port = try UserHostLinks.port(
                sockets.packetSocket(), of: configuration.host, on: links, vlan: asked.vlan, session)
            watch = LinkWatch(links.map(\.interface), reportsMTU: true, session)
        }

        /// Returns the current name of one of the host's interfaces, or its last known one.
        public func interfaceName(_ index: UInt32) -> String? { watch.names[index] }

        public func run<Observer: EngineObserver>(
            reportingTo observer: inout Observer
        ) throws(SwiftNetError) -> Summary where Observer.Observed == UserHostEngine {
            try session.begin()
            var engine = UserHostEngine(configuration)
            if let ethers { engine.know(ethers.table) }
            var isTaken = false
            var ignoredVLANs: [VLANIdentity: Int] = [:]
            let start = SystemClock.now
            if var port = port.take() {
                failure = watch.run(
                    &engine, on: &port, reportingTo: &observer,
                    isWanted: { [watch] event in
                        switch event {
                        case .taken, .relinquished: isTaken = true
                        case .failed(let failure): return !watch.explains(failure)
                        case .up, .defended, .peer, .stream: break
                        }
                        return true
                    }, onChange: { $0.apply($1, at: $2) }, onStep: { [self] engine, wakeup, _ in feed(&engine, wakeup) }
                )
                ignoredVLANs = port.ignoredVLANs
            }
            return Summary(
                counters: engine.counters, routes: configuration.host.forwards ? engine.routes : [],
                peerCount: engine.peerCount, isTaken: isTaken, ignoredVLANs: ignoredVLANs,
                elapsed: SystemClock.now - start)
        }

        /// Passes a new RARP table to the engine.
        private func feed(_ engine: inout UserHostEngine, _ wakeup: WakeReason) {
            guard let ethers else { return }
            var isChanged = ethers.takeNames()
            if wakeup.contains(.reload) {
                if ethers.read() {
                    isChanged = true
                } else if let failure = ethers.failure {
                    onReloadFailure?(failure)
                }
            }
            if isChanged { engine.know(ethers.table) }
        }
    }
}

extension UserHost.Configuration {
    /// Throws if a value is invalid, or cannot be used with another.
    /// - Parameter interfaces: the names of the host's interfaces; empty for the only one of the system.
    package func check(_ interfaces: [String]) throws(SwiftNetError) {
        func refuse(_ reason: String) -> SwiftNetError { SwiftNetError(.invalidArgument, nil, reason) }
        if case .address(let mac) = mac, !mac.isStation {
            throw SwiftNetError.invalid(mac, "--mac", expected: "a unicast MAC address, or interface")
        }
        try SwiftNetError.check(vlan, in: VLANTag.vlans, "--vlan")
        if let group = groups.first(where: { !$0.address.isMulticast }) {
            throw SwiftNetError.invalid(
                group.address, "--join", expected: "a multicast address, or ADDRESS@INTERFACE")
        }
        guard !addresses.isEmpty else { throw refuse("--address ADDRESS/LENGTH is required") }
        if forwards, Set(interfaces).count < 2 { throw refuse("--forward requires -I for 2 interfaces or more") }
        guard Set(interfaces).count == interfaces.count else { throw refuse("-I: interface given twice") }
        guard advertises else { return }
        guard forwards else { throw refuse("--advertise requires --forward") }
        guard addresses.contains(where: { $0.address.family == .v6 }) else {
            throw refuse("--advertise requires an IPv6 address")
        }
    }

    /// Creates the host on resolved interfaces.
    fileprivate func host(on links: [EthernetLink]) throws(SwiftNetError) -> UserHostConfiguration {
        var addresses = [[UserHostLinks.Address]](repeating: [], count: links.count)
        for own in self.addresses {
            let index = try Self.index(of: own.interface, in: links, "--address")
            try UserHostLinks.check((own.address, own.prefixLength), on: links, "--address")
            addresses[index].append((own.address, own.prefixLength))
        }
        var groups = [[IPAddress]](repeating: [], count: links.count)
        for group in self.groups {
            let index = try Self.index(of: group.interface, in: links, "--join")
            groups[index].append(group.address)
        }
        if let empty = links.indices.first(where: { addresses[$0].isEmpty }) {
            throw SwiftNetError(.invalidArgument, "--address", "no address for interface \(links[empty].name)")
        }
        var random = SystemRandomness()
        var host = HostConfiguration(
            links.indices.map {
                let link = links[$0]
                let own: MACAddress? =
                    switch mac {
                    case .generated: nil
                    case .interface: link.mac
                    case .address(let mac): mac
                    }
                var interface = HostConfiguration.Interface(
                    index: link.index, mac: own, mtu: link.mtu, addresses: addresses[$0])
                interface.groups = groups[$0]
                return interface
            }, seed: (random.next(), random.next()))
        host.forwards = forwards
        host.advertises = advertises
        host.checksAddresses = checksAddresses
        host.keepsAddresses = defends
        host.rarpTable = rarpHosts
        host.universalTime = SystemClock.wall(at: Instant(nanoseconds: 0))
        host.gateways = try UserHostLinks.gateways(gateways, of: Array(addresses.joined()))
        var engineConfiguration = UserHostConfiguration(host)
        engineConfiguration.services = services
        engineConfiguration.duration = duration
        return engineConfiguration
    }

    /// Returns the index of an interface of the host; without a name the first.
    private static func index(
        of name: String?, in links: [EthernetLink], _ option: String
    ) throws(SwiftNetError) -> Int {
        guard let name else { return 0 }
        guard let index = links.firstIndex(where: { $0.name == name }) else {
            throw SwiftNetError(.invalidArgument, option, "'\(name)' is not given with -I")
        }
        return index
    }
}
