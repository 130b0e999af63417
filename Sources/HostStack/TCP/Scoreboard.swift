/// What the other side has of what is on its way, by its selective acknowledgments, and what is lost by them
/// (RFC 6675). Without such acknowledgments it is told of duplicates, and knows of the first segment alone.
struct Scoreboard: Sendable {
    /// Ascending, none touching another.
    private(set) var sacked: [SequenceRange] = []
    private(set) var sackedBytes = 0
    /// Duplicate acknowledgments, where there are no selective ones.
    private(set) var duplicates = 0

    /// Acknowledgments that say that what they do not name is lost.
    static let duplicateThreshold = 3
    private static let limit = 1_024

    /// The other side has these bytes.
    /// - Returns: how many of them are news.
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
        let news = merged.count - known
        guard news > 0, high > low || sacked.count < Self.limit else { return 0 }
        sacked.replaceSubrange(low..<high, with: CollectionOfOne(merged))
        sackedBytes += news
        return news
    }

    /// Everything before `next` is acknowledged.
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

    /// Whether `number` is known to have come.
    func holds(_ number: SequenceNumber) -> Bool {
        sacked.contains { $0.start <= number && number < $0.end }
    }

    /// What is before this and did not come is lost: three ranges, or more than two full segments, came behind it.
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

    /// Bytes between two numbers that are not known to have come.
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

    /// The first gap from `start` on that begins before `end`: up to what came behind it, or to `end`.
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
