/// A value that can be encoded as bytes.
///
/// Parsing the output of `write` gives the same value; writing a parsed value
/// gives the same bytes.
public protocol WireEncodable {
    /// The number of bytes that `write` writes.
    var byteCount: Int { get }

    /// Writes the value at `offset` into `bytes`, which must have room for
    /// `byteCount` bytes there; other bytes are not changed.
    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError)
}

extension WireEncodable {
    /// Returns the value as a new array. For tests and rare packets, because it allocates.
    public func encoded() -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: byteCount)
        // The size always fits; options that are too long for a header leave the array zero.
        storage.withMutableBytes { bytes in
            try? write(into: &bytes, at: 0)
        }
        return storage
    }

    /// Throws if `bytes` has no room for the value at `offset`.
    @inlinable
    func requireCapacity(_ bytes: borrowing MutableRawSpan, at offset: Int) throws(CapacityError) {
        let needed = offset &+ byteCount
        guard offset >= 0, needed <= bytes.byteCount else {
            throw CapacityError(needed: needed, available: bytes.byteCount)
        }
    }
}

extension MutableRawSpan {
    /// Copies `source` to `offset`; the caller must ensure that it fits.
    @_lifetime(self: copy self)
    public mutating func copy(_ source: [UInt8], at offset: Int) {
        copy(source.rawBytes, at: offset)
    }

    /// Copies `source` to `offset`; the caller must ensure that it fits.
    ///
    /// The pieces are usually short: the last 8 or 4 bytes are copied as one word
    /// that overlaps the bytes copied before, instead of one by one.
    @_lifetime(self: copy self)
    public mutating func copy(_ source: RawSpan, at offset: Int) {
        let count = source.byteCount
        if count >= 8 {
            var index = 0
            while index &+ 8 <= count {
                setBigEndian64(source.bigEndian64(at: index), at: offset &+ index)
                index &+= 8
            }
            if index < count { setBigEndian64(source.bigEndian64(at: count &- 8), at: offset &+ count &- 8) }
        } else if count >= 4 {
            setBigEndian32(source.bigEndian32(at: 0), at: offset)
            setBigEndian32(source.bigEndian32(at: count &- 4), at: offset &+ count &- 4)
        } else {
            var index = 0
            while index < count {
                setByte(source.byte(at: index), at: offset &+ index)
                index &+= 1
            }
        }
    }
}
