import WireFormat

/// IPv4 addresses given by a list for each octet, as in nmap: `192.0.2.1,5,7-9`, `192.0.2-3.*`.
///
/// A list contains octets, ranges (`7-9`, `200-` for 200 to 255, `-9` for 0 to 9, `-` for all) and `*` for all.
struct OctetLists {
    /// The maximum number of address ranges for one text.
    static let maximumRangeCount = 1 << 16

    private let octets: [[ClosedRange<UInt32>]]

    /// Whether a text has only the characters of octet lists and cannot be a host name.
    static func isWritten(as text: String) -> Bool {
        let others = text.utf8.filter { $0.decimalDigit == nil && $0 != UInt8(ascii: "-") }
        return !others.isEmpty && others.allSatisfy { ".,*".utf8.contains($0) }
    }

    init(_ text: String) throws(TargetExpression.Problem) {
        let lists = text.split(separator: ".", omittingEmptySubsequences: false)
        guard lists.count == 4 else { throw .invalidOctetCount(lists.count) }
        var octets: [[ClosedRange<UInt32>]] = []
        for list in lists { octets.append(try Self.ranges(of: list)) }
        self.octets = octets
    }

    /// Returns the addresses as ascending ranges.
    func ranges() throws(TargetExpression.Problem) -> [ClosedRange<IPAddress>] {
        var ranges: [ClosedRange<UInt32>] = []
        // The number of addresses that the octets to the right can express.
        var size: UInt32 = 1
        for (index, octet) in octets.reversed().enumerated() {
            if index == 0 {
                ranges = octet
            } else if ranges == [0...(size - 1)] {
                ranges = octet.map { $0.lowerBound * size...$0.upperBound * size + (size - 1) }
            } else {
                guard octet.reduce(0, { $0 + $1.count }) * ranges.count <= Self.maximumRangeCount else {
                    throw .tooManyRanges
                }
                ranges = octet.joined().flatMap { value in
                    ranges.map { value * size + $0.lowerBound...value * size + $0.upperBound }
                }
            }
            if index < 3 { size <<= 8 }
        }
        return ranges.map { range in
            .v4(IPv4Address(rawValue: range.lowerBound)) ... .v4(IPv4Address(rawValue: range.upperBound))
        }
    }

    /// Returns the octets of a list as ascending ranges with gaps between them.
    private static func ranges(of list: Substring) throws(TargetExpression.Problem) -> [ClosedRange<UInt32>] {
        var isListed = [Bool](repeating: false, count: 256)
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            for octet in try range(part) { isListed[octet] = true }
        }
        var ranges: [ClosedRange<UInt32>] = []
        for octet in 0..<UInt32(256) where isListed[Int(octet)] {
            if let last = ranges.last, last.upperBound + 1 == octet {
                ranges[ranges.count - 1] = last.lowerBound...octet
            } else {
                ranges.append(octet...octet)
            }
        }
        return ranges
    }

    private static func range(_ part: Substring) throws(TargetExpression.Problem) -> ClosedRange<Int> {
        if part == "*" { return 0...255 }
        let bounds = part.split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count <= 2, let first = octet(bounds[0], open: bounds.count == 2 ? 0 : nil),
            let last = octet(bounds[bounds.count - 1], open: bounds.count == 2 ? 255 : nil)
        else { throw .invalidOctet(String(part)) }
        guard first <= last else { throw .descendingRange(String(part)) }
        return first...last
    }

    /// - Parameter open: the value of an omitted bound.
    private static func octet(_ text: Substring, open: Int?) -> Int? {
        if text.isEmpty { return open }
        // As in addresses, a leading zero is refused: other tools read it as octal.
        guard text == "0" || !text.hasPrefix("0"), text.utf8.allSatisfy({ $0.decimalDigit != nil }) else { return nil }
        return UInt8(text).map(Int.init)
    }
}
