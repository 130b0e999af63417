import WireFormat

/// How probes are cut on purpose, whatever the way takes.
public struct PingFragmentPlan: Sendable, Hashable {
    /// In which order the fragments leave, and whether they overlap.
    public enum Order: String, Sendable, CaseIterable {
        case inOrder = "in-order"
        case reversed
        /// Each has the last eight bytes of the one before it too, with their halves changed about, so that the answer
        /// shows which were believed; nobody should put them together (RFC 5722).
        case overlapping
    }

    /// Bytes of the message in a fragment: a multiple of 8.
    public var size: Int
    public var order: Order

    /// Bytes that overlap.
    static let overlap = 8
    /// The least size of overlapping fragments: the ICMP header and the cookie stay out of it.
    public static let leastOverlappingSize = 24

    /// - Parameter size: 8 at the least; `leastOverlappingSize` where they overlap.
    public init(size: Int, order: Order = .inOrder) {
        self.size = max(size & ~7, order == .overlapping ? Self.leastOverlappingSize : 8)
        self.order = order
    }

    /// The pieces of a message, in the order in which they leave.
    func pieces(_ length: Int) -> [Fragmentation.Piece] {
        var pieces = stride(from: 0, to: length, by: size).map { offset in
            let end = min(offset + size, length)
            let start = order == .overlapping && offset > 0 ? offset - Self.overlap : offset
            return Fragmentation.Piece(offset: start, length: end - start, moreFragments: end < length)
        }
        if order == .reversed { pieces.reverse() }
        return pieces
    }

    /// Bytes of the longest packet.
    func longestPacket(_ format: PingProbeFormat) -> Int {
        let headers = format.headerLength + (format.family == .v6 ? 8 : 0)
        return headers + min(size + Self.overlap, format.messageLength)
    }

    /// Fragments of a message of so many bytes.
    public func count(_ length: Int) -> Int { (length + size - 1) / size }
}

/// What the other side has made of fragments.
package enum FragmentVerdict: String, Sendable, Hashable {
    /// No answer came: they were dropped there, or on the way.
    case dropped
    case reassembled
    /// A reply came with the data of the first fragment alone.
    case truncated
    /// They overlapped, and what came first was believed.
    case firstBelieved = "first-believed"
    /// They overlapped, and what came later was believed.
    case laterBelieved = "later-believed"
    /// They overlapped, and now this was believed and now that.
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
