/// Parses the text of a `PacketFilter`.
struct FilterParser {
    private var tokens: [Substring]
    private var index = 0
    /// The nesting depth of parentheses, which is limited.
    private var depth = 0
    private static let maximumDepth = 32
    private static let maximumTokens = 1_024

    typealias SyntaxError = PacketFilter.SyntaxError

    init(_ text: String) {
        tokens = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            var rest = word
            // Parentheses and the exclamation mark are separate tokens.
            while let position = rest.firstIndex(where: { "()!".contains($0) }) {
                if position > rest.startIndex { tokens.append(rest[..<position]) }
                tokens.append(rest[position...position])
                rest = rest[rest.index(after: position)...]
            }
            if !rest.isEmpty { tokens.append(rest) }
        }
    }

    private var word: Substring { index < tokens.count ? tokens[index] : "" }

    private mutating func take(_ choices: Substring...) -> Bool {
        guard !word.isEmpty, choices.contains(word) else { return false }
        index += 1
        return true
    }

    private func failure(_ expected: String) -> SyntaxError { SyntaxError(word: String(word), expected: expected) }

    func requireEnd() throws(SyntaxError) {
        if index < tokens.count { throw failure("'and', 'or' or the end") }
    }

    /// Parses an expression. `or` has lower precedence than `and`; adjacent primitives are combined by `and`.
    mutating func expression() throws(SyntaxError) -> PacketFilter {
        depth += 1
        defer { depth -= 1 }
        guard tokens.count <= Self.maximumTokens else { throw failure("a shorter filter") }
        guard depth <= Self.maximumDepth else { throw failure("fewer parentheses") }
        var filter = try conjunction()
        while take("or", "||") { filter = .or(filter, try conjunction()) }
        return filter
    }

    private mutating func conjunction() throws(SyntaxError) -> PacketFilter {
        var filter = try negation()
        while true {
            if take("and", "&&") {
                filter = .and(filter, try negation())
            } else if !word.isEmpty, word != ")", word != "or", word != "||" {
                filter = .and(filter, try negation())
            } else {
                return filter
            }
        }
    }

    private mutating func negation() throws(SyntaxError) -> PacketFilter {
        var isNegated = false
        while take("not", "!") { isNegated.toggle() }
        let filter: PacketFilter
        if take("(") {
            filter = try expression()
            guard take(")") else { throw failure("')'") }
        } else {
            filter = try primitive()
        }
        return isNegated ? .not(filter) : filter
    }

    private static let layers: [Substring: Layer] = [
        "ethernet": .ethernet, "ip": .ipv4, "ip4": .ipv4, "ipv4": .ipv4, "ip6": .ipv6, "ipv6": .ipv6, "arp": .arp,
        "rarp": .rarp, "icmp": .icmp, "icmp6": .icmpv6, "icmpv6": .icmpv6, "igmp": .igmp, "mld": .mld, "ndp": .ndp,
        "tcp": .tcp, "udp": .udp, "http": .http, "dns": .dns, "llc": .llc,
    ]

    private mutating func primitive() throws(SyntaxError) -> PacketFilter {
        if take("vlan") {
            guard let number = UInt16(word), number < 4096 else { return .vlan(nil) }
            index += 1
            return .vlan(number)
        }
        let isEther = take("ether")
        let side: PacketFilter.Side = take("src") ? .source : take("dst") ? .destination : .either
        if isEther {
            _ = take("host")
            guard let station = MACAddress(word) else { throw failure("a MAC address") }
            index += 1
            return .station(station, side)
        }
        if side == .either, let layer = Self.layers[word] {
            index += 1
            return .layer(layer)
        }
        if take("port") { return .ports(try port(), side) }
        if take("portrange") { return .ports(try portRange(), side) }
        if take("net") { return try network(side) }
        let isNamed = take("host")
        if let address = IPAddress(word) {
            index += 1
            return .host(address, side)
        }
        if !isNamed, word.contains("/") { return try network(side) }
        if !isNamed, let station = MACAddress(word) {
            index += 1
            return .station(station, side)
        }
        throw failure(isNamed ? "an address" : "a layer, 'host', 'net', 'port' or an address")
    }

    private mutating func port() throws(SyntaxError) -> ClosedRange<UInt16> {
        guard let port = UInt16(word) else { throw failure("a port number") }
        index += 1
        return port...port
    }

    private mutating func portRange() throws(SyntaxError) -> ClosedRange<UInt16> {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt16(parts[0]), let last = UInt16(parts[1]), first <= last else {
            throw failure("a range of ports like 80-90")
        }
        index += 1
        return first...last
    }

    private mutating func network(_ side: PacketFilter.Side) throws(SyntaxError) -> PacketFilter {
        if let network = IPv4Network(word) {
            index += 1
            return .network4(network, side)
        }
        guard let network = IPv6Network(word) else { throw failure("a network like 192.0.2.0/24") }
        index += 1
        return .network6(network, side)
    }
}
