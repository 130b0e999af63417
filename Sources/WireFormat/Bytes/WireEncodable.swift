/// A value that knows its own bytes.
///
/// Parsing what `write` wrote gives the same value; writing what was parsed
/// gives the same bytes.
public protocol WireEncodable {
    /// Bytes that `write` fills.
    var byteCount: Int { get }

    /// Writes the value at `offset` into `bytes`, which must have room for
    /// `byteCount` bytes there; other bytes stay as they are.
    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError)
}

extension WireEncodable {
    /// The value as an array of its own. Allocates: for tests and rare packets.
    public func encoded() -> [UInt8] {
        var storage = [UInt8](repeating: 0, count: byteCount)
        // The array was made to measure; options that no header can hold leave it zero.
        storage.withMutableBytes { bytes in
            try? write(into: &bytes, at: 0)
        }
        return storage
    }

    /// Throws unless `bytes` has room for the value at `offset`.
    @inlinable
    func requireCapacity(_ bytes: borrowing MutableRawSpan, at offset: Int) throws(CapacityError) {
        let needed = offset &+ byteCount
        guard offset >= 0, needed <= bytes.byteCount else {
            throw CapacityError(needed: needed, available: bytes.byteCount)
        }
    }
}

extension MutableRawSpan {
    /// Copies `source` to `offset`; what does not fit is an error of the caller.
    @_lifetime(self: copy self)
    public mutating func copy(_ source: [UInt8], at offset: Int) {
        copy(source.rawBytes, at: offset)
    }

    /// Copies `source` to `offset`; what does not fit is an error of the caller.
    ///
    /// The pieces are mostly a few bytes: the last eight, or four, are copied
    /// once more over what is there already, instead of one by one.
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
