import WireFormat

/// Deliberate fragmentation of probes, regardless of the path MTU.
public struct PingFragmentPlan: Sendable, Hashable {
    /// The order in which fragments leave, and whether they overlap.
    public enum Order: String, Sendable, CaseIterable {
        case inOrder = "in-order"
        case reversed
        /// Each fragment also contains the last 8 bytes of the one before it, with their halves swapped, so that the
        /// reply shows which copy was used. A conforming IPv6 host drops overlapping fragments (RFC 5722).
        case overlapping
    }

    /// Bytes of the message per fragment: a multiple of 8 in `sizes`.
    public let size: Int
    public let order: Order

    /// The overlap, in bytes.
    static let overlap = 8
    /// The minimum size of overlapping fragments: the ICMP header and the cookie do not overlap.
    public static let leastOverlappingSize = 24
    /// The sizes of fragments: offsets are counted in units of 8 bytes, in 13 bits (RFC 791, section 3.1).
    public static let sizes = 8...8 * 8_191

    /// The size of the fragments is invalid.
    public struct InvalidSize: Error, Hashable, CustomStringConvertible {
        /// The size in bytes.
        public var size: Int
        /// The valid sizes: `a multiple of 8, 24 or more`.
        public var expected: String

        public var description: String { "invalid fragment size \(size) (expected \(expected))" }
    }

    /// - Parameter size: at least `leastOverlappingSize` if the fragments overlap.
    /// - Throws: if the size is no multiple of 8, or out of range.
    public init(size: Int, order: Order = .inOrder) throws(InvalidSize) {
        let least = order == .overlapping ? Self.leastOverlappingSize : Self.sizes.lowerBound
        guard size % 8 == 0, size >= least, size <= Self.sizes.upperBound else {
            throw InvalidSize(size: size, expected: "a multiple of 8, \(least) or more")
        }
        self.size = size
        self.order = order
    }

    /// Returns the fragments of a message in send order.
    func pieces(_ length: Int) -> [Fragmentation.Piece] {
        var pieces = stride(from: 0, to: length, by: size).map { offset in
            let end = min(offset + size, length)
            let start = order == .overlapping && offset > 0 ? offset - Self.overlap : offset
            return Fragmentation.Piece(offset: start, length: end - start, moreFragments: end < length)
        }
        if order == .reversed { pieces.reverse() }
        return pieces
    }

    /// The length of the longest packet, in bytes.
    func longestPacket(_ format: PingProbeFormat) -> Int {
        let headers = format.headerLength + (format.family == .v6 ? 8 : 0)
        return headers + min(size + Self.overlap, format.messageLength)
    }

    /// Returns the number of fragments of a message of `length` bytes.
    public func count(_ length: Int) -> Int { (length + size - 1) / size }
}

/// How the target or a middlebox treated the fragments.
package enum FragmentVerdict: String, Sendable, Hashable {
    /// No reply was received: the fragments were dropped at the target or on the path.
    case dropped
    case reassembled
    /// The reply has the data of the first fragment only.
    case truncated
    /// The fragments overlapped, and the data received first was used.
    case firstBelieved = "first-believed"
    /// The fragments overlapped, and the data received last was used.
    case laterBelieved = "later-believed"
    /// The fragments overlapped, and the result varied.
    case mixed

    package init(_ plan: PingFragmentPlan, _ summary: PingSummary) {
        if summary.received == 0 {
            self = .dropped
        } else if summary.truncated == summary.received {
            self = .truncated
        } else if plan.order != .overlapping {
            self = .reassembled
        } else if summary.different == 0 {
            self = .firstBelieved
        } else {
            self = summary.different == summary.received ? .laterBelieved : .mixed
        }
    }
}
