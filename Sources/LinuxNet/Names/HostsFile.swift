import WireFormat

/// The hosts file: an address, its canonical name and its aliases per line (hosts(5)).
///
/// A lookup scans the bytes and parses only matching lines. After several lookups of names an index is built, so that
/// thousands of names do not each scan a long file.
struct HostsFile {
    /// A line of the file.
    struct Entry: Equatable {
        var address: IPAddress
        /// The interface that a link-local address needs.
        var zone: String?
        /// The interface of a link-local address.
        var names: [String]
    }

    private let bytes: [UInt8]
    /// The offsets of the lines of each name, by lowercase name.
    private var index: [String: [Int]]?
    private var scanCount = 0
    private static let mostScans = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Returns the lines with a name, in order; case is ignored.
    mutating func entries(named name: String) -> [Entry] {
        let wanted = name.utf8.map(Self.lowercased)
        if let index = indexed() {
            return (index[String(decoding: wanted, as: UTF8.self)] ?? []).compactMap(entry(at:))
        }
        var found: [Entry] = []
        var start = 0
        while let line = line(from: &start) {
            guard Self.holds(line, wanted), let entry = Self.entry(line) else { continue }
            if entry.names.contains(where: { $0.utf8.map(Self.lowercased) == wanted }) { found.append(entry) }
        }
        return found
    }

    /// Returns the first line with an address.
    func entry(of address: IPAddress) -> Entry? {
        let text = Array("\(address)".utf8)
        var start = 0
        while let line = line(from: &start) {
            // IPv4 addresses have only one notation, so a text comparison is enough; IPv6 addresses have to be parsed.
            guard address.family == .v6 ? line.prefix(5).contains(UInt8(ascii: ":")) : line.starts(with: text) else {
                continue
            }
            if Self.address(line)?.address == address, let entry = Self.entry(line) { return entry }
        }
        return nil
    }

    /// Returns the index, once enough names were looked up.
    private mutating func indexed() -> [String: [Int]]? {
        if let index { return index }
        guard scanCount >= Self.mostScans else {
            scanCount += 1
            return nil
        }
        var made: [String: [Int]] = [:]
        var start = 0
        while let line = line(from: &start) {
            guard let entry = Self.entry(line) else { continue }
            for name in entry.names {
                let key = String(decoding: name.utf8.map(Self.lowercased), as: UTF8.self)
                if made[key]?.last != line.startIndex { made[key, default: []].append(line.startIndex) }
            }
        }
        index = made
        return made
    }

    /// Parses the line at an offset.
    private func entry(at start: Int) -> Entry? {
        var start = start
        return line(from: &start).flatMap(Self.entry)
    }

    /// Returns the next nonempty line without its comment, and advances `start`.
    private func line(from start: inout Int) -> ArraySlice<UInt8>? {
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            var first = start
            while first < end, Self.isSpace(bytes[first]) { first += 1 }
            var last = first
            while last < end, bytes[last] != UInt8(ascii: "#") { last += 1 }
            start = end + 1
            if first < last { return bytes[first..<last] }
        }
        return nil
    }

    /// Whether the line contains `wanted`, which is in lowercase.
    private static func holds(_ line: ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        var index = line.startIndex
        while index < line.endIndex {
            let start = index
            while index < line.endIndex, !isSpace(line[index]) { index += 1 }
            if index - start == wanted.count {
                var offset = 0
                while offset < wanted.count, lowercased(line[start + offset]) == wanted[offset] { offset += 1 }
                if offset == wanted.count { return true }
            }
            index += 1
        }
        return false
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
        guard let (address, zone) = address(line) else { return nil }
        let names = line.split(whereSeparator: isSpace).dropFirst().map { String(decoding: $0, as: UTF8.self) }
        return names.isEmpty ? nil : Entry(address: address, zone: zone, names: names)
    }

    /// Parses the address at the start of a line, with its zone.
    private static func address(_ line: ArraySlice<UInt8>) -> (address: IPAddress, zone: String?)? {
        let word = String(decoding: line.prefix { !isSpace($0) }, as: UTF8.self)
        if let address = IPAddress(word) { return (address, nil) }
        guard let percent = word.utf8.firstIndex(of: UInt8(ascii: "%")),
            let address = IPAddress(String(word[..<percent]))
        else { return nil }
        return (address, String(word[word.index(after: percent)...]))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
