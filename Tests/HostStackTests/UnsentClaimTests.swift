import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// An address is used only after it was probed.
@Suite("address checks that cannot be sent")
struct UnsentClaimTests {
    private static func configuration(_ family: IPAddress.Family) -> HostConfiguration {
        HostConfiguration([SimulatedWire.interface(2, family: family)], seed: (1, 2))
    }

    /// Makes a host send what it can.
    /// - Returns: the number of frames.
    private static func advance(_ host: inout UserSpaceHost, at now: Instant) -> Int {
        var batch = PacketBatch(capacity: 64, slotLength: 1_514)
        host.advance(at: now)
        _ = host.transmit(into: &batch, at: now)
        return batch.count
    }

    @Test("the check starts again as long as its frames fail", arguments: [IPAddress.Family.v4, .v6])
    func failing(family: IPAddress.Family) {
        var host = UserSpaceHost(Self.configuration(family))
        let start = Instant(nanoseconds: 1_000_000_000)
        var frames = 0
        for step in 0..<600 {
            let now = start + .milliseconds(100) * Int64(step)
            let count = Self.advance(&host, at: now)
            if count > 0 { host.sendingFailed(at: now) }
            frames += count
        }
        var isUp = host.isUp
        #expect(!isUp && (20...150).contains(frames))
        var step = 600
        while !host.isUp, step < 900 {
            _ = Self.advance(&host, at: start + .milliseconds(100) * Int64(step))
            step += 1
        }
        isUp = host.isUp
        #expect(isUp && step > (family == .v4 ? 640 : 610))
        // An address in use stays in use.
        host.sendingFailed(at: start + .seconds(100))
        isUp = host.isUp
        #expect(isUp)
    }

    @Test("delayed frames do not shorten the check", arguments: [IPAddress.Family.v4, .v6])
    func heldUp(family: IPAddress.Family) {
        var host = UserSpaceHost(Self.configuration(family))
        let start = Instant(nanoseconds: 1_000_000_000)
        _ = Self.advance(&host, at: start)
        // No frame was accepted for a minute.
        let later = start + .seconds(60)
        let count = Self.advance(&host, at: later)
        _ = Self.advance(&host, at: later + .milliseconds(900))
        var isUp = host.isUp
        #expect(count > 0 && !isUp)
        for step in 10...100 { _ = Self.advance(&host, at: later + .milliseconds(100) * Int64(step)) }
        isUp = host.isUp
        #expect(isUp)
    }

    /// A port that sends nothing: its queue is full, or it fails.
    private struct BlockedPort: PacketPort, ~Copyable {
        let failure: TransmissionFailure?
        var now = Instant(nanoseconds: 1_000_000_000)

        init(_ failure: TransmissionFailure?) { self.failure = failure }

        mutating func send<E: Engine & ~Copyable>(
            _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
        ) -> Int {
            guard let failure else { return first }
            for index in first..<batch.count { engine.transmissionFailed(batch.entries[index].token, failure, at: now) }
            return batch.count
        }

        mutating func receive<E: Engine & ~Copyable>(into engine: inout E) -> Int { 0 }

        mutating func wait(until deadline: Instant?) -> WakeReason {
            now = max(now + .microseconds(1), deadline ?? now)
            return []
        }
    }

    private struct NoNames: NameSource {
        func ask(_ name: String) {}
        func take() -> [(name: String, answer: Result<[ResolvedAddress], NameFailure>)] { [] }
        func askServices(_ name: String) {}
        func takeServices() -> [(name: String, answer: Result<ServiceRecords, NameFailure>)] { [] }
        func takeQueries() -> [(number: UInt64, query: DNSQuery)] { [] }
        func answer(_ number: UInt64, _ outcome: StubResolver.Outcome) {}
    }

    @Test("streams do not start then", arguments: [nil, TransmissionFailure.notPermitted("no")])
    func streams(failure: TransmissionFailure?) {
        var streams = HostStreams(Self.configuration(.v4), on: BlockedPort(failure), names: NoNames())
        let start = streams.now
        let obstacle = streams.bringUp()
        let elapsed = streams.now - start
        #expect(obstacle == .unchecked(failure ?? .noBuffers) && elapsed < .seconds(4))
    }
}
