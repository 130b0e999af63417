import WireFormat

/// A query to the name servers of a resolver, for a network stack that sends its own packets.
public struct DNSQuery: Hashable, Sendable {
    public var question: DNSMessage.Question
    /// The servers in the order in which to query them.
    public var servers: [IPAddress]
    /// The time to wait for a reply of the first server; it doubles with every further query to the same server.
    public var timeout = Nanoseconds.seconds(5)
    /// The number of queries to each server.
    public var attempts = 2
    /// Whether queries use TCP only.
    public var usesTCP = false

    public init(_ question: DNSMessage.Question, servers: [IPAddress]) {
        self.question = question
        self.servers = servers
    }
}

/// The reason for which a query has no result.
public enum DNSQueryFailure: Error, Hashable, Sendable {
    /// There is no route to any of the servers; nothing was sent.
    case noRoute
    /// No server replied in time.
    case noReply
    /// The server has no port for DNS (ICMP port unreachable).
    case refused(IPAddress)
    /// The server replied with this response code (RFC 1035, section 4.1.1).
    case response(UInt8, IPAddress)
    /// The server's reply cannot be parsed.
    case malformed(IPAddress)
    /// The server's reply was truncated, and it sent no complete reply by TCP.
    case truncated(IPAddress)
}
