/// What has happened to a connection that its user wants to know.
public struct TCPNotices: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let established = TCPNotices(rawValue: 1)
    /// There are bytes to be read.
    public static let readable = TCPNotices(rawValue: 2)
    /// There is room for bytes to be sent, after there was none.
    public static let writable = TCPNotices(rawValue: 4)
    /// The other side sends no more.
    public static let ended = TCPNotices(rawValue: 8)
    /// It is over.
    public static let closed = TCPNotices(rawValue: 16)
}
