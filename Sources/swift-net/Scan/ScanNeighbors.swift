import Diagnostics
import HostStack
import LinuxNet
import PacketEngine
import WireFormat

/// Asks a link, before a scan, for the machines that the system does not know, and whether an address is free.
struct ScanNeighbors {
    let reactor: Reactor
    let reserve: SocketReserve
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
            reserve.packetSocket(), interface: unknown.link.interface, hearing: .etherType(.arp), frameLength: 128,
            ringSlots: Self.slots(unknown), signals: SignalSource(), reactor: reactor)
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
            reserve.packetSocket(), interface: unknown.link.interface, hearing: .filtered(.protocols([.icmpv6])),
            frameLength: 256,
            ringSlots: Self.slots(unknown), signals: SignalSource(), reactor: reactor)
        var engine = NeighborSweepEngine(configuration)
        var collector = EventCollector<NeighborSweepEngine>()
        try EngineLoop.run(&engine, on: &port, observer: &collector)
        return collector.events.map { (.v6($0.address), $0.mac) }
    }

    /// Who has an address already, by the check of RFC 5227 or RFC 4862; nil when it is free.
    func owner(of source: UnownedSource) throws -> MACAddress? {
        var random = SystemRandomness()
        let link = source.link
        let host = HostConfiguration(
            [
                HostConfiguration.Interface(
                    index: link.interface.index, mac: link.mac, addresses: [(source.address, 0)], addsLinkLocal: false)
            ], seed: (random.next(), random.next()))
        var port = try LinkPort(
            reserve.packetSocket(), interface: link.interface.index,
            hearing: source.address.family == .v4 ? .etherType(.arp) : .filtered(.protocols([.icmpv6])),
            frameLength: host.frameLength, signals: SignalSource(), reactor: reactor)
        for group in source.groups { try port.admit(.group(group)) }
        var engine = HostEngine(LivingHostConfiguration(host))
        var claim = AddressClaimObserver()
        try EngineLoop.run(&engine, on: &port, observer: &claim)
        guard claim.isFree || claim.owner != nil else {
            throw CannotRun(message: "--source: stopped before it was known whether \(source.address) is free")
        }
        return claim.owner
    }
}

/// Waits until an address is a host's own, or somebody else's.
private struct AddressClaimObserver: EngineObserver {
    private(set) var isFree = false
    private(set) var owner: MACAddress?

    mutating func report(_ event: LivingHostEvent) {
        switch event {
        case .up: isFree = true
        case .taken(_, let mac): owner = mac
        case .peer, .failed: break
        }
    }

    mutating func step(_ engine: inout HostEngine, _ wakening: Wakening, at now: Instant) -> Instant? { nil }

    /// What a host does with an address that is its own is not wanted.
    var isListening: Bool { !isFree }
}

/// Keeps what an engine finds.
private struct EventCollector<Observed: Engine & ~Copyable>: EngineObserver, ~Copyable {
    var events: [Observed.Event] = []

    mutating func report(_ event: Observed.Event) { events.append(event) }
    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? { nil }
    var isListening: Bool { true }
}
