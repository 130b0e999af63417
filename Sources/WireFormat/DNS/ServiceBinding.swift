/// The data of an HTTPS or SVCB record: an alternative endpoint of a service and its parameters, or an alias (RFC 9460,
/// section 2).
public struct ServiceBinding: Hashable, Sendable {
    /// 0 for an alias (AliasMode); otherwise a parameterized endpoint (ServiceMode), of which lower values come first.
    public var priority: UInt16
    /// The alias target, or the host of the endpoint. The root is the owner of the record, and as an alias target "no
    /// such service" (section 2.5).
    public var target: DNSName
    /// The parameters in ascending order of their keys. Those of an alias have no meaning (section 2.4.2), and are all
    /// `other`.
    public var parameters: [Parameter]

    /// Creates the data of a record.
    public init(priority: UInt16, target: DNSName, parameters: [Parameter] = []) {
        self.priority = priority
        self.target = target
        self.parameters = parameters
    }

    /// Whether the record is in AliasMode.
    public var isAlias: Bool { priority == 0 }

    /// A service parameter (section 7).
    public enum Parameter: Hashable, Sendable {
        /// The keys that a client must support to use the record, in ascending order (section 8).
        case mandatory([Key])
        /// The ALPN identifiers of the endpoint's protocols, beside the default (section 7.1).
        case applicationProtocols([[UInt8]])
        /// The default protocol, HTTP/1.1 for HTTPS records, is not available (section 7.1).
        case noDefaultApplicationProtocol
        /// The TCP or UDP port of the endpoint (section 7.2).
        case port(UInt16)
        /// IPv4 addresses of the target (section 7.3).
        case ipv4Hints([IPv4Address])
        /// The ECHConfigList for Encrypted Client Hello, as received (RFC 9848).
        case encryptedClientHello([UInt8])
        /// IPv6 addresses of the target (section 7.3).
        case ipv6Hints([IPv6Address])
        /// A parameter with another key, or of an alias.
        case other(Key, [UInt8])

        /// The key of the parameter.
        public var key: Key {
            switch self {
            case .mandatory: .mandatory
            case .applicationProtocols: .applicationProtocols
            case .noDefaultApplicationProtocol: .noDefaultApplicationProtocol
            case .port: .port
            case .ipv4Hints: .ipv4Hints
            case .encryptedClientHello: .encryptedClientHello
            case .ipv6Hints: .ipv6Hints
            case .other(let key, _): key
            }
        }
    }

    /// The key of a service parameter (IANA "Service Parameter Keys (SvcParamKeys)").
    public struct Key: Hashable, Sendable, Comparable {
        /// The number of the key.
        public var rawValue: UInt16

        /// Creates a key.
        public init(_ rawValue: UInt16) { self.rawValue = rawValue }

        /// `mandatory`, the keys that a client must support.
        public static let mandatory = Key(0)
        /// `alpn`, the protocols of the endpoint.
        public static let applicationProtocols = Key(1)
        /// `no-default-alpn`, without the default protocol.
        public static let noDefaultApplicationProtocol = Key(2)
        /// `port`, the port of the endpoint.
        public static let port = Key(3)
        /// `ipv4hint`, IPv4 addresses of the target.
        public static let ipv4Hints = Key(4)
        /// `ech`, the configuration of Encrypted Client Hello.
        public static let encryptedClientHello = Key(5)
        /// `ipv6hint`, IPv6 addresses of the target.
        public static let ipv6Hints = Key(6)

        /// Whether the meaning of the key is known, so that a record that requires it is usable.
        public var isKnown: Bool { rawValue <= Self.ipv6Hints.rawValue }

        public static func < (left: Key, right: Key) -> Bool { left.rawValue < right.rawValue }
    }
}

// MARK: Properties

extension ServiceBinding {
    /// The ALPN identifiers of the parameter `alpn`; empty without it.
    public var applicationProtocols: [[UInt8]] {
        for case .applicationProtocols(let list) in parameters { return list }
        return []
    }

    /// Whether the default protocol is available.
    public var hasDefaultApplicationProtocol: Bool { !parameters.contains(.noDefaultApplicationProtocol) }

    /// The port of the endpoint; nil for that of the service.
    public var port: UInt16? {
        for case .port(let port) in parameters { return port }
        return nil
    }

    /// The ECHConfigList; nil if there is none.
    public var encryptedClientHello: [UInt8]? {
        for case .encryptedClientHello(let list) in parameters { return list }
        return nil
    }

    /// The keys that a client must support to use the record, apart from those that are always mandatory.
    public var mandatoryKeys: [Key] {
        for case .mandatory(let keys) in parameters { return keys }
        return []
    }

    /// The reason for which clients must not use a record in ServiceMode.
    public enum Obstacle: Hashable, Sendable {
        /// A mandatory key has no parameter: the record is not self-consistent (section 8).
        case missing(Key)
        /// `no-default-alpn` without `alpn`: the record is not self-consistent (section 7.1.1).
        case noApplicationProtocol
        /// The meaning of a mandatory key is unknown (section 8).
        case unknown(Key)
    }

    /// The first reason for which clients must not use the record; nil for one that is usable, and for an alias.
    public var obstacle: Obstacle? {
        guard !isAlias else { return nil }
        for key in mandatoryKeys where !parameters.contains(where: { $0.key == key }) { return .missing(key) }
        if !hasDefaultApplicationProtocol, applicationProtocols.isEmpty { return .noApplicationProtocol }
        return mandatoryKeys.first { !$0.isKnown }.map(Obstacle.unknown)
    }

    /// Whether the endpoint offers HTTP/3 (ALPN `h3`, RFC 9114, section 3.1), and the record is usable.
    public var offersHTTP3: Bool {
        !isAlias && obstacle == nil && applicationProtocols.contains(Array("h3".utf8))
    }
}

extension DNSMessage.Record {
    /// Parses the data of an HTTPS or SVCB record.
    /// - Returns: nil for the data of another type or class.
    /// - Throws: an error if the data is malformed; clients then ignore all records of the name (RFC 9460, section 2.2).
    public func serviceBinding() throws(ParseError) -> ServiceBinding? {
        guard recordClass == DNSMessage.internetClass,
            type == DNSMessage.RecordType.https || type == DNSMessage.RecordType.serviceBinding,
            case .other(let bytes) = data
        else { return nil }
        return try ServiceBinding(bytes.rawBytes)
    }
}
