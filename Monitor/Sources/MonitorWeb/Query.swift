import MonitorCore

/// The fields of a query or a form (application/x-www-form-urlencoded).
struct Query {
    private var fields: [String: String] = [:]

    init(_ text: String) {
        for pair in text.split(separator: "&").prefix(50) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.map(Self.decoded), fields[name] == nil else { continue }
            fields[name] = parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
    }

    subscript(name: String) -> String? { fields[name] }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                if let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 {
                    bytes.append(value)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a field that is wrong.
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
        guard let text = fields[name], !text.isEmpty else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            throw Problem(description: "\(name): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func time(_ name: String) throws(Problem) -> WallTime? {
        guard let text = fields[name], !text.isEmpty else { return nil }
        guard let time = WallTime(text) else {
            throw Problem(description: "\(name): expected a time of RFC 3339 in UTC, or seconds since 1970")
        }
        return time
    }
}
