/// Events of a connection.
public struct TCPEvents: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let established = TCPEvents(rawValue: 1)
    /// Received data can be read.
    public static let readable = TCPEvents(rawValue: 2)
    /// The send buffer has room again.
    public static let writable = TCPEvents(rawValue: 4)
    /// The peer has closed its sending direction.
    public static let ended = TCPEvents(rawValue: 8)
    /// The connection has ended.
    public static let closed = TCPEvents(rawValue: 16)
}
