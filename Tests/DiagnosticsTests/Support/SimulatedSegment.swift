import HostStack
import PacketEngine
import WireFormat

@testable import Diagnostics

/// A station on a simulated link.
protocol SegmentStation: AnyObject {
    /// When it sends next; nil if it is finished or waits for frames.
    var due: Instant? { get }
    /// Sends frames that are due.
    func step(at now: Instant) -> [[UInt8]]
    func receive(_ frame: [UInt8], at now: Instant)
}

/// A station that an engine drives.
final class EngineStation<Driven: Engine & ~Copyable>: SegmentStation {
    private var engine: Driven
    private(set) var events: [Driven.Event] = []
    private(set) var due: Instant?
    private(set) var isFinished = false
    private var batch: PacketBatch
    /// `.datagram` on a link without a link header.
    private let form: ReceivedPacket.Form

    init(_ engine: consuming Driven, form: ReceivedPacket.Form = .frame) {
        self.form = form
        batch = PacketBatch(capacity: engine.batchCapacity, slotLength: engine.maximumPacketLength)
        self.engine = engine
        due = Instant(nanoseconds: 0)
    }

    func step(at now: Instant) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while !isFinished {
            batch.removeAll()
            let deadline = engine.transmit(into: &batch, at: now)
            let sent = batch.entries
            for entry in sent {
                frames.append(batch.bytes(of: entry))
                engine.transmitted(entry.token, at: now)
            }
            engine.drain { events.append($0) }
            switch deadline {
            case .finished:
                isFinished = true
                due = nil
            case .never: due = nil
            case .at(let instant): due = instant
            }
            if sent.isEmpty, due.map({ $0 > now }) ?? true { break }
        }
        return frames
    }

    func receive(_ frame: [UInt8], at now: Instant) {
        guard !isFinished else { return }
        engine.receive(
            ReceivedPacket(bytes: frame.rawBytes, form: form, arrival: now, source: .v4(.unspecified)))
        due = now
    }

    func stop(at now: Instant) {
        engine.stop(at: now)
        due = now
    }

    func with<Result>(_ body: (borrowing Driven) -> Result) -> Result { body(engine) }
}

/// Stations on one link, in virtual time: each receives the frames of the others unless the seed drops them.
struct SimulatedSegment {
    var stations: [any SegmentStation] = []
    /// The share of frames that a receiver misses.
    var loss = 0.0
    /// Every frame sent.
    private(set) var log: [(at: Instant, sender: Int, bytes: [UInt8])] = []
    private(set) var now = Instant(nanoseconds: 0)
    private var random: SeededGenerator

    init(seed: UInt64 = 1) { random = SeededGenerator(seed: seed) }

    /// Advances the time to `milliseconds` after the start.
    mutating func run(until milliseconds: Int64) {
        let end = Instant(nanoseconds: milliseconds * 1_000_000)
        while let due = stations.compactMap(\.due).min(), due <= end {
            now = max(now, due)
            for (index, station) in stations.enumerated() where station.due.map({ $0 <= now }) ?? false {
                for frame in station.step(at: now) { send(frame, from: index) }
            }
        }
        now = end
    }

    /// Puts a frame on the link.
    /// - Parameter sender: the station that does not receive it; -1 for an outside sender.
    mutating func send(_ frame: [UInt8], from sender: Int = -1) {
        log.append((now, sender, frame))
        for (index, station) in stations.enumerated() where index != sender {
            if loss > 0, Double.random(in: 0..<1, using: &random) < loss { continue }
            station.receive(frame, at: now)
        }
    }

    /// The group messages sent from a time on.
    func messages(from milliseconds: Int64 = 0, by sender: Int? = nil) -> [(
        milliseconds: Int64, message: MembershipMessage
    )] {
        log.compactMap { entry in
            guard entry.at.nanoseconds >= milliseconds * 1_000_000, sender == nil || sender == entry.sender,
                let packet = ReceivedMulticast(entry.bytes.rawBytes), let received = ReceivedMembership(packet)
            else { return nil }
            return (entry.at.nanoseconds / 1_000_000, received.message)
        }
    }
}
