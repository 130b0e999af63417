import HostStack
import LinuxNet
import LinuxProcess
import WireFormat

/// The TCP implementation of a run's connections.
public enum TCPStack: Sendable {
    /// The kernel's.
    case kernel
    /// A user-space host's, which exists during the run.
    case user(UserStack)
}

/// A user-space host on an interface, for the connections of a run.
public struct UserStack: Sendable {
    /// The host's address, which no other host may have.
    public var address: IPAddress
    /// The prefix length; nil for that of the interface's network.
    public var prefixLength: Int?
    /// The router to other networks.
    public var gateway: IPAddress?
    /// Whether to check that no other host has the address, which takes up to 6 s (RFC 5227; RFC 4862, section 5.4).
    public var checksAddress = true

    public init(_ address: IPAddress, prefixLength: Int? = nil) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Returns the interface and the configuration of the host.
    /// - Parameter interface: the interface's name; nil for the one whose network contains the address.
    func find(on interface: String?) throws(SwiftNetError) -> (link: EthernetLink, configuration: HostConfiguration) {
        let links = try EthernetLink.named(interface)
        let found = links.compactMap { link in prefixLength(on: link).map { (link: link, length: $0) } }.first
        guard let link = found?.link ?? (links.count == 1 ? links.first : nil) else {
            throw SwiftNetError(
                .invalidArgument, "-I", "no interface has a network that contains \(address): use -I")
        }
        guard let length = prefixLength ?? found?.length else {
            throw SwiftNetError(
                .invalidArgument, "--source", "'\(address)' needs a prefix length (ADDR/LEN)")
        }
        let own = (address: address, prefixLength: length)
        try UserHostLinks.check(own, on: links, "--source")
        var random = SystemRandomness()
        var host = HostConfiguration(
            [HostConfiguration.Interface(index: link.index, mac: nil, mtu: link.mtu, addresses: [own])],
            seed: (random.next(), random.next()))
        host.checksAddresses = checksAddress
        host.gateways = try UserHostLinks.gateways(gateway.map { [$0] } ?? [], of: [own])
        return (link, host)
    }

    private func prefixLength(on link: EthernetLink) -> Int? {
        link.interface.addresses.first {
            IPNetwork($0.address, prefixLength: $0.prefixLength)?.contains(address) ?? false
        }?.prefixLength
    }
}

extension EthernetLink {
    /// Returns the link of a name; without one all links.
    fileprivate static func named(_ name: String?) throws(SwiftNetError) -> [EthernetLink] {
        if let name { [try find(name)] } else { try all() }
    }
}
