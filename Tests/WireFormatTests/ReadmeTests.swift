import Testing
import WireFormat

/// The README's program, as it stands there.
@Suite("README")
struct ReadmeTests {
    @Test("an echo made, read back and verified")
    func echo() throws {
        let echo = ICMPEcho(identifier: 1, sequenceNumber: 1, data: [1, 2, 3])
        let bytes = ICMPv4Message(.echoRequest(echo)).encoded()
        let view = try ICMPv4View(bytes.rawBytes)
        #expect(view.type == .echoRequest && view.sequenceNumber == 1 && view.checksumState == .correct)
        #expect(bytes == [8, 0, 0xF3, 0xFB, 0, 1, 0, 1, 1, 2, 3])
    }
}
