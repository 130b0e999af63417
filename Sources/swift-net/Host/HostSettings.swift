import SwiftNet

extension UserHost.Configuration {
    /// What the options of `host` ask for.
    init(_ command: HostCommand) throws {
        self.init()
        vlan = try command.vlan.map { UInt16(try ArgumentValue.integer("--vlan", $0, in: 1...4_094)) }
        addresses = try command.addresses.map(Self.address)
        groups = try command.groups.map(Self.group)
        gateways = try command.gateways.map { text in
            guard let gateway = IPAddress(text) else { throw UsageError("--gateway: '\(text)' is no address") }
            return gateway
        }
        if let text = command.mac { mac = try Self.mac(text) }
        services = try Self.services(command.serve)
        forwards = command.forward
        checksAddresses = !command.skipsCheck
        ethers = command.ethers
        duration = try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
    }

    private static func address(_ text: String) throws -> UserHost.Address {
        let (own, interface) = split(text)
        let parts = own.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]) else {
            throw UsageError("--address: '\(text)' is no address with the length of its prefix")
        }
        return UserHost.Address(address, prefixLength: length, interface: interface)
    }

    private static func group(_ text: String) throws -> UserHost.Group {
        let (group, interface) = split(text)
        guard let address = IPAddress(group), address.isMulticast else {
            throw UsageError("--join: '\(group)' is no group")
        }
        return UserHost.Group(address, interface: interface)
    }

    /// What stands before an `@`, and the interface behind it.
    private static func split(_ text: String) -> (address: Substring, interface: String?) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts[0], parts.count > 1 ? String(parts[1]) : nil)
    }

    private static func mac(_ text: String) throws -> UserHost.HardwareAddress {
        if text == "interface" { return .interface }
        guard let mac = MACAddress(text), !mac.isMulticast, mac.rawValue != 0 else {
            throw UsageError("--mac: '\(text)' is no link-layer address of one machine")
        }
        return .address(mac)
    }

    private static func services(_ text: String?) throws -> Set<HostService> {
        guard let text else { return [] }
        return Set(
            try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
                guard let service = HostService(rawValue: String(name)) else {
                    throw UsageError("--serve: '\(name)' is none of echo, discard and http")
                }
                return service
            })
    }
}
