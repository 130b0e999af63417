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
