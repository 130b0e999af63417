import HostStack
import PacketEngine
import WireFormat

@testable import Diagnostics

/// Members, a querier and unrelated hosts on one link.
enum IGMPScenario {
    static let group = IPAddress.v4(IPv4Address(239, 1, 2, 3))
    static let groupV6 = IPAddress.v6(IPv6Address(high: 0xFF05 << 48, low: 0x1_0003))

    static func mac(_ number: UInt8) -> MACAddress { MACAddress(rawValue: 0x0200_0000_0000 | UInt64(number)) }

    static func identity(_ number: UInt8) -> LinkIdentity {
        LinkIdentity(
            mac: mac(number), address: IPv4Address(192, 0, 2, number),
            linkLocal: IPv6Address(high: 0xFE80 << 48, low: UInt64(number)))
    }

    static func segment(_ stations: [any SegmentStation], seed: UInt64 = 1) -> SimulatedSegment {
        var segment = SimulatedSegment(seed: seed)
        segment.stations = stations
        return segment
    }

    static func member(
        _ memberships: [IGMPJoinConfiguration.Membership], number: UInt8 = 1, seed: UInt64 = 1,
        configure: (inout IGMPJoinConfiguration) -> Void = { _ in }
    ) -> EngineStation<IGMPJoinEngine> {
        var configuration = IGMPJoinConfiguration(
            links: [.init(identity: identity(number), mtu: 1_500)], memberships: memberships, seed: seed)
        configure(&configuration)
        return EngineStation(IGMPJoinEngine(configuration))
    }

    static func query(
        _ version: MembershipVersion = .igmp3, group: IPAddress? = nil, sources: [IPAddress] = [],
        response milliseconds: Int64 = 10_000
    ) -> MembershipQuery {
        var query = MembershipQuery(
            version: version, group: group, sources: sources, maximumResponse: .milliseconds(milliseconds))
        if version.hasSources {
            query.robustness = 2
            query.interval = .seconds(125)
        }
        return query
    }

    static func frame(_ message: MembershipMessage, from number: UInt8 = 254) -> [UInt8] {
        MembershipFrame.bytes(message, from: identity(number))
    }

    /// A UDP datagram to a group.
    static func datagram(
        to group: IPv4Address = IPv4Address(239, 1, 2, 3), from number: UInt8 = 9, count: Int = 100
    ) -> [UInt8] {
        let udp = UDPDatagram(sourcePort: 4_000, destinationPort: 5_000, data: [UInt8](repeating: 7, count: count))
        let header = IPv4Header(
            source: IPv4Address(192, 0, 2, number), destination: group, protocol: .udp, payloadLength: udp.byteCount,
            timeToLive: 8)
        return EthernetHeader(
            destination: MACAddress(multicast: group), source: mac(number), etherType: .ipv4
        ).encoded() + header.encoded() + udp.encoded()
    }
}
