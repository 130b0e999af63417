import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNet
import WireFormat

/// Asks a link, before a scan, for the machines that the system does not know, and whether an address is free.
struct ScanNeighbors {
    let reactor: Reactor
    let reserve: SocketReserve
    /// Requests a second; nil for as fast as is sensible.
    let rate: Double?

    /// The machines of addresses, those that answer.
    func machines(
        of unknown: ScanWays.Unknown
    ) throws -> [(address: IPAddress, mac: MACAddress)] {
        guard let mac = unknown.link.mac else { return [] }
        let neighbors = LinkNeighbors(
            interface: unknown.link.interface, mac: mac, source: unknown.link.source, addresses: unknown.addresses)
        let lookup = try NeighborLookup(neighbors, socket: reserve.packetSocket(), rate: rate, reactor: reactor)
        return try lookup.finish(reactor)
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
            frameLength: host.frameLength, reactor: reactor)
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
