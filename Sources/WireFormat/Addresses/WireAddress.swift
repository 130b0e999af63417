/// An IPv4 or IPv6 address as bytes, for messages that have the same format for both.
public protocol WireAddress: Hashable, Sendable, CustomStringConvertible {
    /// The length of an address: 4 or 16 bytes.
    static var byteCount: Int { get }
    /// Reads the address at `offset`; its bytes must exist.
    init(_ bytes: RawSpan, at offset: Int)
    /// Writes the address at `offset`; there must be room for it.
    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int)
}

extension IPv4Address: WireAddress {
    public static var byteCount: Int { 4 }
    /// Reads the address at `offset`; its bytes must exist.
    public init(_ bytes: RawSpan, at offset: Int) { self = bytes.ipv4Address(at: offset) }
    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) { bytes.setIPv4Address(self, at: offset) }
}

extension IPv6Address: WireAddress {
    public static var byteCount: Int { 16 }
    /// Reads the address at `offset`; its bytes must exist.
    public init(_ bytes: RawSpan, at offset: Int) { self = bytes.ipv6Address(at: offset) }
    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) { bytes.setIPv6Address(self, at: offset) }
}
