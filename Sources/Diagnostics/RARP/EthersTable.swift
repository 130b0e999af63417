import WireFormat

/// The lines of ethers(5): a machine and its address or name.
package struct EthersTable: Sendable {
    package enum Host: Hashable, Sendable {
        case address(IPv4Address)
        case name(String)
    }

    /// A line that says nothing, by its number from 1.
    package struct Problem: Hashable, Sendable {
        package var line: Int
        package var message: String
    }

    /// The first line of a machine counts, as it does for rarpd.
    package private(set) var hosts: [(mac: MACAddress, host: Host)] = []
    package private(set) var problems: [Problem] = []

    /// - Parameter text: `#` begins a comment; words stand between blanks.
    package init(_ text: String) {
        var known: Set<MACAddress> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0.isWhitespace }
            guard let first = words.first else { continue }
            func complain(_ message: String) { problems.append(Problem(line: index + 1, message: message)) }
            guard let mac = MACAddress(first) else {
                complain("'\(first)' is no link-layer address")
                continue
            }
            guard !mac.isMulticast else {
                complain("\(mac) is a group's, no machine's")
                continue
            }
            guard words.count == 2 else {
                complain(words.count < 2 ? "\(mac) has no address and no name" : "'\(words[2])' is one word too many")
                continue
            }
            guard known.insert(mac).inserted else {
                complain("\(mac) was there before")
                continue
            }
            switch IPAddress(words[1]) {
            case .v4(let address)?: hosts.append((mac, .address(address)))
            case .v6?: complain("\(words[1]): RARP is of IPv4 alone")
            case nil: hosts.append((mac, .name(String(words[1]))))
            }
        }
    }

    /// The names that are to be looked up.
    package var names: [String] {
        var seen: Set<String> = []
        return hosts.compactMap { entry in
            if case .name(let name) = entry.host, seen.insert(name).inserted { name } else { nil }
        }
    }

    /// Who has which address, with what became of the names; machines whose name has none are left out.
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
