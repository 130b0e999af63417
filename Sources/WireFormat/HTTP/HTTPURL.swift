/// An HTTP URL (RFC 3986, RFC 9110, section 4.2), as written: in its path, only
/// bytes that are not allowed in a request line are changed.
public struct HTTPURL: Hashable, Sendable {
    /// `http` or `https`.
    public enum Scheme: String, Sendable {
        case http
        case https

        /// The default port of the scheme.
        public var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    /// The host of the server.
    public enum Host: Hashable, Sendable {
        /// A host name in ASCII (A-labels), in lowercase.
        case name(String)
        /// An address, with the zone of a link-local one (an interface name or index; RFC 6874).
        case address(IPAddress, zone: String?)
        /// The path of a Unix socket.
        case local(path: String)
    }

    /// Whether the host is an address with a zone.
    public var hasZone: Bool {
        if case .address(_, .some) = host { true } else { false }
    }

    /// The reason for which a text is not a valid URL.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case empty
        case unknownScheme(String)
        case missingHost
        case invalidHost(String)
        case invalidPort(String)
        case invalidPercentEncoding(String)

        public var description: String {
            switch self {
            case .empty: "empty"
            case .unknownScheme(let text): "unsupported scheme \(text) (expected http or https)"
            case .missingHost: "the host is missing"
            case .invalidHost(let text): "invalid host '\(text)'"
            case .invalidPort(let text): "invalid port '\(text)'"
            case .invalidPercentEncoding(let text): "invalid percent-encoding: \(text)"
            }
        }
    }

    /// The scheme.
    public var scheme: Scheme
    /// The host.
    public var host: Host
    /// The port in the URL; nil if none is given.
    public var explicitPort: UInt16?
    /// The user name, decoded; nil if there is none.
    public var user: String?
    /// The password, decoded; nil if there is none.
    public var password: String?
    /// The path and query in the form of the request line; never empty.
    public var target: String

    /// The port in the URL, or the default port of the scheme.
    public var port: UInt16 { explicitPort ?? scheme.defaultPort }

