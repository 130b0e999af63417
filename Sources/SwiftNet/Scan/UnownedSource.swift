import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import WireFormat

/// A source address that this host does not own: an unused one of an attached network.
struct UnownedSource {
    let address: IPAddress
    let link: EthernetLink

    init(_ address: IPAddress, interface name: String?) throws {
        guard try !Interface.isOwn(address) else {
            throw Self.refusal("\(address) is this host's own address: omit the option")
        }
        guard !address.needsZone else { throw Self.refusal("a link-local address cannot be used: \(address)") }
        let interfaces =
            try name.map { [try EthernetLink.find($0).interface] } ?? Interface.all().filter { !$0.isLoopback }
        let near = interfaces.filter { interface in
            interface.addresses.contains { entry in
                IPNetwork(entry.address, prefixLength: entry.prefixLength)?.hasHostAddress(address) ?? false
            }
        }
        guard let first = near.first else { throw Self.refusal("\(address) is not in an attached network") }
        // Only hosts with MAC addresses can be asked whether the address is free.
        link = try near.lazy.compactMap { try? EthernetLink($0) }.first ?? EthernetLink(first)
        self.address = address
    }

    /// The solicited-node multicast groups of the address (RFC 4291, section 2.7.1).
    var groups: [MACAddress] { address.v6.map { [MACAddress(multicast: $0.solicitedNodeGroup)] } ?? [] }

    /// Throws if another host has the address, by the check of RFC 5227 or RFC 4862.
    func check(_ reserve: SocketReserve, _ session: Session) throws {
        var random = SystemRandomness()
        let host = HostConfiguration(
            [
                HostConfiguration.Interface(
                    index: link.index, mac: link.mac, addresses: [(address, 0)], addsLinkLocal: false)
            ], seed: (random.next(), random.next()))
        var port = try PacketSocketPort(
            reserve.packetSocket(), interface: link.index,
            hearing: address.family == .v4 ? .etherType(.arp) : .filtered(.protocols([.icmpv6])),
            frameLength: host.frameLength, reactor: session.reactor)
        for group in groups { try port.admit(.group(group)) }
        var engine = UserHostEngine(UserHostConfiguration(host))
        var isFree = false
        var owner: MACAddress?
        // Events after the address check do not matter.
        let observer = SessionObserver<UserHostEngine>(
            onEvent: { event in
                switch event {
                case .up: isFree = true
                case .taken(_, let mac): owner = mac
                case .defended, .relinquished, .peer, .stream, .failed: break
                }
            }, isInterested: { !isFree })
        try session.run(&engine, on: &port, observer: observer)
        if let owner {
            throw SwiftNetError(.addressInUse, "--source", "\(address) is in use by \(owner)")
        }
        guard isFree else { throw Self.refusal("stopped before the check of \(address) was complete") }
    }

    private static func refusal(_ reason: String) -> SwiftNetError {
        SwiftNetError(.invalidArgument, "--source", reason)
    }
}
