/// Versions from one to another, as `20.1.0-21.2.0`, or one alone.
package struct VersionRange: Hashable, Comparable, Sendable {
    var first: Substring
    var last: Substring

    package init(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1)
        first = parts.first ?? ""
        last = parts.last ?? ""
    }

    /// The least range that holds all of them; nil for none.
    init?(holding ranges: [VersionRange]) {
        guard let low = ranges.min(by: { Self.precedes($0.first, $1.first) }),
            let high = ranges.max(by: { Self.precedes($0.last, $1.last) })
        else { return nil }
        first = low.first
        last = high.last
    }

    var text: String { first == last ? String(first) : "\(first)-\(last)" }

    /// Whether all of another range is in it.
    package func holds(_ other: VersionRange) -> Bool {
        !Self.precedes(other.first, first) && !Self.precedes(last, other.last)
    }

    /// By where they begin.
    package static func < (left: VersionRange, right: VersionRange) -> Bool { precedes(left.first, right.first) }

    /// By their numbers, one after the other.
    private static func precedes(_ left: Substring, _ right: Substring) -> Bool {
        numbers(left).lexicographicallyPrecedes(numbers(right))
    }

    private static func numbers(_ version: Substring) -> [Int] {
        version.split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? Int.max }
    }
}
