import WireFormat

/// The shape of a body: its tags and words, without names, numbers and dates.
public enum BodyShape: Hashable, Sendable {
    case none
    /// The body that the server returns for its default page.
    case usual
    /// Digests of the tag names, and of the words between them, in order.
    case text(tags: UInt32, words: UInt32)

    /// - Parameter private: words that identify the host or this client rather than the product, in lower case.
    init(_ bytes: [UInt8], length: Int, without private: Set<String>) {
        guard length > 0 else {
            self = .none
            return
        }
        var tags = StableDigest()
        var wordDigest = StableDigest()
        var word: [UInt8] = []
        var isInTag = false
        var isTagName = false
        func finishWord() {
            defer { word.removeAll(keepingCapacity: true) }
            guard !word.isEmpty else { return }
            if isInTag {
                if isTagName { tags.add(word) }
                isTagName = false
                return
            }
            let text = String(decoding: word, as: UTF8.self).lowercased()
            // A word with a digit is a version, a port, a date or an identifier.
            guard !word.contains(where: { (0x30...0x39).contains($0) }), !`private`.contains(text) else { return }
            wordDigest.add(Array(text.utf8))
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "<"):
                finishWord()
                isInTag = true
                isTagName = true
            case UInt8(ascii: ">"):
                finishWord()
                isInTag = false
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "!"), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "~"):
                word.append(byte)
            default: finishWord()
            }
        }
        finishWord()
        self = .text(tags: tags.value32, words: wordDigest.value32)
    }
}

extension BodyShape: CustomStringConvertible {
    public var description: String {
        switch self {
        case .none: "-"
        case .usual: "usual"
        case .text(let tags, let wordDigest): String(tags, radix: 16) + "/" + String(wordDigest, radix: 16)
        }
    }

    init?(_ text: String) {
        if text == "-" || text == "usual" {
            self = text == "-" ? .none : .usual
            return
        }
        let parts = text.split(separator: "/")
        guard parts.count == 2, let tags = UInt32(parts[0], radix: 16), let wordDigest = UInt32(parts[1], radix: 16)
        else {
            return nil
        }
        self = .text(tags: tags, words: wordDigest)
    }
}

/// FNV-1a with 64 bits: the same on every host and in every run, so that it can be stored in files.
struct StableDigest: Hashable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    /// Adds bytes and a separator, so that two pieces differ from their concatenation.
    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte) }
        add(0 as UInt8)
    }

    mutating func add(_ text: String) { add(text.utf8) }

    static func of(_ parts: String...) -> UInt64 {
        var digest = StableDigest()
        for part in parts { digest.add(part) }
        return digest.value
    }

    var value32: UInt32 { UInt32(truncatingIfNeeded: value ^ value >> 32) }
}
