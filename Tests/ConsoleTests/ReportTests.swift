import LinuxProcess
import SwiftNet
import Testing

@testable import swift_net

/// The calls of `RunObserver` to a report.
@Suite struct ReportTests {
    private final class Recorder: PingRunReport {
        var calls: [String] = []
        var next: Instant?

        func report(_ event: PingEvent, at now: Instant) {
            if case .timeout(let sequence, _) = event { calls.append("event \(sequence)") }
        }

        func update(at now: Instant, isStopped: Bool) -> Instant? {
            calls.append(isStopped ? "stopped" : "update")
            return next
        }

        func finish(_ summary: PingSummary, drops: KernelDrops, at now: Instant) { calls.append("finish") }
    }

    @Test func hooks() {
        let recorder = Recorder()
        var observer = RunObserver(form: recorder, console: Console(command: "test"))
        let address = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        var random = SeededGenerator(seed: 1)
        let format = PingProbeFormat(
            level: .datagram, source: address, identifier: 1, header: PingProbeHeader(), data: [],
            key: SipHash(using: &random))
        var engine = PingEngine(PingConfiguration(destination: address, format: format))
        let now = SystemClock.now
        observer.report(.timeout(sequence: 7, at: now))
        let first = observer.step(&engine, [], at: now)
        recorder.next = now + .seconds(1)
        let second = observer.step(&engine, .stop, at: now)
        let last = observer.linger(at: now)
        #expect(first == nil && second == now + .seconds(1) && last == second)
        #expect(recorder.calls == ["event 7", "update", "stopped", "update"])
        let status = recorder.status(engine, at: now)
        #expect(status == "\r0/0 packets, 0% loss")
    }
}
