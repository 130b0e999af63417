/// A set of ports as in a port list: `80,443,8000-8100`, `-1024`, `60000-`, `-`, and names.
public struct PortSet: Hashable, Sendable {
    /// Ranges in ascending order, with gaps between them.
    public private(set) var ranges: [ClosedRange<UInt16>] = []

    /// Creates an empty set.
    public init() {}

    /// Creates a set of ports in any order.
    public init(_ ports: some Sequence<UInt16>) {
        for port in ports.sorted() {
            if let last = ranges.last, Int(last.upperBound) + 1 >= Int(port) {
                ranges[ranges.count - 1] = last.lowerBound...port
            } else {
                ranges.append(port...port)
            }
        }
    }

    /// The reason for which a port list is invalid.
    public struct SyntaxError: Error, Hashable, Sendable {
        /// The invalid part between commas.
        public var part: String
    }

    /// Parses a port list.
    /// - Parameter port: returns the port of a service name.
    public init(_ text: String, named port: (String) -> UInt16? = { _ in nil }) throws(SyntaxError) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = Self.range(part, named: port) else { throw SyntaxError(part: String(part)) }
            insert(range)
        }
    }

    private static func range(_ part: Substring, named port: (String) -> UInt16?) -> ClosedRange<UInt16>? {
        if let number = number(part) { return number...number }
        if let named = port(String(part)) { return named...named }
        let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        // Port 0 is reserved: an open range starts at 1.
        guard ends.count == 2, let first = ends[0].isEmpty ? 1 : number(ends[0]),
            let last = ends[1].isEmpty ? UInt16.max : number(ends[1]), first <= last
        else { return nil }
        return first...last
    }

    private static func number(_ text: Substring) -> UInt16? {
        !text.isEmpty && text.utf8.allSatisfy({ $0.decimalDigit != nil }) ? UInt16(text) : nil
    }

    /// Adds a range and merges it with adjacent ranges.
    public mutating func insert(_ range: ClosedRange<UInt16>) {
        var first = Int(range.lowerBound)
        var last = Int(range.upperBound)
        ranges.removeAll { other in
            guard Int(other.lowerBound) <= last + 1, Int(other.upperBound) >= first - 1 else { return false }
            first = min(first, Int(other.lowerBound))
            last = max(last, Int(other.upperBound))
            return true
        }
        let position = ranges.firstIndex { Int($0.lowerBound) > last } ?? ranges.endIndex
        ranges.insert(UInt16(truncatingIfNeeded: first)...UInt16(truncatingIfNeeded: last), at: position)
    }

    /// Whether the set contains a port.
    public func contains(_ port: UInt16) -> Bool { ranges.contains { $0.contains(port) } }

    /// The number of ports in the set.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Returns the port at a position in ascending order, 0 to `count` - 1, or nil if out of range.
    public func port(at position: Int) -> UInt16? {
        var rest = position
        for range in ranges where rest >= 0 {
            if rest < range.count { return range.lowerBound + UInt16(rest) }
            rest -= range.count
        }
        return nil
    }
}

extension PortSet: CustomStringConvertible {
    /// The port list: `80,443,8000-8100`.
    public var description: String {
        var text = ""
        for range in ranges {
            if !text.isEmpty { text += "," }
            text += "\(range.lowerBound)"
            if range.count > 1 { text += "-\(range.upperBound)" }
        }
        return text
    }
}
