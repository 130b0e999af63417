/// A range of versions, such as `20.1.0-21.2.0`, or a single version.
package struct VersionRange: Hashable, Comparable, Sendable {
    var first: Substring
    var last: Substring

    package init(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1)
        first = parts.first ?? ""
        last = parts.last ?? ""
    }

    /// The smallest range that contains all of them; nil for none.
    init?(holding ranges: [VersionRange]) {
        guard let low = ranges.min(by: { Self.precedes($0.first, $1.first) }),
            let high = ranges.max(by: { Self.precedes($0.last, $1.last) })
        else { return nil }
        first = low.first
        last = high.last
    }

    var text: String { first == last ? String(first) : "\(first)-\(last)" }

    /// Whether it contains another range.
    package func holds(_ other: VersionRange) -> Bool {
        !Self.precedes(other.first, first) && !Self.precedes(last, other.last)
    }

    /// Whether a version has a major number that one of the range has.
    func isNear(_ version: String) -> Bool {
        let majors = [first, last].compactMap { Self.numbers($0).first }
        guard let low = majors.min(), let high = majors.max(), let number = Self.numbers(version[...]).first else {
            return false
        }
        return (low...high).contains(number)
    }

    /// Orders ranges by their first version.
    package static func < (left: VersionRange, right: VersionRange) -> Bool { precedes(left.first, right.first) }

    /// Orders versions by their numbers.
    private static func precedes(_ left: Substring, _ right: Substring) -> Bool {
        numbers(left).lexicographicallyPrecedes(numbers(right))
    }

    private static func numbers(_ version: Substring) -> [Int] {
        version.split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? Int.max }
    }
}
