import WireFormat

/// An address and a port.
public struct TCPEndpoint: Hashable, Sendable, CustomStringConvertible {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    public var description: String {
        switch address {
        case .v4(let address): "\(address):\(port)"
        case .v6(let address): "[\(address)]:\(port)"
        }
    }
}

/// The local and remote endpoint, which identify a connection (RFC 9293, section 3.3.1).
public struct TCPPair: Hashable, Sendable {
    public var local: TCPEndpoint
    public var remote: TCPEndpoint

    public init(local: TCPEndpoint, remote: TCPEndpoint) {
        self.local = local
        self.remote = remote
    }
}

/// A connection identifier, reused after the connection has ended.
public struct TCPIdentifier: Hashable, Sendable {
    let index: Int
    let generation: UInt32
}
