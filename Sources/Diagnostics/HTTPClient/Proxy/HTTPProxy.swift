import WireFormat

/// A proxy server, as in a URL such as `socks5h://user:password@192.0.2.1:1080`.
public struct HTTPProxy: Hashable, Sendable {
    /// The protocol of a proxy.
    public enum Kind: String, Sendable, CaseIterable {
        /// HTTP: an absolute URL in the request line for http, CONNECT for https.
        case http
        /// HTTP over TLS.
        case https
        /// SOCKS 4: the client looks up the name; IPv4 only.
        case socks4
        /// SOCKS 4a: the proxy looks up the name.
        case socks4a
        /// SOCKS 5: the client looks up the name.
        case socks5
        /// SOCKS 5: the proxy looks up the name.
        case socks5h

        /// The default port: 443 for https, 1080 for the others, as in curl.
        public var defaultPort: UInt16 { self == .https ? 443 : 1_080 }
        /// Whether the proxy speaks HTTP.
        public var isHTTP: Bool { self == .http || self == .https }
        /// Whether the client looks up the name of the origin, instead of the proxy.
        public var needsAddress: Bool { self == .socks4 || self == .socks5 }
    }

    /// The reason for which a text is not the URL of a proxy.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case unknownScheme(String)
        case url(HTTPURL.Problem)

        public var description: String {
            switch self {
            case .unknownScheme(let text):
                "unsupported scheme \(text) (expected \(Kind.allCases.map(\.rawValue).joined(separator: ", ")))"
            case .url(let problem): "\(problem)"
            }
        }
    }

    /// The protocol.
    public var kind: Kind
    /// The host of the proxy: a name or an address.
    public var host: HTTPURL.Host
    /// The port.
    public var port: UInt16
    /// The user name, decoded; nil if there is none.
    public var user: String?
    /// The password, decoded; nil if there is none.
    public var password: String?
    /// A random text for Digest (RFC 7616): the client authenticates after a challenge; nil for Basic, which is sent at
    /// once.
    public var digestNonce: String?
    /// Whether to accept an untrusted certificate of an https proxy.
    public var trustsAnybody = false

    /// Parses a URL; without a scheme, `http` is meant. A path is ignored.
    public init(_ text: String) throws(Problem) {
        var rest = text.drop { $0 == " " }
        kind = .http
        if let colon = rest.firstIndex(of: ":"), rest[colon...].hasPrefix("://") {
            let scheme = rest[..<colon].lowercased()
            // "socks" is version 4 to curl.
            guard let kind = Kind(rawValue: scheme == "socks" ? "socks4" : scheme) else {
                throw .unknownScheme(scheme)
            }
            self.kind = kind
            rest = rest[colon...].dropFirst(3)
        }
        do throws(HTTPURL.Problem) {
            let url = try HTTPURL("http://\(rest)")
            (host, user, password) = (url.host, url.user, url.password)
            port = url.explicitPort ?? kind.defaultPort
        } catch {
            throw .url(error)
        }
    }

    /// The name that the certificate of the proxy must match; nil without TLS.
    var secureName: String? {
        guard kind == .https else { return nil }
        return switch host {
        case .name(let name): name
        case .address(let address, _): "\(address)"
        case .local: nil
        }
    }

    /// Whether the name is the text of an address.
    var isAddress: Bool { if case .address = host { true } else { false } }

    /// The value of a Basic credentials field (RFC 7617); nil without a user.
    var basicCredentials: String? {
        user.map { BasicCredentials.value($0, password) }
    }
}

extension HTTPProxy: CustomStringConvertible {
    /// The URL without user and password.
    public var description: String {
        let text =
            switch host {
            case .name(let name): name
            case .address(.v4(let address), _): "\(address)"
            case .address(.v6(let address), let zone): "[\(address)\(zone.map { "%25\($0)" } ?? "")]"
            case .local(let path): path
            }
        return "\(kind.rawValue)://\(text):\(port)"
    }
}
