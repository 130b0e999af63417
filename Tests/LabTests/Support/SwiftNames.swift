import Testing

/// Swift's names of values, which text for users must not have: `system(code: 1, message: "...")`, `Optional(1)`.
enum SwiftNames {
    /// The first of them in a text, with what stands around it; nil when there is none.
    ///
    /// What is looked for is `\b[a-z]\w*\(\w+: `, an enum's case with a labeled value, and `Optional(`.
    static func first(in text: String) -> String? {
        let bytes = Array(text.utf8.prefix(4 << 20))
        var index = 0
        while let parenthesis = bytes[index...].firstIndex(of: UInt8(ascii: "(")) {
            index = parenthesis + 1
            var start = parenthesis
            while start > 0, isWord(bytes[start - 1]) { start -= 1 }
            let name = bytes[start..<parenthesis]
            guard let letter = name.first else { continue }
            let label = bytes[index...].prefix { isWord($0) }
            let isCase =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) && !label.isEmpty
                && bytes[label.endIndex...].starts(with: ": ".utf8)
            if isCase || name.elementsEqual("Optional".utf8) {
                return String(decoding: bytes[start...].prefix(80), as: UTF8.self)
            }
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Records an issue where a run of our binary printed one, or an object of JSON without the time.
    static func check(_ words: [String], _ outcome: Lab.Outcome) {
        guard words.contains(where: { $0.contains(Binary.swiftNet) }) else { return }
        for text in [outcome.output, outcome.errors] {
            if let found = first(in: text) {
                Issue.record("a Swift name in the output of \(words.joined(separator: " ").suffix(300)): \(found)")
            }
        }
        if let object = outcome.lines.first(where: { $0.hasPrefix("{\"type\":\"") && !$0.contains("\"time\":") }) {
            Issue.record(
                "an object without a time in the output of \(words.joined(separator: " ").suffix(300)): \(object)")
        }
    }
}

/// The check that every lab test makes of what our binary prints.
@Suite("Swift names in outputs")
struct SwiftNamesTests {
    @Test(
        "they are found",
        arguments: [
            #"{"failed":"messageTooLong(mtu: 1500)"}"#, "an answer: system(code: 1, message: \"x\")", "a Optional(3) b",
            "x.y(z: 1)",
        ])
    func found(text: String) { #expect(SwiftNames.first(in: text) != nil) }

    @Test(
        "and nothing else",
        arguments: [
            "ping 192.0.2.1 (192.0.2.1) 56(84) bytes", "a (b: c)", "f(x)", "f(x:y)", "A(b: c)", "f(: x)", "", "(",
            "f(a",
            "f(a:", "usage (see: x)",
        ])
    func notFound(text: String) { #expect(SwiftNames.first(in: text) == nil) }
}
