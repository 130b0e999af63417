import PacketEngine
import Testing

@testable import swift_net

@Suite("graphs of round-trip times, and keys")
struct RoundTripGraphTests {
    private func text(_ samples: [RoundTripGraph.Sample], width: Int, height: Int, isUnicode: Bool = true) -> [String] {
        RoundTripGraph(isUnicode: isUnicode).lines(samples, width: width, height: height, top: .milliseconds(8))
            .map { $0.map(\.text).joined() }
    }

    @Test("one dot for each probe, the newest at the right, connected with the one before")
    func dots() {
        // 4 rows of dots: 8 ms is at the top, 0 at the bottom.
        #expect(text([.answered(.milliseconds(8))], width: 2, height: 1) == [" \u{2808}"])
        #expect(text([.answered(.zero)], width: 2, height: 1) == [" \u{2880}"])
        #expect(text([.answered(.zero), .answered(.zero)], width: 1, height: 1) == ["\u{28C0}"])
        // From the bottom to the top: the second column has the dots above the first.
        #expect(text([.answered(.zero), .answered(.milliseconds(8))], width: 1, height: 1) == ["\u{2878}"])
    }

    @Test("a time above the limit is at the upper edge; a pending probe leaves a gap")
    func limits() {
        #expect(text([.answered(.seconds(9))], width: 1, height: 2) == ["\u{2808}", " "])
        #expect(text([.answered(.zero), .pending], width: 1, height: 1) == ["\u{2840}"])
        #expect(text([], width: 3, height: 2) == ["   ", "   "])
        #expect(text([.answered(.zero)], width: 0, height: 2).isEmpty)
    }

    @Test("a lost probe is a red x in the last line")
    func lost() {
        let lines = RoundTripGraph(isUnicode: true).lines(
            [.answered(.milliseconds(8)), .lost], width: 1, height: 2, top: .milliseconds(8))
        #expect(lines == [[ScreenCell("\u{2801}", .green)], [ScreenCell("x", .red)]])
    }

    @Test("in ASCII a character is one probe")
    func ascii() {
        let samples: [RoundTripGraph.Sample] = [.answered(.zero), .answered(.milliseconds(8)), .lost, .answered(.zero)]
        #expect(text(samples, width: 5, height: 2, isUnicode: false) == ["  *  ", " * x*"])
    }

    @Test(
        "the upper limit is a round value",
        arguments: [(3, 10_000), (10_000, 10_000), (10_001, 20_000), (2_000_001, 5_000_000), (7_000_000, 10_000_000)])
    func top(greatest: Int64, limit: Int64) {
        #expect(RoundTripGraph.top([.lost, .answered(Nanoseconds(greatest))]) == Nanoseconds(limit))
    }

    @Test("every line has the width of the screen", arguments: [0, 5, 11, 40], [1, 3, 9])
    func labeled(columns: Int, height: Int) {
        let samples = (0..<200).map { RoundTripGraph.Sample.answered(.milliseconds(Int64($0 % 17))) }
        for line in RoundTripGraph(isUnicode: true).labeledLines(samples, columns: columns, height: height) {
            #expect(line.map(\.text).joined().count == columns)
        }
    }

    @Test("keys and the sequences of arrow keys")
    func keys() {
        #expect(
            ScreenKey.keys(Array("qj\u{1B}[A\u{1B}OBx\u{1B}".utf8)) == [
                .character("q"), .character("j"), .up, .down, .character("x"),
            ])
        // An unknown sequence is no key.
        #expect(ScreenKey.keys(Array("\u{1B}[C ".utf8)) == [.character(" ")])
        #expect(ScreenKey.keys([]) == [])
    }
}
