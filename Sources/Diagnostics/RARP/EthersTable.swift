import WireFormat

/// The entries of ethers(5): MAC addresses with an IPv4 address or name.
package struct EthersTable: Sendable {
    package enum Host: Hashable, Sendable {
        case address(IPv4Address)
        case name(String)
    }

    /// An invalid line; numbers count from 1.
    package struct Problem: Hashable, Sendable {
        package var line: Int
        package var message: String
    }

    /// The first entry of a MAC address counts, as in rarpd.
    package private(set) var hosts: [(mac: MACAddress, host: Host)] = []
    package private(set) var problems: [Problem] = []

    /// - Parameter text: `#` begins a comment; fields are separated by white space.
    package init(_ text: String) {
        var known: Set<MACAddress> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.prefix { $0 != "#" }.split { $0.isWhitespace }
            guard let first = fields.first else { continue }
            func complain(_ message: String) { problems.append(Problem(line: index + 1, message: message)) }
            guard let mac = MACAddress(first) else {
                complain("'\(first)' is not a MAC address")
                continue
            }
            guard !mac.isMulticast else {
                complain("\(mac) is a group address, not a station's")
                continue
            }
            guard fields.count == 2 else {
                complain(fields.count < 2 ? "\(mac) has neither address nor name" : "unexpected field '\(fields[2])'")
                continue
            }
            guard known.insert(mac).inserted else {
                complain("duplicate entry for \(mac)")
                continue
            }
            switch IPAddress(fields[1]) {
            case .v4(let address)?: hosts.append((mac, .address(address)))
            case .v6?: complain("\(fields[1]): RARP supports only IPv4")
            case nil: hosts.append((mac, .name(String(fields[1]))))
            }
        }
    }

    /// The names to look up.
    package var names: [String] {
        var seen: Set<String> = []
        return hosts.compactMap { entry in
            if case .name(let name) = entry.host, seen.insert(name).inserted { name } else { nil }
        }
    }

    /// Returns the MAC address table with the results of the name lookups; entries whose name has no address are
    /// omitted.
    package func addresses(names: [String: IPv4Address]) -> [MACAddress: IPv4Address] {
        var table: [MACAddress: IPv4Address] = [:]
        for (mac, host) in hosts {
            switch host {
            case .address(let address): table[mac] = address
            case .name(let name): table[mac] = names[name]
            }
        }
        return table
    }
}
