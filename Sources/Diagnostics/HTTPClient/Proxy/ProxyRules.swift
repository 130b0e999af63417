import WireFormat

/// The choice of a proxy for each URL, by the options of the user and the environment variables that curl reads.
public struct ProxyRules: Sendable {
    /// A setting that is not the URL of a proxy.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// The environment variable; nil if an option has the setting.
        public var variable: String?
        /// The setting, without user and password.
        public var text: String
        /// What is wrong with it.
        public var problem: HTTPProxy.Problem

        public var description: String { "invalid proxy '\(text)': \(problem)" }
    }

    private var proxies: [HTTPURL.Scheme: HTTPProxy] = [:]
    private var exceptions: NoProxyList
    /// Whether to connect by CONNECT for http too, instead of sending the URL to the proxy.
    public var alwaysTunnels = false

    /// Creates the choice of no proxy.
    public init() { exceptions = NoProxyList("") }

    /// - Parameters:
    ///   - proxy: the proxy of all URLs instead of those of the environment; an empty text for none.
    ///   - noProxy: the hosts without a proxy instead of those of the environment.
    ///   - user: the user and the password for a proxy whose URL has none.
    ///   - digestNonce: a random text to authenticate by Digest; nil for Basic.
    ///   - trustsAnybody: whether to accept untrusted certificates of https proxies.
    ///   - environment: the environment variables. Empty ones count as missing.
    public init(
        proxy: String?, noProxy: String?, user: (name: String, password: String)? = nil,
        digestNonce: String? = nil, trustsAnybody: Bool = false, environment: [String: String]
    ) throws(Problem) {
        func variable(_ names: String...) -> (name: String, value: String)? {
            for name in names {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        exceptions = NoProxyList(noProxy ?? variable("no_proxy", "NO_PROXY")?.value ?? "")
        for scheme in [HTTPURL.Scheme.http, .https] {
            // HTTP_PROXY is not read: a CGI program gets it from the Proxy field of its request.
            let found: (name: String?, value: String)? =
                if let proxy { (nil, proxy) } else if scheme == .http {
                    variable("http_proxy", "all_proxy", "ALL_PROXY")
                } else { variable("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") }
            guard let found, !found.value.isEmpty else { continue }
            do throws(HTTPProxy.Problem) {
                var proxy = try HTTPProxy(found.value)
                if let user, proxy.user == nil { (proxy.user, proxy.password) = (user.name, user.password) }
                (proxy.digestNonce, proxy.trustsAnybody) = (digestNonce, trustsAnybody)
                proxies[scheme] = proxy
            } catch {
                let shown = found.value.lastIndex(of: "@").map { "..." + found.value[$0...] } ?? found.value
                throw Problem(variable: found.name, text: shown, problem: error)
            }
        }
    }

    /// Returns the proxy for a URL; nil for a direct connection.
    public func proxy(for url: HTTPURL) -> HTTPProxy? {
        if case .local = url.host { return nil }
        return exceptions.contains(url.host) ? nil : proxies[url.scheme]
    }

    /// Whether the address of a proxy has a zone.
    package var hasZone: Bool {
        proxies.values.contains { if case .address(_, .some) = $0.host { true } else { false } }
    }

    /// The environment variables that `init` reads.
    public static let variables = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ]
}

/// A list of hosts without a proxy: names with their subdomains, addresses and CIDR blocks, separated by commas or
/// blanks; `*` alone is every host.
struct NoProxyList: Sendable {
    private enum Entry: Hashable {
        case domain(String)
        case network(IPNetwork)
    }

    private let entries: [Entry]
    private let containsAll: Bool

    init(_ text: String) {
        containsAll = text == "*"
        entries = text.split { $0 == "," || $0 == " " || $0 == "\t" }.compactMap { token in
            let name = token.hasPrefix("[") && token.hasSuffix("]") ? token.dropFirst().dropLast() : token
            if let address = IPAddress(name) {
                return IPNetwork(address, prefixLength: address.networkBytes.count * 8).map { .network($0) }
            }
            if let network = Self.network(name) { return .network(network) }
            let domain = Self.withoutTrailingDot(token.hasPrefix(".") ? token.dropFirst() : token)
            return domain.isEmpty ? nil : .domain(domain)
        }
    }

    /// Returns a block as curl reads it: a length that is missing, 0 or no number means the address alone.
    private static func network(_ text: Substring) -> IPNetwork? {
        guard let slash = text.firstIndex(of: "/"), let address = IPAddress(text[..<slash]) else { return nil }
        let digits = text[slash...].dropFirst().prefix { $0.isASCII && $0.isWholeNumber }
        let size = address.networkBytes.count * 8
        guard digits.isEmpty || Int(digits) != nil else { return nil }
        let length = Int(digits) ?? 0
        guard length <= size else { return nil }
        return IPNetwork(address, prefixLength: length == 0 ? size : length)
    }

    private static func withoutTrailingDot(_ name: Substring) -> String {
        (name.hasSuffix(".") ? name.dropLast() : name).lowercased()
    }

    func contains(_ host: HTTPURL.Host) -> Bool {
        if containsAll { return true }
        switch host {
        case .local: return true
        case .address(let address, _):
            return entries.contains { if case .network(let network) = $0 { network.contains(address) } else { false } }
        case .name(let name):
            let name = Self.withoutTrailingDot(name[...])
            return entries.contains {
                if case .domain(let domain) = $0 { name == domain || name.hasSuffix("." + domain) } else { false }
            }
        }
    }
}
