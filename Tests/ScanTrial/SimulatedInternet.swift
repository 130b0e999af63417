import PacketEngine
import WireFormat

/// A /8 without sockets: the reply to a probe is determined by a seed and arrives after a fixed time.
struct SimulatedInternet: PacketPort, ~Copyable {
    typealias Failure = Never

    /// The result for the probes of an address.
    enum Fate { case open, closed, unresponsive }

    /// Returns the result for an address.
    static func fate(of address: UInt32, seed: UInt64) -> Fate {
        switch hash(UInt64(address), seed) % 100 {
        case 0..<2: .open
        case 2..<30: .closed
        default: .unresponsive
        }
    }

    /// Whether the probe or its reply is lost in one of the attempts: 10 % each.
    static func isLost(_ address: UInt32, try number: UInt64, seed: UInt64) -> Bool {
        let word = hash(UInt64(address) << 8 | number, ~seed)
        return word % 10 == 0 || (word >> 32) % 10 == 0
    }

    private static func hash(_ value: UInt64, _ seed: UInt64) -> UInt64 {
        var word = (value ^ seed) &* 0x9E37_79B9_7F4A_7C15
        word ^= word >> 29
        word &*= 0xBF58_476D_1CE4_E5B9
        return word ^ word >> 32
    }

    /// The round-trip time.
    private static let delay = Nanoseconds.milliseconds(5)
    private static let sendingTime = Nanoseconds(500)
    private static let slotLength = 80

    private let seed: UInt64
    private let firstPort: UInt16
    private(set) var sentCount = 0
    private var clock = Instant(nanoseconds: 1_000_000_000)
    /// The pending replies, oldest first: a ring of slots.
    private var slots: [UInt8]
    private var dues: [Instant]
    private var lengths: [Int]
    private var first = 0
    private var count = 0

    /// - Parameter firstPort: the source port of first attempts.
    init(seed: UInt64, firstPort: UInt16) {
        self.seed = seed
        self.firstPort = firstPort
        let capacity = Int(Self.delay.count / Self.sendingTime.count) + 4_096
        slots = [UInt8](repeating: 0, count: capacity * Self.slotLength)
        dues = [Instant](repeating: clock, count: capacity)
        lengths = [Int](repeating: 0, count: capacity)
    }

    var now: Instant { clock }

    mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) -> Int {
        let start = clock
        for index in first..<batch.count {
            carry(batch, batch.entries[index])
            clock = clock + Self.sendingTime
        }
        sentCount += batch.count - first
        engine.transmitted(batch, first..<batch.count, from: start, span: clock - start)
        return batch.count
    }

    private mutating func carry(_ batch: borrowing PacketBatch, _ entry: PacketBatch.Entry) {
        let frame = batch.storage.rawBytes.extracting(entry.offset..<entry.offset + entry.length)
        let address = frame.bigEndian32(at: 30)
        let attempt = UInt64(frame.bigEndian16(at: 34) &- firstPort)
        let fate = Self.fate(of: address, seed: seed)
        guard fate != .unresponsive, !Self.isLost(address, try: attempt, seed: seed) else { return }
        let index = (first + count) % dues.count
        precondition(count < dues.count, "the ring of replies is too small")
        count += 1
        dues[index] = clock + Self.delay
        lengths[index] = entry.length
        slots.withMutableBytes { bytes in
            let offset = index * Self.slotLength
            // The sum of the IP header does not change when its addresses are exchanged.
            for index in 0..<entry.length { bytes.setByte(frame.byte(at: index), at: offset + index) }
            bytes.setBigEndian32(frame.bigEndian32(at: 30), at: offset + 26)
            bytes.setBigEndian32(frame.bigEndian32(at: 26), at: offset + 30)
            bytes.setBigEndian16(frame.bigEndian16(at: 36), at: offset + 34)
            bytes.setBigEndian16(frame.bigEndian16(at: 34), at: offset + 36)
            bytes.setBigEndian32(frame.bigEndian32(at: 38) &+ 1, at: offset + 42)
            bytes.setByte(fate == .open ? 0x12 : 0x14, at: offset + 47)
        }
    }

    mutating func receive<E: Engine & ~Copyable>(into engine: inout E) -> Int {
        var total = 0
        while count > 0, dues[first] <= clock {
            let offset = first * Self.slotLength
            engine.receive(
                ReceivedPacket(
                    frame: slots.rawBytes.extracting(offset..<offset + lengths[first]), arrival: dues[first],
                    hasPendingChecksum: true))
            first = first + 1 == dues.count ? 0 : first + 1
            count -= 1
            total += 1
        }
        return total
    }

    mutating func wait(until deadline: Instant?) -> WakeReason {
        let next = [deadline, count > 0 ? dues[first] : nil].compactMap { $0 }.min()
        guard let next else { return .stop }
        clock = max(clock, next)
        return count > 0 && dues[first] <= clock ? .packets : []
    }
}
