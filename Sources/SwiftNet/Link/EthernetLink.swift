import LinuxNet
import WireFormat

/// An interface that speaks Ethernet, and this host's addresses there.
public struct EthernetLink: Sendable {
    package var interface: Interface
    /// This host's MAC address.
    public let mac: MACAddress

    /// The interface's name.
    public var name: String { interface.name }
    /// The interface's index.
    public var index: UInt32 { interface.index }
    /// The longest datagram of a frame, in bytes.
    public var mtu: Int { interface.mtu }

    /// Throws when the interface is down, or frames are not what it carries.
    init(_ interface: Interface) throws(SwiftNetError) {
        guard interface.isUp else {
            throw SwiftNetError(.interface, nil, "interface \(interface.name) is down")
        }
        guard interface.hasCarrier else { throw SwiftNetError(.interface, nil, "\(interface.name) has no carrier") }
        guard !interface.isLoopback, interface.hasEthernetHeader, let mac = interface.macAddress else {
            throw SwiftNetError(.interface, nil, "interface \(interface.name) is no Ethernet")
        }
        self.interface = interface
        self.mac = mac
    }

    /// The interface of a name that was asked for.
    static func interface(_ name: String, of all: [Interface]) throws(SwiftNetError) -> Interface {
        guard let found = all.first(where: { $0.name == name }) else { throw noInterface(name) }
        return found
    }

    /// Throws when a name that was asked for is no interface's.
    static func checkName(_ name: String?) throws(SwiftNetError) {
        if let name, Interface.index(of: name) == nil { throw noInterface(name) }
    }

    private static func noInterface(_ name: String) -> SwiftNetError {
        SwiftNetError(.interface, "-I", "'\(name)' is no interface")
    }

    /// Every interface that is up and speaks Ethernet.
    public static func all() throws(SwiftNetError) -> [EthernetLink] {
        try SwiftNetError.wrapping { try Interface.all() }.compactMap { try? EthernetLink($0) }
    }

    /// The link of a name; without one the only link there is.
    public static func find(_ name: String?) throws(SwiftNetError) -> EthernetLink {
        if let name {
            let interfaces = try SwiftNetError.wrapping { try Interface.all() }
            return try EthernetLink(interface(name, of: interfaces))
        }
        let links = try all()
        guard let first = links.first else {
            throw SwiftNetError(.interface, nil, "there is no Ethernet interface that is up")
        }
        guard links.count == 1 else {
            throw SwiftNetError(
                .interface, nil,
                "-I: which of \(links.map(\.name).joined(separator: ", "))? There are several interfaces")
        }
        return first
    }

    /// This host's IPv4 addresses there with the lengths of their prefixes.
    public var addresses: [(address: IPv4Address, prefixLength: Int)] {
        interface.addresses.compactMap { entry in
            if case .v4(let address) = entry.address { (address, entry.prefixLength) } else { nil }
        }
    }
}
