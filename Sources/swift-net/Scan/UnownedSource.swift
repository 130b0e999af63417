import LinuxNet
import WireFormat

/// The address of `--source`: one of the local network that nobody has.
struct UnownedSource {
    let address: IPAddress
    let link: EthernetLink

    init(_ text: String, interface name: String?) throws {
        guard let address = IPAddress(text) else { throw UsageError("--source: '\(text)' is no address") }
        guard try !Interface.isOwn(address) else {
            throw UsageError("--source: \(address) is this host's own: leave the option out")
        }
        guard !address.needsZone else {
            throw UsageError("--source: \(address) is known on its link alone")
        }
        let links = try name.map { [try EthernetLink.find($0)] } ?? EthernetLink.all()
        let near = links.first { link in
            link.interface.addresses.contains { entry in
                IPNetwork(entry.address, prefixLength: entry.prefixLength).map { OwnHost.isHost(address, in: $0) }
                    ?? false
            }
        }
        guard let near else {
            throw UsageError("--source: \(address) is of no network that this host is in")
        }
        self.address = address
        link = near
    }

    /// Of the link, that who asks for the address asks at (RFC 4291, section 2.7.1).
    var groups: [MACAddress] { address.v6.map { [MACAddress(multicast: $0.solicitedNodeGroup)] } ?? [] }
}
