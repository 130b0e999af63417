import PacketEngine
import Testing
import WireFormat

/// The loop between an engine and a port whose queue is full.
@Suite("the engine loop and full queues")
struct EngineLoopTests {
    /// Sends a number of packets.
    private struct Sender: Engine, ~Copyable {
        let count: UInt64
        var appended: UInt64 = 0
        var sent: [UInt64] = []
        var failed: [UInt64] = []

        init(_ count: UInt64) { self.count = count }

        var maximumPacketLength: Int { 64 }
        var batchCapacity: Int { 64 }

        mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
            while appended < count, batch.append(frame: [1], token: appended) { appended += 1 }
            return batch.isEmpty ? .finished : .at(now)
        }

        mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) { sent.append(token) }

        mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
            if case .noBuffers = failure { failed.append(token) }
        }

        mutating func receive(_ packet: borrowing ReceivedPacket) {}
        mutating func stop(at now: Instant) {}
        mutating func drain(_ report: (Never) -> Void) {}
    }

    /// Accepts a packet at a time, each when `interval` has passed since the one before; nil for none.
    private struct SlowPort: PacketPort, ~Copyable {
        var now = Instant(nanoseconds: 0)
        let interval: Nanoseconds?
        var next = Instant(nanoseconds: 0)

        init(interval: Nanoseconds?) { self.interval = interval }

        mutating func send<E: Engine & ~Copyable>(
            _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
        ) throws(Never) -> Int {
            guard let interval, now >= next else { return first }
            next = now + interval
            engine.transmitted(batch.entries[first].token, at: now)
            return first + 1
        }

        mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(Never) -> Int { 0 }

        mutating func wait(until deadline: Instant?) throws(Never) -> WakeReason {
            now = max(now + .microseconds(1), deadline ?? now)
            return []
        }
    }

    private struct Observer: EngineObserver {
        mutating func report(_ event: Never) {}
        mutating func step(_ engine: inout Sender, _ wakeReason: WakeReason, at now: Instant) -> Instant? { nil }
    }

    private func run(_ count: UInt64, interval: Nanoseconds?) -> (sent: [UInt64], failed: [UInt64]) {
        var engine = Sender(count)
        var port = SlowPort(interval: interval)
        var observer = Observer()
        EngineLoop.run(&engine, on: &port, observer: &observer)
        return (engine.sent, engine.failed)
    }

    @Test("a queue that takes a packet now and then loses none: each has its own second")
    func slow() {
        let (sent, failed) = run(100, interval: .milliseconds(700))
        #expect(sent == Array(0..<100) && failed.isEmpty)
    }

    @Test("a packet that does not fit for more than a second fails, and the next is tried")
    func full() {
        let (sent, failed) = run(3, interval: nil)
        #expect(sent.isEmpty && failed == [0, 1, 2])
    }
}
