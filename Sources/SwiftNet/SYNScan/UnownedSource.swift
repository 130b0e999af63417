import Diagnostics
import HostStack
import LinuxNet
import LinuxProcess
import WireFormat

/// The source of a scan that is no address of this host: an unused one of a network that this host is in.
struct UnownedSource {
    let address: IPAddress
    let link: EthernetLink

    init(_ address: IPAddress, interface name: String?) throws {
        guard try !Interface.isOwn(address) else {
            throw Self.refusal("\(address) is this host's own: leave the option out")
        }
        guard !address.needsZone else { throw Self.refusal("\(address) is known on its link alone") }
        let links = try name.map { [try EthernetLink.find($0)] } ?? EthernetLink.all()
        let near = links.first { link in
            link.interface.addresses.contains { entry in
                IPNetwork(entry.address, prefixLength: entry.prefixLength)?.hasHostAddress(address) ?? false
            }
        }
        guard let near else { throw Self.refusal("\(address) is of no network that this host is in") }
        self.address = address
        link = near
    }

    /// The groups of the link at which other hosts ask for the address (RFC 4291, section 2.7.1).
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
        // What a host does once the address is its own is not wanted.
        let observer = SessionObserver<UserHostEngine>(
            onEvent: { event in
                switch event {
                case .up: isFree = true
                case .taken(_, let mac): owner = mac
                case .peer, .failed: break
                }
            }, isInterested: { !isFree })
        try session.run(&engine, on: &port, observer: observer)
        if let owner {
            throw SwiftNetError(.addressInUse, "--source", "\(address) is taken: \(owner) has it")
        }
        guard isFree else { throw Self.refusal("stopped before it was known whether \(address) is free") }
    }

    private static func refusal(_ reason: String) -> SwiftNetError {
        SwiftNetError(.invalidArgument, "--source", reason)
    }
}
