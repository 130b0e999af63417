/// The first message of a SOCKS 5 client: the authentication methods that it offers (RFC 1928, section 3).
public struct SOCKS5Greeting: SOCKSMessage {
    /// The number of a method without authentication.
    public static let noAuthentication: UInt8 = 0
    /// The number of the method with user name and password (RFC 1929).
    public static let password: UInt8 = 2
    /// The selection by which a server rejects all methods.
    public static let noAcceptableMethod: UInt8 = 255

    /// The numbers of the methods, at most 255.
    public let methods: [UInt8]

    /// Creates a greeting; methods after the first 255 are dropped.
    public init(methods: [UInt8]) { self.methods = Array(methods.prefix(socksTextLimit)) }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(5, "version") != nil, let methods = reader.text() else { return nil }
        self.methods = methods
    }

    /// The bytes of the message.
    public var bytes: [UInt8] { [5, UInt8(truncatingIfNeeded: methods.count)] + methods }
}

/// The method that a SOCKS 5 server selects (RFC 1928, section 3).
public struct SOCKS5Selection: SOCKSMessage {
    /// The number of the method.
    public let method: UInt8

    /// Creates a selection.
    public init(method: UInt8) { self.method = method }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(5, "version") != nil, let method = reader.byte() else { return nil }
        self.method = method
    }

    /// The bytes of the message.
    public var bytes: [UInt8] { [5, method] }
}

/// The user name and the password of a SOCKS 5 client (RFC 1929, section 2).
public struct SOCKS5Credentials: SOCKSMessage {
    /// The user name.
    public let user: [UInt8]
    /// The password.
    public let password: [UInt8]

    /// Creates credentials; returns nil if one of them has more than 255 bytes.
    public init?(user: [UInt8], password: [UInt8]) {
        guard user.count <= socksTextLimit, password.count <= socksTextLimit else { return nil }
        (self.user, self.password) = (user, password)
    }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(1, "version") != nil, let user = reader.text(), let password = reader.text() else {
            return nil
        }
        (self.user, self.password) = (user, password)
    }

    /// The bytes of the message.
    public var bytes: [UInt8] {
        [1, UInt8(truncatingIfNeeded: user.count)] + user + [UInt8(truncatingIfNeeded: password.count)] + password
    }
}

/// The reply of a SOCKS 5 server to credentials (RFC 1929, section 2).
public struct SOCKS5CredentialsReply: SOCKSMessage {
    /// The status: 0 if the credentials are accepted.
    public let status: UInt8

    /// Creates a reply.
    public init(status: UInt8) { self.status = status }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(1, "version") != nil, let status = reader.byte() else { return nil }
        self.status = status
    }

    /// The bytes of the message.
    public var bytes: [UInt8] { [1, status] }
}

/// A request of a SOCKS 5 client, or the reply of the server, which has the same format (RFC 1928, sections 4 and 6).
public struct SOCKS5Message: SOCKSMessage {
    /// The command that opens a connection.
    public static let connect: UInt8 = 1

    /// The command of a request, or the result in a reply: 0 if it succeeded.
    public let code: UInt8
    /// A reserved byte, 0.
    public let reserved: UInt8
    /// The address to connect to; in a reply the server's own address of the connection.
    public let address: SOCKSAddress
    /// The port of the address.
    public let port: UInt16

    /// Creates a message; returns nil if the address is a name of more than 255 bytes.
    public init?(code: UInt8, _ address: SOCKSAddress, port: UInt16) {
        if case .name(let name) = address, name.count > socksTextLimit { return nil }
        (self.code, reserved, self.address, self.port) = (code, 0, address, port)
    }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(5, "version") != nil, let code = reader.byte(), let reserved = reader.byte(),
            let type = reader.byte()
        else { return nil }
        let address: SOCKSAddress? =
            switch type {
            case 1: reader.address(IPv4Address.self).map { .ipv4($0) }
            case 3: reader.text().map { .name($0) }
            case 4: reader.address(IPv6Address.self).map { .ipv6($0) }
            default: throw reader.invalid("addressType", type)
            }
        guard let address, let port = reader.port() else { return nil }
        (self.code, self.reserved, self.address, self.port) = (code, reserved, address, port)
    }

    /// The bytes of the message.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = [5, code, reserved]
        switch address {
        case .ipv4(let address): bytes += [1] + IPAddress.v4(address).networkBytes
        case .ipv6(let address): bytes += [4] + IPAddress.v6(address).networkBytes
        case .name(let name): bytes += [3, UInt8(truncatingIfNeeded: name.count)] + name
        }
        bytes.appendPort(port)
        return bytes
    }

    /// The meaning of the code in a reply.
    public var meaning: String {
        switch code {
        case 0: "succeeded"
        case 1: "general SOCKS server failure"
        case 2: "connection not allowed by ruleset"
        case 3: "network unreachable"
        case 4: "host unreachable"
        case 5: "connection refused"
        case 6: "TTL expired"
        case 7: "command not supported"
        case 8: "address type not supported"
        default: "unknown reply \(code)"
        }
    }
}
