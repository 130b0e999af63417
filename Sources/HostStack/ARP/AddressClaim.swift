import PacketEngine
import WireFormat

/// Makes sure that nobody has an address before it is used, and tells everybody then (RFC 5227, sections 2.1 and 2.3).
struct AddressClaim: Sendable {
    private static let probeCount = 3
    private static let announceCount = 2
    private static let announceInterval = Nanoseconds.seconds(2)

    /// After the beginning.
    private var steps: [(after: Nanoseconds, frame: [UInt8])] = []
    private let firstUse: Nanoseconds
    private var start: Instant?
    private(set) var isDone = false

    init(_ addresses: [IPv4Address], mac: MACAddress, random: inout SeededGenerator) {
        // Between no time and a second, then between one and two each.
        var after = Nanoseconds.milliseconds(Int64(random.next() % 1_000))
        for _ in 0..<Self.probeCount {
            for address in addresses {
                steps.append((after, ARPFrame.bytes(ARPPacket.probe(for: address, from: mac), to: .broadcast)))
            }
            after = after + .milliseconds(1_000 + Int64(random.next() % 1_000))
        }
        firstUse = after + .seconds(1)
        for number in 0..<Self.announceCount {
            for address in addresses {
                steps.append(
                    (
                        firstUse + Self.announceInterval * Int64(number),
                        ARPFrame.bytes(ARPPacket.announcement(of: address, at: mac), to: .broadcast)
                    ))
            }
        }
    }

    /// When it has something to do; at once, before it has begun.
    var due: Instant? {
        guard let start else { return Instant(nanoseconds: 0) }
        return steps.first.map { start + $0.after } ?? (isDone ? nil : start + firstUse)
    }

    /// The frame that is due, if any.
    mutating func advance(at now: Instant) -> [UInt8]? {
        let start = start ?? now
        self.start = start
        if now >= start + firstUse { isDone = true }
        guard let step = steps.first, start + step.after <= now else { return nil }
        steps.removeFirst()
        return step.frame
    }
}
