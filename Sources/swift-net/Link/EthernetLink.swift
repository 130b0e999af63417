import LinuxNet
import WireFormat

/// An interface that speaks Ethernet, and who we are there.
struct EthernetLink {
    var interface: Interface
    let mac: MACAddress

    /// Throws when the interface is down, or frames are not what it carries.
    init(_ interface: Interface) throws {
        guard interface.isUp else { throw CannotRun(message: "interface \(interface.name) is down") }
        guard interface.hasCarrier else { throw CannotRun(message: "\(interface.name) has no carrier") }
        guard !interface.isLoopback, interface.hasEthernetHeader, let mac = interface.macAddress else {
            throw CannotRun(message: "interface \(interface.name) is no Ethernet")
        }
        self.interface = interface
        self.mac = mac
    }

    /// The interface of a name that was asked for.
    static func interface(_ name: String, of all: [Interface]) throws -> Interface {
        guard let found = all.first(where: { $0.name == name }) else {
            throw UsageError("-I: '\(name)' is no interface")
        }
        return found
    }

    /// Every interface that is up and speaks Ethernet.
    static func all() throws -> [EthernetLink] { try Interface.all().compactMap { try? EthernetLink($0) } }

    /// The link of a name; without one the only link there is.
    static func find(_ name: String?) throws -> EthernetLink {
        if let name { return try EthernetLink(interface(name, of: Interface.all())) }
        let links = try all()
        guard let first = links.first else { throw CannotRun(message: "there is no Ethernet interface that is up") }
        guard links.count == 1 else {
            throw UsageError(
                "-I: which of \(links.map(\.interface.name).joined(separator: ", "))? There are several interfaces")
        }
        return first
    }

    /// Our IPv4 addresses there with the lengths of their prefixes.
    var addresses: [(address: IPv4Address, prefixLength: Int)] {
        interface.addresses.compactMap { entry in
            if case .v4(let address) = entry.address { (address, entry.prefixLength) } else { nil }
        }
    }
}
