/// The ranges received out of order, most recent first, as sent in SACK options (RFC 2018, section 4).
struct ReceivedRanges: Sendable {
    private(set) var ranges: [SequenceRange] = []

    /// The maximum number of ranges, which bounds the memory for a malicious sender.
    static let limit = 64

    var isEmpty: Bool { ranges.isEmpty }

    /// Adds the range of an out-of-order segment.
    mutating func insert(_ range: SequenceRange) {
        var merged = range
        ranges.removeAll { other in
            guard other.start <= merged.end, merged.start <= other.end else { return false }
            merged.start = min(merged.start, other.start)
            merged.end = max(merged.end, other.end)
            return true
        }
        ranges.insert(merged, at: 0)
        // The sender retransmits the dropped range after a timeout, although it was reported (RFC 2018, section 8).
        if ranges.count > Self.limit { ranges.removeLast() }
    }

    /// Removes the ranges that are contiguous with the data before `next`.
    /// - Returns: the next missing sequence number.
    mutating func advance(to next: SequenceNumber) -> SequenceNumber {
        guard !ranges.isEmpty else { return next }
        var next = next
        var isChanged = true
        while isChanged {
            isChanged = false
            for (index, range) in ranges.enumerated() where range.start <= next {
                next = max(next, range.end)
                ranges.remove(at: index)
                isChanged = true
                break
            }
        }
        return next
    }
}
