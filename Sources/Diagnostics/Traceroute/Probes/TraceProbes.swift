import PacketEngine

/// The probes of a trace, by number, in the order they were made.
///
/// The oldest are forgotten: the marks that packets carry come round after
/// 65,534 probes, and must not be taken for those of long ago.
struct TraceProbes: Sendable {
    struct Probe: Sendable {
        var packet: TracePacket
        /// What the engine knows it by.
        var tag: Int
        /// When it left, as far as is known.
        var sentAt: Instant
        /// The longest packet that left in one piece then, in bytes.
        var unfragmentedLength: Int
        var isAnswered = false
    }

    /// Probes that are remembered.
    static let capacity = 0x8000

    private var recent: [Probe] = []
    /// Numbers that were given out: the next probe's.
    private(set) var count = 0

    /// The probe of this number; nil when it is forgotten or was never made.
    subscript(number: Int) -> Probe? {
        isRemembered(number) ? recent[number % Self.capacity] : nil
    }

    private func isRemembered(_ number: Int) -> Bool {
        number >= 0 && number < count && number >= count - Self.capacity
    }

    /// Adds a probe and gives it its number.
    mutating func append(_ packet: TracePacket, tag: Int, unfragmentedLength: Int, at instant: Instant) {
        let probe = Probe(packet: packet, tag: tag, sentAt: instant, unfragmentedLength: unfragmentedLength)
        if recent.count < Self.capacity { recent.append(probe) } else { recent[count % Self.capacity] = probe }
        count += 1
    }

    mutating func setSent(_ number: Int, at instant: Instant) {
        if isRemembered(number) { recent[number % Self.capacity].sentAt = instant }
    }

    mutating func setAnswered(_ number: Int) {
        if isRemembered(number) { recent[number % Self.capacity].isAnswered = true }
    }
}
