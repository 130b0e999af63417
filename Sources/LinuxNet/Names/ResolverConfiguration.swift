import WireFormat

/// How names are looked up by DNS: the contents of resolv.conf(5), with the variables of the environment that
/// override it.
struct ResolverConfiguration: Equatable {
    /// A server's address, and the interface that a link-local one needs.
    struct Server: Equatable {
        var address: IPAddress
        var zone: String?
    }

    /// The first three that are named, as glibc takes them; the loopback address where none is.
    var servers: [Server] = []
    /// Domains that are appended to names, in the order to try them.
    var searchDomains: [String] = []
    /// A name with this many dots is tried as it is first.
    var dotThreshold = 1
    /// Seconds to wait for a server's first reply.
    var timeout = 5
    /// How often each server is asked.
    var attempts = 2
    /// Servers take turns.
    var rotates = false
    /// Queries go over TCP.
    var usesTCP = false
    /// Queries carry the extension mechanism (RFC 6891).
    var usesEDNS = false
    /// Addresses of IPv6 are not asked for.
    var omitsIPv6 = false

    private static let mostServers = 3

    /// - Parameters:
    ///   - bytes: of resolv.conf; empty where there is none.
    ///   - hostName: this host's name, whose domain is searched where nothing else is named.
    ///   - domains: LOCALDOMAIN, which takes the place of `search`.
    ///   - options: RES_OPTIONS, which come after the file's.
    init(_ bytes: [UInt8], hostName: String = "", domains: String? = nil, options: String? = nil) {
        var search: [String]?
        for line in ConfigurationText.lines(bytes) where line.first != UInt8(ascii: ";") {
            let fields = ConfigurationText.words(line)
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
        if let domains { search = ConfigurationText.words(Array(domains.utf8)[...]) }
        if let options { apply(ConfigurationText.words(Array(options.utf8)[...])) }
        if servers.isEmpty { servers = [Server(address: .v4(.loopback))] }
        searchDomains =
            search
            ?? hostName.firstIndex(of: ".").map { [String(hostName[hostName.index(after: $0)...])] } ?? []
        // The root says that nothing is appended.
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
            // The bounds are glibc's.
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

    /// The names to ask DNS for, in their order, where `name` may be relative (resolv.conf(5), `search`).
    func candidates(for name: String) -> [String] {
        if name.hasSuffix(".") { return [String(name.dropLast())] }
        let searched = searchDomains.map { "\(name).\($0)" }.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        return name.filter { $0 == "." }.count >= dotThreshold ? [name] + searched : searched + [name]
    }
}
