import PacketEngine
import WireFormat

/// Makes sure that nobody has an address before it is used, and tells everybody then (RFC 5227, sections 2.1 and 2.3).
struct AddressClaim: Sendable {
    private static let probeCount = 3
    private static let announceCount = 2
    private static let announceInterval = Nanoseconds.seconds(2)

    private let mac: MACAddress
    private var steps: [(at: Instant, frame: [UInt8])]
    private let firstUse: Instant
    private(set) var isDone = false

    init(_ addresses: [IPv4Address], mac: MACAddress, random: inout SeededGenerator, at now: Instant) {
        self.mac = mac
        steps = []
        // Between no time and a second, then between one and two each.
        var at = now + .milliseconds(Int64(random.next() % 1_000))
        for _ in 0..<Self.probeCount {
            for address in addresses {
                steps.append((at, ARPFrame.bytes(ARPPacket.probe(for: address, from: mac), to: .broadcast)))
            }
            at = at + .milliseconds(1_000 + Int64(random.next() % 1_000))
        }
        firstUse = at + .seconds(1)
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

    var due: Instant? { steps.first?.at ?? (isDone ? nil : firstUse) }

    /// The frame that is due, if any.
    mutating func advance(at now: Instant) -> [UInt8]? {
        if now >= firstUse { isDone = true }
        guard let step = steps.first, step.at <= now else { return nil }
        steps.removeFirst()
        return step.frame
    }
}
