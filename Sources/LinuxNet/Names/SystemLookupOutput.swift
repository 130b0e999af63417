import CLinux
import WireFormat

/// Parses the output of getent(1) for a batch of names.
///
/// Its lines do not contain the requested name, so numeric addresses are inserted between the names as separators: they
/// are printed without a lookup. One of each family is used, because a host without a family rejects its addresses.
struct SystemLookupOutput {
    /// Separators: addresses that no name of the batch has, and that no server can guess.
    struct Marks {
        private let base = UInt64.random(in: 0..<UInt64.max - 1_024)

        /// Returns the separators after the name at `index`: class E and the discard prefix (RFC 1112, RFC 6666).
        func texts(_ index: Int) -> [String] {
            let number = base + UInt64(index)
            return [
                "\(IPv4Address(rawValue: 0xF000_0000 | UInt32(truncatingIfNeeded: number) & 0x0FFF_FFFF))",
                "\(IPv6Address(high: 0x0100_0000_0000_0000, low: number))",
            ]
        }
    }

    private let lines: [[Substring]]
    private let keys: [String]
    private let marks: Marks

    init(_ bytes: [UInt8], keys: [String], marks: Marks) {
        let text = String(decoding: bytes, as: UTF8.self)
        lines = text.split(separator: "\n").map { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }) }
        self.keys = keys
        self.marks = marks
    }

    /// Returns the addresses of a name: the lines between its separators.
    func addresses(at index: Int) -> SystemLookup.Answer {
        func position(of index: Int) -> Int? {
            let texts = marks.texts(index)
            return lines.firstIndex { $0.first.map { texts.contains(String($0)) } ?? false }
        }
        var start = 0
        if index > 0 {
            guard let before = position(of: index - 1) else { return .notFound }
            let texts = marks.texts(index - 1)
            start =
                lines[before...].firstIndex { !($0.first.map { texts.contains(String($0)) } ?? false) } ?? lines.count
        }
        let end = position(of: index) ?? lines.count
        guard start < end else { return .notFound }
        var answers: [Resolver.Answer] = []
        var canonicalName: String?
        for line in lines[start..<end] {
            guard let text = line.first, let answer = Self.answer(text) else { continue }
            if !answers.contains(answer) { answers.append(answer) }
            if line.count > 2, canonicalName == nil { canonicalName = String(line[2]) }
        }
        return answers.isEmpty ? .notFound : .found(answers, canonicalName: canonicalName)
    }

    /// Returns the name of an address, from the line that begins with it.
    func name(at index: Int) -> SystemLookup.Answer {
        let wanted = Self.answer(keys[index][...])
        guard let line = lines.first(where: { $0.count > 1 && Self.answer($0[0])?.address == wanted?.address }) else {
            return .notFound
        }
        return .found([], canonicalName: String(line[1]))
    }

    /// Parses an address with an optional zone. `ahostsv6` prints IPv4-mapped addresses for names without IPv6
    /// addresses.
    private static func answer(_ text: Substring) -> Resolver.Answer? {
        let parts = text.split(separator: "%", maxSplits: 1)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        if case .v6(let address) = address, address.isIPv4Mapped { return nil }
        let zone = parts.count > 1 ? Interface.index(of: String(parts[1])) ?? UInt32(parts[1]) ?? 0 : 0
        return Resolver.Answer(address: address, zone: zone)
    }
}
