/// Splits the system's configuration files into lines and fields. Works on bytes, because it runs at every start.
enum ConfigurationText {
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    /// Returns the nonempty lines, without comments.
    static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            var last = start
            while last < end, bytes[last] != UInt8(ascii: "#") { last += 1 }
            if last > start { lines.append(bytes[start..<last]) }
            start = end + 1
        }
        return lines
    }

    /// Returns the fields of a line, separated by blanks.
    static func fields(_ line: ArraySlice<UInt8>) -> [String] {
        var fields: [String] = []
        var start = line.startIndex
        while start < line.endIndex {
            var end = start
            while end < line.endIndex, !isBlank(line[end]) { end += 1 }
            if end > start { fields.append(String(decoding: line[start..<end], as: UTF8.self)) }
            start = end + 1
        }
        return fields
    }
}
