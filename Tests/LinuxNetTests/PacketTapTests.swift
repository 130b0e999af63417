import LinuxProcess
import PacketEngine
import Testing

@testable import LinuxNet

@Suite("taps")
struct PacketTapTests {
    private static let isPermitted = (try? PacketTap { _ in }) != nil

    @Test("the wait for the last frames ends with the first pause", .enabled(if: isPermitted, "needs CAP_NET_RAW"))
    func quiet() throws {
        // It receives nothing before it is bound.
        let tap = try PacketTap { _ in }
        let start = SystemClock.now
        tap.drain(untilQuietFor: 20)
        #expect(SystemClock.now - start < .seconds(1))
    }
}
