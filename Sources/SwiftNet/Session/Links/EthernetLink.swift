import LinuxNet
import WireFormat

/// An Ethernet interface, and this host's addresses on it.
public struct EthernetLink: Sendable {
    package var interface: Interface
    /// This host's MAC address.
    public let mac: MACAddress

    /// The interface's name.
    public var name: String { interface.name }
    /// The interface's index.
    public var index: UInt32 { interface.index }
    /// The MTU in bytes.
    public var mtu: Int { interface.mtu }

    /// Throws if the interface is down or not an Ethernet interface.
    init(_ interface: Interface) throws(SwiftNetError) {
        guard !interface.isLoopback, interface.hasEthernetHeader, let mac = interface.macAddress else {
            let reason =
                switch interface.framing {
                case .ethernet?: ""
                case .datagram?: ": \(interface.type) has no MAC addresses"
                case nil: ": it is \(interface.type)"
                }
            throw SwiftNetError(
                .interface, nil, "interface \(interface.name) is not an Ethernet interface\(reason)")
        }
        try Self.checkState(of: interface)
        self.interface = interface
        self.mac = mac
    }

    /// Throws if the interface is down or has no carrier.
    static func checkState(of interface: Interface) throws(SwiftNetError) {
        switch interface.state {
        case .up: return
        case .down: throw SwiftNetError(.interface, nil, "interface \(interface.name) is down")
        case .noCarrier: throw SwiftNetError(.interface, nil, "\(interface.name) has no carrier")
        }
    }

    /// Returns the interface of a name.
    static func interface(_ name: String, of all: [Interface]) throws(SwiftNetError) -> Interface {
        guard let found = all.first(where: { $0.name == name }) else { throw SwiftNetError.noInterface(name, "-I") }
        return found
    }

    /// Throws if there is no interface of this name.
    static func checkName(_ name: String?) throws(SwiftNetError) {
        if let name, Interface.index(of: name) == nil { throw SwiftNetError.noInterface(name, "-I") }
    }

    /// Throws if there is no interface of this name, or it is down. Any kind is accepted, including loopback.
    static func checkState(of name: String) throws(SwiftNetError) {
        try checkState(of: interface(name, of: SwiftNetError.wrapping { try Interface.all() }))
    }

    /// Returns every Ethernet interface that is up.
    public static func all() throws(SwiftNetError) -> [EthernetLink] {
        try SwiftNetError.wrapping { try Interface.all() }.compactMap { try? EthernetLink($0) }
    }

    /// Returns the link of a name; without one the only link of the system.
    public static func find(_ name: String?) throws(SwiftNetError) -> EthernetLink {
        if let name {
            let interfaces = try SwiftNetError.wrapping { try Interface.all() }
            return try EthernetLink(interface(name, of: interfaces))
        }
        let links = try all()
        guard let first = links.first else {
            throw SwiftNetError(.interface, nil, "no Ethernet interface is up")
        }
        guard links.count == 1 else {
            throw SwiftNetError(
                .interface, nil,
                "several interfaces: use -I (have: \(links.map(\.name).joined(separator: ", ")))")
        }
        return first
    }

    /// This host's IPv4 addresses on the link, with their prefix lengths.
    public var addresses: [(address: IPv4Address, prefixLength: Int)] {
        interface.addresses.compactMap { entry in
            if case .v4(let address) = entry.address { (address, entry.prefixLength) } else { nil }
        }
    }
}
