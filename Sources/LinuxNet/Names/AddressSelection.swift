import CLinux
import LinuxProcess
import WireFormat

/// Destination address selection (RFC 6724, section 6).
///
/// Rules 3, 4 and 7, which depend on the state of the source addresses and on tunnels, are omitted: the kernel has
/// selected the source by the same criteria.
struct AddressSelection {
    /// A destination and the source that the kernel would use.
    struct Candidate: Equatable {
        var destination: IPAddress
        /// Nil if there is no route.
        var source: IPAddress?
        /// The network of the source, for IPv4 destinations.
        var sourceNetwork: IPv4Network?
    }

    /// An entry of the policy table.
    struct Policy: Equatable {
        var prefix: IPv6Network
        var value: Int
    }

    /// The labels of sources and destinations; the longest matching prefix applies.
    var labels = Self.table([
        ("::1/128", 0), ("::/0", 1), ("::ffff:0:0/96", 4), ("2002::/16", 2), ("2001::/32", 5), ("fc00::/7", 13),
        ("::/96", 3), ("fec0::/10", 11), ("3ffe::/16", 12),
    ])
    /// The precedences of destinations; higher values come first.
    var precedences = Self.table([
        ("::1/128", 50), ("::/0", 40), ("::ffff:0:0/96", 35), ("2002::/16", 30), ("2001::/32", 5), ("fc00::/7", 3),
        ("::/96", 1), ("fec0::/10", 1), ("3ffe::/16", 1),
    ])

    private static func table(_ rows: [(String, Int)]) -> [Policy] {
        rows.compactMap { text, value in IPv6Network(text).map { Policy(prefix: $0, value: value) } }
    }

    /// - Parameter bytes: the contents of gai.conf(5), whose `label` and `precedence` lines each replace a whole table.
    init(_ bytes: [UInt8] = []) {
        var (labels, precedences): ([Policy], [Policy]) = ([], [])
        for line in ConfigurationText.lines(bytes) {
            let fields = ConfigurationText.fields(line)
            guard fields.count == 3, let prefix = IPv6Network(fields[1]), let value = Int(fields[2]) else {
                continue
            }
            let policy = Policy(prefix: prefix, value: value)
            if fields[0] == "label" { labels.append(policy) }
            if fields[0] == "precedence" { precedences.append(policy) }
        }
        if !labels.isEmpty { self.labels = labels }
        if !precedences.isEmpty { self.precedences = precedences }
    }

    /// Returns the indices of the candidates, best first; the order of equal ones is kept.
    func sorted(_ candidates: [Candidate]) -> [Int] {
        candidates.indices.sorted { left, right in
            let order = compare(candidates[left], candidates[right])
            return order != 0 ? order < 0 : left < right
        }
    }

    /// Returns a negative number if `left` is to be tried first.
    private func compare(_ left: Candidate, _ right: Candidate) -> Int {
        // Rule 1: avoid unusable destinations.
        guard let leftSource = left.source else { return right.source == nil ? 0 : 1 }
        guard let rightSource = right.source else { return -1 }
        func prefer(_ leftIs: Bool, _ rightIs: Bool) -> Int { leftIs == rightIs ? 0 : leftIs ? -1 : 1 }
        // Rule 2: prefer matching scope.
        var order = prefer(
            Self.scope(left.destination) == Self.scope(leftSource),
            Self.scope(right.destination) == Self.scope(rightSource))
        if order != 0 { return order }
        // Rule 5: prefer matching label.
        order = prefer(
            value(of: left.destination, in: labels) == value(of: leftSource, in: labels),
            value(of: right.destination, in: labels) == value(of: rightSource, in: labels))
        if order != 0 { return order }
        // Rule 6: prefer higher precedence.
        order = value(of: right.destination, in: precedences) - value(of: left.destination, in: precedences)
        if order != 0 { return order }
        // Rule 8: prefer smaller scope.
        order = Self.scope(left.destination) - Self.scope(right.destination)
        if order != 0 { return order }
        // Rule 9: use longest matching prefix. For IPv4 it applies only within the source's own network, as in
        // glibc: otherwise it would defeat DNS servers that balance load by rotating addresses.
        guard left.destination.family == right.destination.family else { return 0 }
        return Self.commonPrefix(right) - Self.commonPrefix(left)
    }

    /// Returns the scope of an address (RFC 6724, section 3.1): link-local 2, site-local 5, global 14.
    static func scope(_ address: IPAddress) -> Int {
        switch address {
        case .v4(let address):
            let value = address.rawValue
            return value >> 16 == 0xA9FE || value >> 24 == 127 ? 2 : 14
        case .v6(let address):
            if address.high >> 56 == 0xFF { return Int(address.high >> 48 & 0xF) }
            if address.high >> 54 == 0x3FA || address.high == 0 && address.low == 1 { return 2 }
            return address.high >> 54 == 0x3FB ? 5 : 14
        }
    }

    private func value(of address: IPAddress, in table: [Policy]) -> Int {
        let mapped =
            switch address {
            case .v4(let address): IPv6Address(high: 0, low: 0xFFFF_0000_0000 | UInt64(address.rawValue))
            case .v6(let address): address
            }
        return table.filter { $0.prefix.contains(mapped) }
            .max { $0.prefix.prefixLength < $1.prefix.prefixLength }?.value ?? 0
    }

    private static func commonPrefix(_ candidate: Candidate) -> Int {
        switch (candidate.destination, candidate.source) {
        case (.v4(let destination), .v4(let source)):
            guard let network = candidate.sourceNetwork, network.contains(destination) else { return 0 }
            return (destination.rawValue ^ source.rawValue).leadingZeroBitCount
        case (.v6(let destination), .v6(let source)):
            let high = destination.high ^ source.high
            return high != 0 ? high.leadingZeroBitCount : 64
        default: return 0
        }
    }
}

extension AddressSelection {
    /// Returns the answers in the order in which to try them.
    func sorted(_ answers: [Resolver.Answer]) -> [Resolver.Answer] {
        guard answers.count > 1 else { return answers }
        // Only two or more IPv4 addresses require the networks of this host.
        let isAsked = answers.count { $0.address.family == .v4 } > 1
        let own = isAsked ? (try? Interface.all())?.flatMap(\.addresses) ?? [] : []
        let candidates = answers.map { answer -> Candidate in
            let source = Self.source(to: answer)
            var network: IPv4Network?
            if case .v4(let address)? = source, let entry = own.first(where: { $0.address == source }) {
                network = IPv4Network(address, prefixLength: entry.prefixLength)
            }
            return Candidate(destination: answer.address, source: source, sourceNetwork: network)
        }
        return sorted(candidates).map { answers[$0] }
    }

    /// Returns the source address of a connected UDP socket; no packet is sent.
    private static func source(to answer: Resolver.Answer) -> IPAddress? {
        guard
            let socket = try? Descriptor.socket(
                answer.address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue), 0),
            (try? socket.connect(SocketAddress(answer.address, port: 53, scope: answer.zone))) != nil
        else { return nil }
        return SocketAddress.local(of: socket)?.address
    }
}
