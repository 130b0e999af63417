import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// Asks a link, before a scan, for the machines that the system does not know, and whether an address is free.
/// CAP_NET_RAW must be effective.
struct ScanNeighbors {
    let bell: Bell
    /// Requests a second; nil for as fast as is sensible.
    let rate: Double?

    private static let fastest = 100_000.0

    /// The machines of addresses, those that answer.
    func machines(of unknown: ScanWays.Unknown) throws -> [(IPAddress, MACAddress)] {
        guard let mac = unknown.link.mac else { return [] }
        switch unknown.link.source {
        case .v4(let source): return try byARP(unknown, mac, source)
        case .v6(let source): return try byNDP(unknown, mac, source)
        }
    }

    /// Shared memory is worth its making for many answers alone.
    private static func slots(_ unknown: ScanWays.Unknown) -> Int { unknown.addresses.count > 256 ? 4_096 : 0 }

    private func byARP(
        _ unknown: ScanWays.Unknown, _ mac: MACAddress, _ source: IPv4Address
    ) throws -> [(IPAddress, MACAddress)] {
        var targets = TargetSet()
        for run in unknown.addresses.runs { try targets.append(from: run.first, through: run.last) }
        var configuration = ARPSweepConfiguration(mac: mac, source: source, targets: targets)
        configuration.rate = rate ?? Self.fastest
        var port = try LinkPort(
            interface: unknown.link.interface, hearing: .etherType(.arp), frameLength: 128,
            ringSlots: Self.slots(unknown), signals: SignalSource(), bell: bell)
        var engine = ARPSweepEngine(configuration)
        var collector = EventCollector<ARPSweepEngine>()
        try EngineLoop.run(&engine, on: &port, observer: &collector)
        return collector.events.compactMap { event in
            if case .host(let host) = event { (.v4(host.address), host.mac) } else { nil }
        }
    }

    private func byNDP(
        _ unknown: ScanWays.Unknown, _ mac: MACAddress, _ source: IPv6Address
    ) throws -> [(IPAddress, MACAddress)] {
        var configuration = NeighborSweepConfiguration(mac: mac, source: source, targets: unknown.addresses)
        configuration.rate = rate ?? Self.fastest
        var port = try LinkPort(
            interface: unknown.link.interface, hearing: .filtered(.protocols([.icmpv6])), frameLength: 256,
            ringSlots: Self.slots(unknown), signals: SignalSource(), bell: bell)
        var engine = NeighborSweepEngine(configuration)
        var collector = EventCollector<NeighborSweepEngine>()
        try EngineLoop.run(&engine, on: &port, observer: &collector)
        return collector.events.map { (.v6($0.address), $0.mac) }
    }

    /// Who has an address already, by RFC 5227's check; nil when it is free.
    func owner(of address: IPv4Address, on link: EthernetLink) throws -> MACAddress? {
        var configuration = ArpingConfiguration(mac: link.mac, source: .unspecified, target: address)
        var random = SystemRandomness()
        configuration.checkAddress(using: &random)
        configuration.endsAtFirstAnswer = true
        var port = try LinkPort(
            interface: link.interface.index, hearing: .etherType(.arp), frameLength: 128, signals: SignalSource(),
            bell: bell)
        var engine = ArpingEngine(configuration)
        var collector = EventCollector<ArpingEngine>()
        try EngineLoop.run(&engine, on: &port, observer: &collector)
        return engine.summary.machines.first
    }
}

/// Keeps what an engine finds.
private struct EventCollector<Observed: Engine & ~Copyable>: EngineObserver, ~Copyable {
    var events: [Observed.Event] = []

    mutating func report(_ event: Observed.Event) { events.append(event) }
    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? { nil }
    var isListening: Bool { true }
}

/// The address of `--source`: one of the local network that nobody has.
struct UnownedSource {
    let address: IPv4Address
    let link: EthernetLink

    init(_ text: String, interface name: String?) throws {
        guard case .v4(let address)? = IPAddress(text) else {
            throw UsageError("--source: '\(text)' is no IPv4 address")
        }
        guard try !Interface.isOwn(.v4(address)) else {
            throw UsageError("--source: \(address) is this host's own: leave the option out")
        }
        let links = try name.map { [try EthernetLink.find($0)] } ?? EthernetLink.all()
        let near = links.first { link in
            link.addresses.contains { entry in
                IPv4Network(entry.address, prefixLength: entry.prefixLength).map {
                    $0.contains(address) && $0.hosts.contains(address.rawValue)
                } ?? false
            }
        }
        guard let near else {
            throw UsageError("--source: \(address) is of no network that this host is in")
        }
        self.address = address
        link = near
    }
}
