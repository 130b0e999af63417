/// Reads the options of an IPv4 or TCP header one by one, without an array.
public struct OptionReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline var offset = 0

    /// Creates a reader of the option bytes after a fixed header.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Returns the kind of the next option and the range of its data, or nil
    /// at the end or if a length is invalid. An end-of-list option is
    /// returned once.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func next() -> (kind: UInt8, data: Range<Int>)? {
        guard offset < bytes.byteCount else { return nil }
        let begin = offset
        let kind = bytes.byte(at: begin)
        if kind <= 1 {
            offset = kind == 0 ? bytes.byteCount : begin &+ 1
            return (kind, begin &+ 1..<begin &+ 1)
        }
        guard begin &+ 2 <= bytes.byteCount else { return nil }
        let length = Int(bytes.byte(at: begin &+ 1))
        guard length >= 2, begin &+ length <= bytes.byteCount else { return nil }
        offset = begin &+ length
        return (kind, begin &+ 2..<offset)
    }

    /// Whether bytes remain that are not a valid option.
    public var isMalformed: Bool { offset < bytes.byteCount }
}
