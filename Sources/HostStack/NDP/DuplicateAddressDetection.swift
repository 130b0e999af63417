import PacketEngine
import WireFormat

/// Makes sure that nobody has an address before it is used (RFC 4862, section 5.4), and tells everybody then
/// (RFC 9131, section 6.1).
struct DuplicateAddressDetection: Sendable {
    private var steps: [(after: Nanoseconds, frame: [UInt8])] = []
    private let firstUse: Nanoseconds
    private var start: Instant?
    private(set) var isDone = false

    init(_ configuration: NDPConfiguration, random: inout SeededGenerator) {
        // Somewhere in the first second, so that many do not ask at once (RFC 4862, section 5.4.2).
        let after = Nanoseconds.milliseconds(Int64(random.next() % 1_000))
        firstUse = after + configuration.retransmissionTimer
        for (address, _) in configuration.addresses {
            let question = NDPFrame.solicitation(for: address, from: .unspecified, mac: configuration.mac)
            steps.append((after, question))
        }
        for (address, _) in configuration.addresses {
            steps.append(
                (
                    firstUse,
                    NDPFrame.advertisement(
                        of: address, flags: configuration.isRouter ? [.router, .override] : .override, to: .allNodes,
                        mac: configuration.mac)
                ))
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
