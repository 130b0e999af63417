import LinuxProcess
import SwiftNet

/// The properties of an address, derived from the address alone.
struct AddressReport {
    enum Value {
        case text(String)
        case number(UInt64)
        case flag(Bool)
    }

    struct Row {
        /// The name in JSON.
        var key: String
        /// The name in text output.
        var name: String
        var value: Value
        /// An explanation of the value, in text only.
        var note: String?
    }

    private(set) var rows: [Row] = []

    /// Parses an address.
    /// - Parameter isOnly: whether an IPv4 address may have any form that inet_aton(3) accepts, such as `127.1`.
    /// - Throws: `UsageError` with the invalid part of the text.
    init(_ text: String, isOnly: Bool) throws {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 1, let mac = MACAddress(text) ?? Self.bareMAC(text) {
            describe(mac)
            return
        }
        if parts.count == 2, let transport = ServiceNames.Transport(rawValue: String(parts[1])) {
            try describe(port: parts[0], transport, of: text)
            return
        }
        let (name, zone) = try Self.zone(of: parts[0], text)
        guard let address = try IPAddress(name) ?? Self.abbreviated(text, isOnly: isOnly) else {
            throw UsageError("\(text): not an address")
        }
        if let zone {
            guard address.family == .v6 else { throw UsageError("\(text): an IPv4 address has no zone") }
            guard !zone.isEmpty else { throw UsageError("\(text): empty zone (expected an interface after %)") }
            guard address.needsZone else {
                throw UsageError("\(text): \(address) has no zone (only link-local addresses and groups have)")
            }
        }
        switch address {
        case .v4(let address):
            let length = try parts.count == 1 ? nil : Self.length(parts[1], of: text, bits: 32)
            describe(address, length)
        case .v6(let address):
            describe(address, zone, try parts.count == 1 ? nil : Self.length(parts[1], of: text, bits: 128))
        }
    }

    /// 12 hexadecimal digits, which in other commands may be the name of a host.
    private static func bareMAC(_ text: String) -> MACAddress? {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        return UInt64(text, radix: 16).map { MACAddress(rawValue: $0) }
    }

    /// Returns the address of a form of inet_aton(3). Octal digits that are written as a MAC address or a part of one, 11
    /// or 12 of them or groups of four, are no such form.
    private static func abbreviated(_ text: String, isOnly: Bool) throws -> IPAddress? {
        let groups = text.split(separator: ".")
        let isLikeMAC = groups.count > 1 ? groups.allSatisfy { $0.utf8.count == 4 } : text.utf8.count > 10
        let isHexadecimal = text.utf8.contains { $0 | 0x20 == UInt8(ascii: "x") }
        guard isHexadecimal || !isLikeMAC, let address = IPv4Address(inetAton: text) else { return nil }
        guard isOnly else { throw UsageError("\(text): \(TargetExpression.Problem.abbreviatedAddress(address))") }
        return .v4(address)
    }

    /// Separates an address from its zone (RFC 4007, section 11) and from brackets around both (RFC 3986, section
    /// 3.2.2), in which the zone may begin with `%25` (RFC 6874, section 2).
    private static func zone(of part: Substring, _ whole: String) throws -> (address: Substring, zone: Substring?) {
        var part = part
        let isBracketed = part.first == "["
        if isBracketed {
            guard let close = part.firstIndex(of: "]") else { throw UsageError("\(whole): no ] after the address") }
            guard part.index(after: close) == part.endIndex else {
                throw UsageError("\(whole): unexpected text after ] (the port is an argument of its own: 443/tcp)")
            }
            part = part[..<close].dropFirst()
            guard part.contains(":") else { throw UsageError("\(whole): only an IPv6 address has brackets") }
        }
        guard let percent = part.firstIndex(of: "%") else { return (part, nil) }
        var zone = part[part.index(after: percent)...]
        if isBracketed, zone.hasPrefix("25"), zone.count > 2 { zone = zone.dropFirst(2) }
        return (part[..<percent], zone)
    }

    /// A prefix length, or for IPv4 a mask in dotted decimal.
    private static func length(_ text: Substring, of whole: String, bits: Int) throws -> Int {
        if bits == 32, let mask = IPv4Address(text) {
            guard let length = mask.maskLength else {
                throw UsageError("\(whole): not a mask: \(mask) (expected all 1 bits first)")
            }
            return length
        }
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int(text),
            (0...bits).contains(length)
        else { throw UsageError("\(whole): invalid prefix length '\(text)' (expected 0 to \(bits))") }
        return length
    }

    private mutating func add(_ key: String, _ name: String, _ value: String, note: String? = nil) {
        rows.append(Row(key: key, name: name, value: .text(value), note: note))
    }

    private mutating func add(_ key: String, _ name: String, number value: UInt64, note: String? = nil) {
        rows.append(Row(key: key, name: name, value: .number(value), note: note))
    }

    private mutating func add(_ key: String, _ name: String, flag value: Bool) {
        rows.append(Row(key: key, name: name, value: .flag(value)))
    }

    private mutating func add(_ kind: AddressKind) {
        add("kind", "kind", kind.name, note: kind.source.isEmpty ? nil : kind.source)
        add("global", "globally reachable", flag: kind.isGlobal)
    }

    // MARK: IPv4

