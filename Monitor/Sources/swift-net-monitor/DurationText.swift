import SwiftNet

/// Durations as people write them: `1`, `0.2` (seconds), `200ms`, `2s`, `1m`, `12h`, `30d`.
enum DurationText {
    static func parse(_ text: String) -> Nanoseconds? {
        let units: [(suffix: String, nanoseconds: Double)] = [
            ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9), ("d", 86_400e9),
        ]
        let unit = units.first { text.hasSuffix($0.suffix) }
        let digits = text.dropLast(unit?.suffix.count ?? 0)
        guard let first = digits.first, first.isASCII, first.isNumber || first == ".", let value = Double(digits),
            value.isFinite
        else { return nil }
        let count = value * (unit?.nanoseconds ?? 1e9)
        return count < 1e18 ? Nanoseconds(Int64(count.rounded())) : nil
    }
}

/// Sizes as people write them: `500000000`, `500MB`, `2GB`.
enum SizeText {
    static func parse(_ text: String) -> Int64? {
        let units: [(suffix: String, bytes: Double)] = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]
        let unit = units.first { text.lowercased().hasSuffix($0.suffix.lowercased()) }
        guard let value = Double(text.dropLast(unit?.suffix.count ?? 0)), value.isFinite, value >= 0 else { return nil }
        let bytes = value * (unit?.bytes ?? 1)
        return bytes < 1e18 ? Int64(bytes) : nil
    }
}
