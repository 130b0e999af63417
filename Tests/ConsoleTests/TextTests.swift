import LinuxProcess
import SwiftNet
import Testing

@testable import swift_net

/// Text from the network on a terminal, and numbers with their units.
@Suite struct TextTests {
    @Test(
        "control bytes of a terminal are escaped, letters of any language are not",
        arguments: [
            ("plain, \\ and é 日本 🧪", "plain, \\ and é 日本 🧪"), ("", ""),
            ("a\u{1B}[31mb\u{7}", #"a\x1b[31mb\x07"#), ("a\nb\r\tc\u{0}", #"a\x0ab\x0d\x09c\x00"#),
            ("\u{7F}", #"\x7f"#),
            // C1 controls, which some terminals obey, in UTF-8.
            ("\u{9B}31m", #"\xc2\x9b31m"#),
            // Characters that change the direction of what follows.
            ("a\u{202E}b\u{2066}c", #"a\xe2\x80\xaeb\xe2\x81\xa6c"#),
        ])
    func escaped(text: String, expected: String) { #expect(Text.escaped(text) == expected) }

    @Test(
        "bytes of a protocol: visible line ends, invalid UTF-8 byte by byte",
        arguments: [
            (Array("HTTP/1.1 200 OK\r\n\tx".utf8), #"HTTP/1.1 200 OK\r\n\tx"#), ([0x1B, 0x5B, 0x41], #"\x1b[A"#),
            (Array("é🧪".utf8), "é🧪"), ([0xC3], #"\xc3"#), ([0xC3, 0x28], #"\xc3("#), ([0xFF, 0x61], #"\xffa"#),
            // An overlong form, a surrogate, and a cut sequence are not UTF-8.
            ([0xC0, 0x80], #"\xc0\x80"#), ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),
            ([0xF0, 0x9F, 0xA7], #"\xf0\x9f\xa7"#),
            (Array("\u{202E}".utf8), #"\xe2\x80\xae"#),
        ] as [([UInt8], String)])
    func visible(bytes: [UInt8], expected: String) { #expect(Text.visible(bytes[...]) == expected) }

    @Test("counts, lists and URLs")
    func phrases() {
        #expect(Text.count(1, "query", "queries") == "1 query" && Text.count(0, "query", "queries") == "0 queries")
        #expect(Text.count(2, "host") == "2 hosts")
        #expect(
            ["", "a", "a or b", "a, b or c"] == (0...3).map { Text.alternatives(Array(["a", "b", "c"].prefix($0))) })
        #expect(Text.isURL("http://192.0.2.1/") && !Text.isURL("2001:db8::1") && !Text.isURL("server.example"))
    }

    @Test(
        "milliseconds as iputils and fping round them",
        arguments: [
            (42_000, "0.042", "0.042", "0.042"), (999_499, "0.999", "0.999", "0.999"),
            (1_234_567, "1.235", "1.24", "1.24"), (12_345_678, "12.346", "12.3", "12.3"),
            (99_949_000, "99.949", "99.9", "99.9"), (123_456_789, "123.457", "123", "123"),
            (0, "0.000", "0.000", "0.000"),
        ] as [(Int64, String, String, String)])
    func milliseconds(nanoseconds: Int64, fixed: String, bySize: String, short: String) {
        let time = Nanoseconds(nanoseconds)
        #expect(Milliseconds.fixed(time) == fixed && Milliseconds.bySize(time) == bySize)
        #expect(Milliseconds.short(time) == short)
    }

    @Test("a progress line is drawn on terminals alone")
    func progress() {
        let console = Console(command: "test")
        var line = ProgressLine(console, isWanted: false)
        let now = SystemClock.now
        let first = line.isDue(at: now)
        let later = line.isDue(at: now + .seconds(10))
        #expect(!first && !later && line.next == nil)
    }

    @Test("the time left is that of what is done so far")
    func timeLeft() {
        let cases: [(Int64, Int, Int, String)] = [
            (10, 0, 5, ""), (10, 5, 5, ""), (10, 1, 5, ", about 40 s left"), (60, 10, 30, ", about 2 min 0 s left"),
            (3_600, 1, 3, ", about 2 h 0 min left"), (0, 1, 9, ""),
        ]
        for (seconds, done, total, text) in cases {
            #expect(Text.timeLeft(after: .seconds(seconds), done: done, of: total) == text, "\(seconds) \(done)")
        }
    }

    @Test("items in input order wait for those before them; the rest comes at the end")
    func inputOrder() {
        var order = InputOrder<String>()
        #expect(order.take("b", number: 1) == [] && order.take("a", number: 0) == ["a", "b"])
        #expect(order.take("e", number: 4) == [] && order.take("d", number: 3) == [])
        #expect(order.rest() == ["d", "e"] && order.rest() == [])
    }
}
