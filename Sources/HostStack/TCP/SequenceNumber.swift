/// A TCP sequence number, modulo 2^32 (RFC 9293, section 3.4).
///
/// A number is less than another if it precedes it by less than half the sequence space.
public struct SequenceNumber: Hashable, Sendable, Comparable {
    public var rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left - right < 0 }

    /// Returns the distance between two numbers; negative if `left` precedes `right`.
    @inlinable public static func - (left: SequenceNumber, right: SequenceNumber) -> Int {
        Int(Int32(bitPattern: left.rawValue &- right.rawValue))
    }

    @inlinable public static func + (number: SequenceNumber, count: Int) -> SequenceNumber {
        SequenceNumber(number.rawValue &+ UInt32(truncatingIfNeeded: count))
    }

    @inlinable public static func - (number: SequenceNumber, count: Int) -> SequenceNumber { number + (0 &- count) }

    @inlinable public static func += (number: inout SequenceNumber, count: Int) { number = number + count }
}

/// A half-open range of sequence numbers.
public struct SequenceRange: Hashable, Sendable {
    public var start: SequenceNumber
    public var end: SequenceNumber

    @inlinable public init(_ start: SequenceNumber, _ end: SequenceNumber) {
        self.start = start
        self.end = end
    }

    @inlinable public var count: Int { end - start }
}
