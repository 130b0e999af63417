import HostStack
import LinuxNet
import LinuxProcess
import WireFormat

/// Which TCP carries the connections of a run.
public enum TCPStack: Sendable {
    /// The kernel's.
    case kernel
    /// That of a user-space host, which exists as long as the run.
    case user(UserStack)
}

/// A user-space host on an interface, for the connections of a run.
public struct UserStack: Sendable {
    /// The host's address, which no other host may have.
    public var address: IPAddress
    /// The length of its prefix; nil for that of the interface's network.
    public var prefixLength: Int?
    /// The router to other networks.
    public var gateway: IPAddress?
    /// Makes sure that no other host has the address, which takes up to six seconds (RFC 5227; RFC 4862, section 5.4).
    public var checksAddress = true

    public init(_ address: IPAddress, prefixLength: Int? = nil) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The interface that the host is on, and what it is to be.
    /// - Parameter interface: the interface's name; nil for the one whose network has the address.
    func find(on interface: String?) throws(SwiftNetError) -> (link: EthernetLink, configuration: HostConfiguration) {
        let links = try EthernetLink.named(interface)
        let found = links.compactMap { link in prefixLength(on: link).map { (link: link, length: $0) } }.first
        guard let link = found?.link ?? (links.count == 1 ? links.first : nil) else {
            throw SwiftNetError(
                .invalidArgument, "-I", "through which interface? \(address) is in no network of one")
        }
        guard let length = prefixLength ?? found?.length else {
            throw SwiftNetError(
                .invalidArgument, "--source", "'\(address)' needs the length of its prefix, ADDR/LEN")
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
    /// The link of a name; without one all there are.
    fileprivate static func named(_ name: String?) throws(SwiftNetError) -> [EthernetLink] {
        if let name { [try find(name)] } else { try all() }
    }
}
