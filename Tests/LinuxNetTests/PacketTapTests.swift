import LinuxProcess
import PacketEngine
import Testing

@testable import LinuxNet

@Suite("taps")
struct PacketTapTests {
    private static let isPermitted = (try? PacketTap { _ in }) != nil

    // 100 pauses of a second would exceed the limit.
    @Test(
        "the wait for the last frames ends with the first pause", .enabled(if: isPermitted, "needs CAP_NET_RAW"),
        .timeLimit(.minutes(1)))
    func quiet() throws {
        // It receives nothing before it is bound.
        let tap = try PacketTap { _ in }
        tap.drain(untilQuietFor: 1_000)
    }
}