    /// Parses a URL; `http://` may be omitted.
    public init(_ text: String) throws(Problem) {
        var rest = Self.withoutBlanks(text)
        guard !rest.isEmpty else { throw .empty }
        var isLocal = false
        if let colon = Self.schemeEnd(rest) {
            let word = String(rest[..<colon]).lowercased()
            isLocal = word.hasSuffix("+unix")
            guard let scheme = Scheme(rawValue: isLocal ? String(word.dropLast(5)) : word) else {
                throw .unknownScheme(word)
            }
            self.scheme = scheme
            rest = rest[rest.utf8.index(colon, offsetBy: 3)...]
        } else {
            scheme = .http
        }
        let end =
            rest.utf8.firstIndex {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
            } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decoded(parts[0])
            if parts.count > 1 { password = try Self.decoded(parts[1]) }
            authority = authority[authority.utf8.index(after: at)...]
        }
        guard !authority.isEmpty else { throw .missingHost }
        if isLocal {
            host = .local(path: try Self.decoded(authority))
        } else {
            (host, explicitPort) = try Self.hostAndPort(authority)
        }
        target = Self.target(rest[end...])
    }

    /// Whether the text of a URL has a scheme.
    public static func hasScheme(_ text: String) -> Bool { schemeEnd(withoutBlanks(text)) != nil }

    /// Returns the index of `://`.
    private static func schemeEnd(_ text: Substring) -> Substring.Index? {
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return bytes[colon...].starts(with: "://".utf8) ? colon : nil
    }

    private static func withoutBlanks(_ text: String) -> Substring {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (9...13).contains($0) }
        guard let last = text.utf8.lastIndex(where: { !isBlank($0) }),
            let first = text.utf8.firstIndex(where: { !isBlank($0) })
        else { return "" }
        return text[first...last]
    }

    private static func hostAndPort(_ text: Substring) throws(Problem) -> (Host, UInt16?) {
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else { throw .invalidHost(String(text)) }
            let inside = text[text.index(after: text.startIndex)..<close]
            // The percent sign of a zone may be written as %25 or unencoded.
            let parts = inside.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPv6Address(parts[0]) else { throw .invalidHost(String(text)) }
            let zone = parts.count > 1 ? parts[1].hasPrefix("25") ? parts[1].dropFirst(2) : parts[1] : nil
            let after = text[text.index(after: close)...]
            guard after.isEmpty || after.first == ":" else { throw .invalidHost(String(text)) }
            return (
                .address(.v6(address), zone: zone.map(String.init)), try port(after.isEmpty ? nil : after.dropFirst())
            )
        }
        // An IPv6 address without brackets is accepted because users type it.
        if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1,
            let address = IPv6Address(text)
        {
            return (.address(.v6(address), zone: nil), nil)
        }
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let number = try port(colon.map { text[text.utf8.index(after: $0)...] })
        let name = try decoded(text[..<(colon ?? text.endIndex)])
        guard !name.isEmpty else { throw .missingHost }
        if let address = IPv4Address(inetAton: name) { return (.address(.v4(address), zone: nil), number) }
        guard !IPv4Address.isNumeric(name) else { throw .invalidHost(name) }
        // What replaced bytes that are not UTF-8 is in no name (RFC 5892, appendix B.1: U+FFFD is disallowed).
        guard !name.unicodeScalars.contains("\u{FFFD}") else { throw .invalidHost(name) }
        guard let domain = Punycode.domain(name)?.lowercased(),
            domain.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#"/?#@[]<>"\^`{|}%"#.utf8.contains($0) }),
            domain.utf8.count <= 254
        else { throw .invalidHost(name) }
        return (.name(domain), number)
    }

    private static func port(_ text: Substring?) throws(Problem) -> UInt16? {
        // A colon without a number is the same as none (RFC 3986, section 3.2.3).
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.allSatisfy({ $0.decimalDigit != nil }), let number = UInt16(text), number > 0 else {
            throw .invalidPort(String(text))
        }
        return number
    }

    /// Adds data to the query, after `&` if there is a query already. Bytes not allowed in a query are percent-encoded,
    /// including `#`: data has no fragment.
    public mutating func add(query data: some Sequence<UInt8>) {
        target += (target.contains("?") ? "&" : "?") + Self.encoded(data)
    }

    /// Returns path and query without the fragment; bytes not allowed in a request line are percent-encoded.
    private static func target(_ text: Substring) -> String {
        let part = text.utf8.prefix { $0 != UInt8(ascii: "#") }
        if part.first == UInt8(ascii: "/"), part.allSatisfy(isAllowed) { return String(decoding: part, as: UTF8.self) }
        return (part.first == UInt8(ascii: "/") ? "" : "/") + encoded(part)
    }

    /// Whether a path or a query may have a byte (RFC 3986, sections 3.3 and 3.4), or servers accept it there.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: byte > 0x20 && byte < 0x7F
        }
    }

    /// Percent-encodes the bytes that neither a path nor a query may have (RFC 3986, sections 2.1 and 3.4).
    private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if isAllowed(byte) {
                text.append(byte)
            } else {
                text += "%\(hexadecimal(byte).uppercased())".utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes percent-encoded bytes (RFC 3986, section 2.1).
    static func decoded(_ text: Substring) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexadecimalDigit, let low = rest.popFirst()?.hexadecimalDigit else {
                throw .invalidPercentEncoding(String(text))
            }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of the Host field (RFC 9112, section 3.2): includes the port if it is not the default port.
    public var authority: String {
        guard port != scheme.defaultPort else { return hostText }
        return "\(hostText):\(port)"
    }

    /// Host and port, as in the target of CONNECT (RFC 9112, section 3.2.3).
    public var hostAndPort: String { "\(hostText):\(port)" }

    /// The host as in a URL: an IPv6 address in brackets, without its zone.
    public var hostText: String {
        switch host {
        case .name(let name): name
        case .address(.v4(let address), _): "\(address)"
        case .address(.v6(let address), _): "[\(address)]"
        case .local: "localhost"
        }
    }

    /// Resolves a reference relative to this URL, such as Location (RFC 3986, section 5.2).
    public func resolving(_ reference: String) throws(Problem) -> HTTPURL {
        let text = String(Self.withoutBlanks(reference).prefix { $0 != "#" })
        let beforePath = text.prefix { !"/?".contains($0) }
        if let colon = beforePath.firstIndex(of: ":") {
            let word = beforePath[..<colon]
            let isScheme = word.first?.isLetter == true && word.utf8.allSatisfy { $0.isSchemeByte }
            if isScheme {
                guard text[colon...].hasPrefix("://") else { throw .unknownScheme(String(word)) }
                return try HTTPURL(text)
            }
        }
        if text.hasPrefix("//") { return try HTTPURL("\(scheme.rawValue):\(text)") }
        var result = self
        let (path, query) = Self.split(target)
        let (newPath, newQuery) = Self.split(text)
        if text.isEmpty { return result }
        if newPath.isEmpty {
            result.target = path + (newQuery ?? query ?? "")
            return result
        }
        let merged =
            newPath.hasPrefix("/") ? newPath : path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/" + newPath
        result.target = Self.target(Substring(Self.withoutDots(merged) + (newQuery ?? "")))
        return result
    }

    private static func split(_ target: String) -> (path: String, query: String?) {
        guard let mark = target.firstIndex(of: "?") else { return (target, nil) }
        return (String(target[..<mark]), String(target[mark...]))
    }

    /// Removes the `.` and `..` segments of a path (RFC 3986, section 5.2.4).
    static func withoutDots(_ path: String) -> String {
        var output: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { output.append("") }
            case "..":
                _ = output.popLast()
                if isLast { output.append("") }
            default: output.append(segment)
            }
        }
        return "/" + output.joined(separator: "/")
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The URL without user and password.
    public var description: String {
        let authority: String
        if case .local(let path) = host {
            let encoded = path.utf8.map { byte in
                byte == UInt8(ascii: "/") || byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "%")
                    ? "%" + hexadecimal(byte).uppercased()
                    : String(decoding: [byte], as: UTF8.self)
            }
            return "\(scheme.rawValue)+unix://\(encoded.joined())\(target)"
        }
        if case .address(let address, let zone?) = host {
            authority = "[\(address)%25\(zone)]" + (explicitPort.map { ":\($0)" } ?? "")
        } else {
            authority = hostText + (explicitPort.map { ":\($0)" } ?? "")
        }
        return "\(scheme.rawValue)://\(authority)\(target)"
    }
}

extension UInt8 {
    /// Whether the byte is allowed in a scheme (RFC 3986, section 3.1).
    fileprivate var isSchemeByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