    private mutating func describe(_ address: IPv4Address, _ length: Int?) {
        add("addr", "address", "\(address)")
        add("binary", "binary", address.binaryDigits)
        let addressClass = address.addressClass
        add("class", "class", addressClass.rawValue, note: "first bits \(addressClass.leadingBits)")
        if let parts = address.classParts {
            add("net_id", "net-id", parts.networkIdentifier)
            add("host_id", "host-id", parts.hostIdentifier)
        }
        // Without a prefix length, a multicast or class E address has no network.
        let network = length.map { IPv4Network(address, prefixLength: $0) } ?? address.classNetwork
        if let network { describe(network, around: address) }
        add(address.kind)
        if address.isMulticast {
            let mac = MACAddress(multicast: address)
            add("multicast_mac", "multicast MAC", "\(mac)", note: "shared by 32 groups")
        }
        add("reverse", "reverse name", address.reverseName)
        add("number", "as a number", number: UInt64(address.rawValue), note: "0x" + String(address.rawValue, radix: 16))
    }

    private mutating func describe(_ network: IPv4Network, around address: IPv4Address) {
        add("prefix_length", "prefix length", number: UInt64(network.prefixLength))
        add("mask", "mask", "\(network.mask)")
        add("wildcard", "wildcard", "\(network.wildcard)")
        add("network", "network", "\(network)")
        add("host_part", "host part", "\(network.hostPart(of: address))")
        add("first_host", "first host", "\(IPv4Address(rawValue: network.hosts.lowerBound))")
        add("last_host", "last host", "\(IPv4Address(rawValue: network.hosts.upperBound))")
        add("host_count", "hosts", number: UInt64(network.hosts.count))
        if let broadcast = network.broadcast { add("broadcast", "directed broadcast", "\(broadcast)") }
        let role =
            switch network.role(of: address) {
            case .directedBroadcast: "the directed broadcast address"
            case .networkAddress: "the network address"
            case .host: "a host"
            }
        add("role", "role", role)
    }

    // MARK: IPv6

    private mutating func describe(_ address: IPv6Address, _ zone: Substring?, _ length: Int?) {
        add("addr", "address", "\(address)")
        if let zone { add("zone", "zone", String(zone)) }
        add("full", "expanded", address.expanded)
        if let length, let network = IPv6Network(address, prefixLength: length) {
            add("prefix_length", "prefix length", number: UInt64(length))
            add("mask", "mask", "\(network.mask)")
            add("network", "network", "\(network)")
            let note = network.subnetRouterAnycast.map { _ in "subnet-router anycast" }
            add("first_host", "first address", "\(network.address)", note: note)
            add("last_host", "last address", "\(network.lastAddress)")
            add("address_count", "addresses", network.addressCount.map(String.init) ?? "2^\(128 - length)")
        }
        add(address.kind)
        if let scope = address.multicastScope { add("scope", "scope", scope) }
        if address.isMulticast {
            add("multicast_mac", "multicast MAC", "\(MACAddress(multicast: address))")
        } else {
            add("solicited_node", "solicited-node group", "\(address.solicitedNodeGroup)")
            add("solicited_node_mac", "solicited-node MAC", "\(MACAddress(multicast: address.solicitedNodeGroup))")
        }
        if let mac = address.interfaceMAC { add("interface_mac", "embedded MAC", "\(mac)") }
        if let inner = address.embeddedIPv4 { add("ipv4", "embedded IPv4", "\(inner)") }
        add("reverse", "reverse name", address.reverseName)
    }

    // MARK: Port

    private mutating func describe(port name: Substring, _ transport: ServiceNames.Transport, of whole: String) throws {
        let services = ServiceNames.system()
        guard let port = UInt16(name) ?? services.port(named: String(name), transport) else {
            throw UsageError("\(whole): no such port: '\(name)' (expected 0 to 65535 or a service name)")
        }
        add("port", "port", number: UInt64(port))
        add("transport", "transport", transport.rawValue)
        let range = PortClass(port)
        add("range", "range", range.rawValue, note: "\(range.ports.lowerBound) to \(range.ports.upperBound), RFC 6335")
        if let service = services.name(of: port, transport) {
            add("service", "service", service, note: "/etc/services")
        }
    }

    // MARK: MAC

    private mutating func describe(_ address: MACAddress) {
        add("addr", "address", "\(address)")
        add("kind", "kind", address.kind.rawValue)
        add("locally_administered", "locally administered", flag: address.isLocallyAdministered)
        add("organization", "OUI", hexadecimal(address.organization, digits: 6))
        if let vendor = Vendors().name(of: address) { add("vendor", "vendor", vendor) }
        if let group = address.firstIPv4Group {
            add("first_group", "IPv4 groups", "\(group)", note: "shared with 31 other groups")
        }
        if !address.isMulticast { add("link_local", "link-local IPv6", "\(address.linkLocalAddress)") }
    }

    // MARK: Output

    var text: String {
        let width = (rows.map(\.name.count).max() ?? 0) + 2
        return rows.map { row in
            let value =
                switch row.value {
                case .text(let text): Text.escaped(text)
                case .number(let number): String(number)
                case .flag(let flag): flag ? "yes" : "no"
                }
            let note = row.note.map { "  (\($0))" } ?? ""
            return Text.left(row.name, width) + value + note + "\n"
        }.joined()
    }

    var row: AddressRow { AddressRow(properties: OrderedMembers(rows.map { ($0.key, $0.value) })) }
}

/// An address as JSON.
struct AddressRow: JSONRow {
    @Inlined var properties: OrderedMembers<AddressReport.Value>
}

extension AddressReport.Value: Encodable {
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text): try text.encode(to: encoder)
        case .number(let number): try number.encode(to: encoder)
        case .flag(let flag): try flag.encode(to: encoder)
        }
    }
}
