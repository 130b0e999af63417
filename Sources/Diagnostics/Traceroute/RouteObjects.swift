/// What a routing registry says of an address: route objects (RFC 2622, section 4), as text.
package enum RouteObjects {
    /// The autonomous systems, `AS64500`, that the most specific of the routes come from; none when it knows none.
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
