import WireFormat

/// The DNS configuration: resolv.conf(5) and the environment variables that override it.
struct ResolverConfiguration: Equatable {
    /// A server's address, and the interface of a link-local one.
    struct Server: Equatable {
        var address: IPAddress
        var zone: String?
    }

    /// The first three servers, as in glibc; the loopback address if none is configured.
    var servers: [Server] = []
    /// The domains to append to names, in the order in which to try them.
    var searchDomains: [String] = []
    /// A name with at least this number of dots is first tried unchanged.
    var dotThreshold = 1
    /// The time to wait for a server's first reply, in seconds.
    var timeout = 5
    /// The number of queries to each server.
    var attempts = 2
    /// Whether servers are used in turn.
    var rotates = false
    /// Whether queries use TCP.
    var usesTCP = false
    /// Whether queries use EDNS (RFC 6891).
    var usesEDNS = false
    /// Whether IPv6 addresses are not queried.
    var omitsIPv6 = false

    private static let mostServers = 3

    /// - Parameters:
    ///   - bytes: the contents of resolv.conf; empty if there is no such file.
    ///   - hostName: this host's name; its domain is searched if no other is configured.
    ///   - domains: the variable LOCALDOMAIN, which replaces `search`.
    ///   - options: the variable RES_OPTIONS, applied after the options of the file.
    init(_ bytes: [UInt8], hostName: String = "", domains: String? = nil, options: String? = nil) {
        var search: [String]?
        for line in ConfigurationText.lines(bytes) where line.first != UInt8(ascii: ";") {
            let fields = ConfigurationText.fields(line)
            guard let keyword = fields.first else { continue }
            let values = Array(fields.dropFirst())
            switch keyword {
            case "nameserver":
                if let value = values.first, servers.count < Self.mostServers, let server = Self.server(value) {
                    servers.append(server)
                }
            case "search": search = values
            case "domain": search = Array(values.prefix(1))
            case "options": apply(values)
            default: break
            }
        }
        if let domains { search = ConfigurationText.fields(Array(domains.utf8)[...]) }
        if let options { apply(ConfigurationText.fields(Array(options.utf8)[...])) }
        if servers.isEmpty { servers = [Server(address: .v4(.loopback))] }
        searchDomains =
            search
            ?? hostName.firstIndex(of: ".").map { [String(hostName[hostName.index(after: $0)...])] } ?? []
        // The root domain means that nothing is appended.
        searchDomains.removeAll { $0 == "." || $0.isEmpty }
    }

    private static func server(_ text: String) -> Server? {
        if let address = IPAddress(text) { return Server(address: address) }
        guard let percent = text.firstIndex(of: "%"), let address = IPv6Address(text[..<percent]) else { return nil }
        return Server(address: .v6(address), zone: String(text[text.index(after: percent)...]))
    }

    private mutating func apply(_ options: [String]) {
        for option in options {
            let parts = option.split(separator: ":", maxSplits: 1)
            let number = parts.count > 1 ? Int(parts[1]) : nil
            switch parts.first {
            // The limits are those of glibc.
            case "ndots": if let number, number >= 0 { dotThreshold = min(number, 15) }
            case "timeout": if let number, number > 0 { timeout = min(number, 30) }
            case "attempts": if let number, number > 0 { attempts = min(number, 5) }
            case "rotate": rotates = true
            case "use-vc": usesTCP = true
            case "edns0": usesEDNS = true
            case "no-aaaa": omitsIPv6 = true
            default: break
            }
        }
    }

    /// Returns the names to query, in order, for a `name` that may be relative (resolv.conf(5), `search`).
    func candidates(for name: String) -> [String] {
        if name.hasSuffix(".") { return [String(name.dropLast())] }
        let searched = searchDomains.map { "\(name).\($0)" }.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        return name.filter { $0 == "." }.count >= dotThreshold ? [name] + searched : searched + [name]
    }
}
