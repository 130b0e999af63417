/// What has come beyond a gap, the latest first, as selective acknowledgments tell it (RFC 2018, section 4).
struct ReceivedRanges: Sendable {
    private(set) var ranges: [SequenceRange] = []

    /// Who sends holes for sport fills no more memory than this.
    static let limit = 64

    var isEmpty: Bool { ranges.isEmpty }

    /// A segment came beyond the next byte that is expected.
    mutating func insert(_ range: SequenceRange) {
        var merged = range
        ranges.removeAll { other in
            guard other.start <= merged.end, merged.start <= other.end else { return false }
            merged.start = min(merged.start, other.start)
            merged.end = max(merged.end, other.end)
            return true
        }
        ranges.insert(merged, at: 0)
        // The one that goes is sent again when time runs out, though it was told of (RFC 2018, section 8).
        if ranges.count > Self.limit { ranges.removeLast() }
    }

    /// Everything before `next` has come; what joins on to it leaves the list.
    /// - Returns: the next byte that is missing.
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
