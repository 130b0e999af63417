// The only file of this module that reads and writes integers in memory. The
// standard library calls these loads and stores unsafe because a type could
// have invalid bit patterns; fixed-width integers have none, and the span
// checks the bounds.

extension RawSpan {
    /// The byte at `offset`.
    @inlinable @inline(__always)
    public func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    /// The 16-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    public func bigEndian16(at offset: Int) -> UInt16 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
    }

    /// The 32-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    public func bigEndian32(at offset: Int) -> UInt32 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
    }

    /// The 64-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    public func bigEndian64(at offset: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
    }

    /// The bytes from `offset` on; empty if `offset` is beyond the end.
    @inlinable
    @_lifetime(copy self)
    public func dropping(_ offset: Int) -> RawSpan {
        extracting(droppingFirst: Swift.min(Swift.max(offset, 0), byteCount))
    }

    /// At most `count` bytes from the start.
    @inlinable
    @_lifetime(copy self)
    public func prefix(_ count: Int) -> RawSpan {
        extracting(first: Swift.min(Swift.max(count, 0), byteCount))
    }

    /// Returns the first offset from `start` to `end` at which the two differ, or
    /// nil if there is none. Both must contain `end` bytes.
    public func firstDifference(from other: RawSpan, start: Int, end: Int) -> Int? {
        var offset = start
        while offset &+ 8 <= end, bigEndian64(at: offset) == other.bigEndian64(at: offset) { offset &+= 8 }
        while offset < end {
            if byte(at: offset) != other.byte(at: offset) { return offset }
            offset &+= 1
        }
        return nil
    }

    /// A copy of the bytes.
    public func copied() -> [UInt8] {
        [UInt8](capacity: byteCount) { output in
            for offset in 0..<byteCount { output.append(byte(at: offset)) }
        }
    }
}

extension MutableRawSpan {
    /// Writes a byte at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func setByte(_ value: UInt8, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Writes a 16-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func setBigEndian16(_ value: UInt16, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Writes a 32-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func setBigEndian32(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Writes a 64-bit integer in network byte order at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func setBigEndian64(_ value: UInt64, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
}

extension [UInt8] {
    /// The array's bytes, borrowed.
    @inlinable
    public var rawBytes: RawSpan {
        @_lifetime(borrow self) get { unsafe span.bytes }
    }

    /// Lends the array's bytes for writing.
    @inlinable
    public mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var elements = mutableSpan
        var bytes = unsafe elements.mutableBytes
        return try body(&bytes)
    }
}
