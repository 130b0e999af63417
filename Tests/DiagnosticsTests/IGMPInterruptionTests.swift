import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// A member of groups whose interface goes down.
@Suite("a member of groups on an interrupted link")
struct IGMPInterruptionTests {
    private static func second(_ count: Int64) -> Instant { Instant(nanoseconds: count * 1_000_000_000) }
    private static let down = TransmissionFailure.interface("Network is down")

    private static var configuration: IGMPJoinConfiguration {
        IGMPJoinConfiguration(
            links: [.init(identity: IGMPScenario.identity(1), mtu: 1_500)],
            memberships: [.init(group: IGMPScenario.group)], seed: 1)
    }

    /// Lets an engine send, and reports the result to it.
    /// - Returns: the number of frames, and what the engine waits for.
    private func send<E: Engine & ~Copyable>(
        _ engine: inout E, at now: Instant, _ failure: TransmissionFailure? = nil
    ) -> (count: Int, next: Deadline) {
        var batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        let next = engine.transmit(into: &batch, at: now)
        for entry in batch.entries {
            if let failure {
                engine.transmissionFailed(entry.token, failure, at: now)
            } else {
                engine.transmitted(entry.token, at: now, isExact: false)
            }
        }
        return (batch.count, next)
    }

    private func events(_ engine: inout IGMPJoinEngine) -> [String] {
        var names: [String] = []
        engine.drain { event in
            switch event.kind {
            case .joined: names.append("joined")
            case .sent: names.append("sent")
            case .left: names.append("left")
            case .failed: names.append("failed")
            default: names.append("other")
            }
        }
        return names
    }

    @Test("a report that finds the interface down ends nothing, and is sent when it is up")
    func reports() {
        var engine = IGMPJoinEngine(Self.configuration)
        #expect(send(&engine, at: Self.second(0), Self.down).count == 1)
        #expect(events(&engine).isEmpty)
        engine.setLink(0, isConnected: false, at: Self.second(1))
        for second in 1...300 as ClosedRange<Int64> {
            let (count, next) = send(&engine, at: Self.second(second))
            #expect(count == 0 && next == .never)
        }
        engine.setLink(0, isConnected: true, at: Self.second(301))
        #expect(send(&engine, at: Self.second(301)).count == 1)
        #expect(events(&engine) == ["joined", "sent"])
        // As many times as any change.
        #expect(send(&engine, at: Self.second(303)).count == 1)
        #expect(send(&engine, at: Self.second(310)).count == 0)
    }

    @Test("another failure ends the run as before")
    func failure() {
        var engine = IGMPJoinEngine(Self.configuration)
        _ = send(&engine, at: Self.second(0), .system("Invalid argument"))
        #expect(events(&engine) == ["failed"])
        #expect(send(&engine, at: Self.second(0)).next == .finished)
    }

    @Test("on a stop or at its deadline, it ends at once while the interface is down")
    func end() {
        for isDeadline in [false, true] {
            var configuration = Self.configuration
            if isDeadline { configuration.duration = .seconds(5) }
            var engine = IGMPJoinEngine(configuration)
            #expect(send(&engine, at: Self.second(0)).count == 1)
            engine.setLink(0, isConnected: false, at: Self.second(1))
            #expect(send(&engine, at: Self.second(2)).next == (isDeadline ? .at(Self.second(5)) : .never))
            if !isDeadline { engine.stop(at: Self.second(5)) }
            let (count, next) = send(&engine, at: Self.second(5))
            #expect(count == 0 && next == .finished)
            #expect(events(&engine) == ["joined", "sent", "left"])
            #expect(engine.summary.reports == 1 && engine.summary.elapsed == .seconds(5))
        }
    }

    // MARK: A querier

    private static func querier(_ change: (inout IGMPQueryConfiguration) -> Void = { _ in }) -> IGMPQueryEngine {
        var configuration = IGMPQueryConfiguration(
            identity: IGMPScenario.identity(1), mtu: 1_500, query: IGMPScenario.query(response: 1_000))
        configuration.count = 2
        change(&configuration)
        return IGMPQueryEngine(configuration)
    }

    private func outcome(_ engine: inout IGMPQueryEngine) -> (asked: Int, failed: Int) {
        var (asked, failed) = (0, 0)
        engine.drain { event in
            switch event {
            case .asked: asked += 1
            case .failed: failed += 1
            default: break
            }
        }
        return (asked, failed)
    }

    @Test("queries wait while the interface is down, those after --listen and those of -c", arguments: [false, true])
    func queries(isFirst: Bool) {
        var engine = Self.querier()
        _ = send(&engine, at: Self.second(0))
        if !isFirst { #expect(send(&engine, at: Self.second(2)).count == 1) }
        engine.setLink(isConnected: false, at: Self.second(3))
        for second in 4...60 as ClosedRange<Int64> {
            let (count, next) = send(&engine, at: Self.second(second))
            #expect(count == 0 && next == .never)
        }
        engine.setLink(isConnected: true, at: Self.second(61))
        #expect(send(&engine, at: Self.second(61)).count == 1)
        #expect(send(&engine, at: Self.second(62)).count == 0)
        _ = send(&engine, at: Self.second(63))
        if isFirst { _ = send(&engine, at: Self.second(65)) }
        #expect(send(&engine, at: Self.second(70)).next == .finished)
        let (asked, failed) = outcome(&engine)
        #expect(asked == 2 && failed == 0 && engine.summary.queries == 2)
    }

    @Test(
        "a query that finds the interface down is sent later, whether or not that is reported",
        arguments: [false, true])
    func query(isReported: Bool) {
        var engine = Self.querier { $0.isForced = true }
        #expect(send(&engine, at: Self.second(0), Self.down).count == 1)
        // Not at once: it would fail in a busy loop.
        let (count, next) = send(&engine, at: Self.second(0))
        #expect(count == 0 && next == .at(Instant(nanoseconds: 100_000_000)))
        if isReported {
            engine.setLink(isConnected: false, at: Self.second(1))
            #expect(send(&engine, at: Self.second(1)).next == .never)
            engine.setLink(isConnected: true, at: Self.second(1))
        }
        #expect(send(&engine, at: Self.second(1)).count == 1)
        let (asked, failed) = outcome(&engine)
        #expect(asked == 1 && failed == 0)
    }

    @Test("while the interface is down, -w or a signal ends the querier; another failure does so at once")
    func querierEnd() {
        var engine = Self.querier { $0.deadline = .seconds(5) }
        _ = send(&engine, at: Self.second(0))
        engine.setLink(isConnected: false, at: Self.second(1))
        #expect(send(&engine, at: Self.second(3)).next == .at(Self.second(5)))
        #expect(send(&engine, at: Self.second(5)).next == .finished)
        engine = Self.querier()
        engine.setLink(isConnected: false, at: Self.second(0))
        engine.stop(at: Self.second(1))
        #expect(send(&engine, at: Self.second(1)).next == .finished)
        engine = Self.querier { $0.isForced = true }
        _ = send(&engine, at: Self.second(0), .system("Invalid argument"))
        #expect(outcome(&engine).failed == 1 && send(&engine, at: Self.second(0)).next == .finished)
    }
}
