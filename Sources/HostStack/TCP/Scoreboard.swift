/// The ranges that the peer has reported by SACK, and the loss that follows from them (RFC 6675). Without SACK, it
/// counts duplicate acknowledgments, and only the first segment can be detected as lost.
struct Scoreboard: Sendable {
    /// Sorted and disjoint, with gaps between them.
    private(set) var sacked: [SequenceRange] = []
    private(set) var sackedBytes = 0
    /// The number of duplicate acknowledgments without SACK.
    private(set) var duplicates = 0

    /// The number of duplicate acknowledgments that indicate a loss (DupThresh).
    static let duplicateThreshold = 3
    private static let limit = 1_024

    /// Adds a range that the peer has received.
    /// - Returns: the number of bytes not reported before.
    mutating func insert(_ range: SequenceRange) -> Int {
        guard range.count > 0 else { return 0 }
        var low = 0
        while low < sacked.count, sacked[low].end < range.start { low += 1 }
        var high = low
        var merged = range
        var known = 0
        while high < sacked.count, sacked[high].start <= range.end {
            merged.start = min(merged.start, sacked[high].start)
            merged.end = max(merged.end, sacked[high].end)
            known += sacked[high].count
            high += 1
        }
        let newBytes = merged.count - known
        guard newBytes > 0, high > low || sacked.count < Self.limit else { return 0 }
        sacked.replaceSubrange(low..<high, with: CollectionOfOne(merged))
        sackedBytes += newBytes
        return newBytes
    }

    /// Removes everything before `next`, which was acknowledged.
    mutating func advance(to next: SequenceNumber) {
        duplicates = 0
        guard let first = sacked.first, first.start < next else { return }
        var gone = 0
        while gone < sacked.count, sacked[gone].end <= next {
            sackedBytes -= sacked[gone].count
            gone += 1
        }
        sacked.removeFirst(gone)
        if let first = sacked.first, first.start < next {
            sackedBytes -= next - first.start
            sacked[0].start = next
        }
    }

    mutating func countDuplicate() { duplicates += 1 }

    mutating func removeAll() {
        sacked.removeAll()
        sackedBytes = 0
        duplicates = 0
    }

    /// Whether the peer has reported `number`.
    func holds(_ number: SequenceNumber) -> Bool {
        sacked.contains { $0.start <= number && number < $0.end }
    }

    /// The limit below which unreported bytes count as lost: 3 ranges, or more than 2 full segments, were reported
    /// above it.
    func lostEdge(segment: Int) -> SequenceNumber? {
        var bytes = 0
        for (count, range) in sacked.reversed().enumerated() {
            bytes += range.count
            if count + 1 >= Self.duplicateThreshold || bytes > (Self.duplicateThreshold - 1) * segment {
                return range.start
            }
        }
        return nil
    }

    /// Returns the number of bytes between two sequence numbers that were not reported.
    func missing(from start: SequenceNumber, to end: SequenceNumber) -> Int {
        guard end > start else { return 0 }
        var count = end - start
        for range in sacked {
            if range.start >= end { break }
            let low = max(range.start, start)
            let high = min(range.end, end)
            if high > low { count -= high - low }
        }
        return count
    }

    /// Returns the first gap from `start` on that begins before `end`.
    func gap(from start: SequenceNumber, before end: SequenceNumber) -> SequenceRange? {
        var start = start
        for range in sacked {
            if range.end <= start { continue }
            if range.start > start {
                guard start < end else { return nil }
                return SequenceRange(start, min(range.start, end))
            }
            start = range.end
        }
        return start < end ? SequenceRange(start, end) : nil
    }
}
