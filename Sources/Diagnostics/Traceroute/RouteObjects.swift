import WireFormat

/// Parses route objects of a routing registry (RFC 2622, section 4).
package enum RouteObjects {
    /// Returns the autonomous systems, such as `AS64500`, that originate the most specific of the routes; empty if
    /// there are none.
    package static func origins(in text: String) -> [String] {
        var best = -1
        var origins: [String] = []
        var length = -1
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                .prefix { !$0.isWhitespace && $0 != "#" }
            switch line[..<colon] {
            case "route", "route6":
                length = value.split(separator: "/").dropFirst().first.flatMap { Int($0) } ?? -1
            case "origin":
                let origin = value.uppercased()
                guard length >= 0, origin.hasPrefix("AS"), origin.count <= 12,
                    origin.dropFirst(2).allSatisfy({ $0.isASCII && $0.isNumber })
                else { continue }
                if length > best {
                    best = length
                    origins = []
                }
                if length == best, !origins.contains(origin) { origins.append(origin) }
            default: continue
            }
        }
        return origins
    }
}

/// Parses the text records of a DNS zone that maps addresses to autonomous systems, in the form of Team Cymru's:
/// `64500 64501 | 192.0.2.0/24 | US | arin | 2001-01-01`.
package enum OriginRecords {
    private static let mostOrigins = 8

    /// Returns the autonomous systems, such as `AS64500`, that originate the most specific of the routes to an address;
    /// empty if there are none. Records of another form, and routes that do not contain the address, are ignored.
    /// - Parameter text: one record per line.
    package static func origins(in text: String, of address: IPAddress) -> [String] {
        var best = -1
        var origins: [String] = []
        for record in text.split(separator: "\n") {
            let fields = record.split(separator: "|", omittingEmptySubsequences: false)
            guard fields.count >= 2, let length = length(fields[1], containing: address), length >= best else {
                continue
            }
            let systems = fields[0].split(separator: " ").map { digits in
                digits.utf8.allSatisfy { 48...57 ~= $0 } ? UInt32(digits) : nil
            }
            guard 1...mostOrigins ~= systems.count, !systems.contains(nil) else { continue }
            if length > best { origins = [] }
            best = length
            for case let number? in systems where !origins.contains("AS\(number)") && origins.count < mostOrigins {
                origins.append("AS\(number)")
            }
        }
        return origins
    }

    /// Returns the prefix length of a route; nil if it is malformed or does not contain the address.
    private static func length(_ field: Substring, containing address: IPAddress) -> Int? {
        let text = field.drop { $0 == " " }.prefix { $0 != " " }
        switch address {
        case .v4(let address):
            guard let network = IPv4Network(text), network.contains(address) else { return nil }
            return network.prefixLength
        case .v6(let address):
            guard let network = IPv6Network(text), network.contains(address) else { return nil }
            return network.prefixLength
        }
    }
}
