import WireFormat

/// The file of host names: an address a line, its canonical name and its aliases (hosts(5)).
///
/// A lookup scans the bytes and makes values of the lines that match. After some scans for names an index of them is
/// made, so that thousands of names do not each read a long file.
struct HostsFile {
    /// A line of the file.
    struct Entry: Equatable {
        var address: IPAddress
        /// The interface that a link-local address needs.
        var zone: String?
        /// The canonical name, then the aliases.
        var names: [String]
    }

    private let bytes: [UInt8]
    /// Where the lines of each name begin, by the name in lower case.
    private var index: [String: [Int]]?
    private var scanCount = 0
    private static let mostScans = 16

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The lines that have a name, in their order; upper and lower case are the same.
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

    /// The first line of an address.
    func entry(of address: IPAddress) -> Entry? {
        let text = Array("\(address)".utf8)
        var start = 0
        while let line = line(from: &start) {
            // An address of IPv4 has one way to be written; only those of IPv6 are worth reading.
            guard address.family == .v6 ? line.prefix(5).contains(UInt8(ascii: ":")) : line.starts(with: text) else {
                continue
            }
            if Self.address(line)?.address == address, let entry = Self.entry(line) { return entry }
        }
        return nil
    }

    /// The index, once it pays.
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

    /// The line that begins at an offset.
    private func entry(at start: Int) -> Entry? {
        var start = start
        return line(from: &start).flatMap(Self.entry)
    }

    /// The next line that is not empty, without its comment; `start` moves behind it.
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

    /// Whether a word of the line may be `wanted`, which is in lower case.
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

    /// The address at the beginning of a line, with its zone.
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
