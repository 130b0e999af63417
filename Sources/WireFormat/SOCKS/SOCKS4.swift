/// A request of SOCKS 4 to open a connection, and of its extension 4a, in which the server looks up the name (Ying-Da
/// Lee, "SOCKS: A protocol for TCP proxy across firewalls" and "SOCKS 4A").
public struct SOCKS4Request: SOCKSMessage {
    /// The command: 1 to connect, 2 to accept a connection.
    public let command: UInt8
    /// The address: IPv4 or, in 4a, a name.
    public let address: SOCKSAddress
    /// The port.
    public let port: UInt16
    /// The user ID, which the server may compare with that of an ident server.
    public let user: [UInt8]
    /// The address field: 0.0.0.x if a name follows.
    private let addressField: IPv4Address

    /// Creates a request to connect.
    /// Returns nil if the address is an IPv6 address, or the user ID or the name has a zero or more than 255 bytes.
    public init?(_ address: SOCKSAddress, port: UInt16, user: [UInt8] = []) {
        var texts = [user]
        switch address {
        case .ipv4(let address): addressField = address
        case .ipv6: return nil
        case .name(let name):
            addressField = IPv4Address(0, 0, 0, 1)
            texts.append(name)
        }
        guard texts.allSatisfy({ $0.count <= socksTextLimit && !$0.contains(0) }) else { return nil }
        command = 1
        self.address = address
        self.port = port
        self.user = user
    }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(4, "version") != nil, let command = reader.byte(), let port = reader.port(),
            let field = reader.address(IPv4Address.self), let user = try reader.terminatedText("userID")
        else { return nil }
        if field.rawValue >> 8 == 0, field.rawValue != 0 {
            guard let name = try reader.terminatedText("domainName") else { return nil }
            address = .name(name)
        } else {
            address = .ipv4(field)
        }
        (self.command, self.port, self.user, addressField) = (command, port, user, field)
    }

    /// The bytes of the message.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = [4, command]
        bytes.appendPort(port)
        bytes += IPAddress.v4(addressField).networkBytes + user + [0]
        if case .name(let name) = address { bytes += name + [0] }
        return bytes
    }
}

/// The reply of a SOCKS 4 server, 8 bytes.
public struct SOCKS4Reply: SOCKSMessage {
    /// The result: 90 if the request is granted.
    public let code: UInt8
    /// The port, which only matters after the command 2.
    public let port: UInt16
    /// The address, which only matters after the command 2.
    public let address: IPv4Address

    /// Creates a reply.
    public init(code: UInt8, address: IPv4Address = .unspecified, port: UInt16 = 0) {
        (self.code, self.address, self.port) = (code, address, port)
    }

    /// Parses the message at the start of `bytes`; returns nil while bytes are missing.
    public init?(_ bytes: RawSpan) throws(ParseError) {
        var reader = SOCKSReader(bytes)
        guard try reader.require(0, "version") != nil, let code = reader.byte(), let port = reader.port(),
            let address = reader.address(IPv4Address.self)
        else { return nil }
        self.init(code: code, address: address, port: port)
    }

    /// The bytes of the message.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = [0, code]
        bytes.appendPort(port)
        return bytes + IPAddress.v4(address).networkBytes
    }

    /// Whether the connection is open.
    public var isGranted: Bool { code == 90 }

    /// The meaning of the result.
    public var meaning: String {
        switch code {
        case 90: "request granted"
        case 91: "request rejected or failed"
        case 92: "request rejected: the server cannot connect to identd on the client"
        case 93: "request rejected: identd reports a different user ID"
        default: "unknown reply \(code)"
        }
    }
}
