import WireFormat

/// The file of host names: an address a line, its canonical name and its aliases (hosts(5)).
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

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The lines that have a name, in their order; upper and lower case are the same.
    func entries(named name: String) -> [Entry] {
        let wanted = name.utf8.map(Self.lowercased)
        var found: [Entry] = []
        // The file may be long: only lines that hold the name somewhere become values.
        forEachLine { line in
            guard Self.holds(line, wanted) else { return true }
            if let entry = Self.entry(line), entry.names.contains(where: { $0.utf8.map(Self.lowercased) == wanted }) {
                found.append(entry)
            }
            return true
        }
        return found
    }

    /// The first line of an address.
    func entry(of address: IPAddress) -> Entry? {
        var found: Entry?
        forEachLine { line in
            if let entry = Self.entry(line), entry.address == address { found = entry }
            return found == nil
        }
        return found
    }

    /// Calls `body` with each line, without comments, until it returns false.
    private func forEachLine(_ body: (ArraySlice<UInt8>) -> Bool) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = bytes[start..<end].prefix { $0 != UInt8(ascii: "#") }
            if !line.isEmpty, !body(line) { return }
            start = end + 1
        }
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
        let fields = line.split(whereSeparator: isSpace).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 1 else { return nil }
        let parts = fields[0].split(separator: "%", maxSplits: 1)
        guard let text = parts.first, let address = IPAddress(text) else { return nil }
        return Entry(
            address: address, zone: parts.count > 1 ? String(parts[1]) : nil, names: Array(fields.dropFirst()))
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
