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
        try Self.checkState(of: interface)
        guard !interface.isLoopback, interface.hasEthernetHeader, let mac = interface.macAddress else {
            throw SwiftNetError(.interface, nil, "interface \(interface.name) is no Ethernet")
        }
        self.interface = interface
        self.mac = mac
    }

    /// Throws when nothing can pass an interface.
    private static func checkState(of interface: Interface) throws(SwiftNetError) {
        switch interface.state {
        case .up: return
        case .down: throw SwiftNetError(.interface, nil, "interface \(interface.name) is down")
        case .noCarrier: throw SwiftNetError(.interface, nil, "\(interface.name) has no carrier")
        }
    }

    /// The interface of a name that was asked for.
    static func interface(_ name: String, of all: [Interface]) throws(SwiftNetError) -> Interface {
        guard let found = all.first(where: { $0.name == name }) else { throw SwiftNetError.noInterface(name, "-I") }
        return found
    }

    /// Throws when there is no interface of a name that was asked for.
    static func checkName(_ name: String?) throws(SwiftNetError) {
        if let name, Interface.index(of: name) == nil { throw SwiftNetError.noInterface(name, "-I") }
    }

    /// Throws when there is no interface of a name that was asked for, or nothing can pass it. It may be any, the
    /// loopback interface too.
    static func checkState(of name: String) throws(SwiftNetError) {
        try checkState(of: interface(name, of: SwiftNetError.wrapping { try Interface.all() }))
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
