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

    /// Probes that are remembered at the most.
    static let capacity = 0x8000

    private let limit: Int
    private var recent: [Probe] = []
    /// Numbers that were given out: the next probe's.
    private(set) var count = 0

    /// - Parameter limit: probes that are remembered, at most `capacity`.
    init(limit: Int = capacity) { self.limit = min(max(limit, 1), Self.capacity) }

    /// Probes that are remembered now.
    var rememberedCount: Int { recent.count }

    /// The probe of this number; nil when it is forgotten or was never made.
    subscript(number: Int) -> Probe? {
        isRemembered(number) ? recent[number % limit] : nil
    }

    private func isRemembered(_ number: Int) -> Bool {
        number >= 0 && number < count && number >= count - limit
    }

    /// Adds a probe and gives it its number.
    mutating func append(_ packet: TracePacket, tag: Int, unfragmentedLength: Int, at instant: Instant) {
        let probe = Probe(packet: packet, tag: tag, sentAt: instant, unfragmentedLength: unfragmentedLength)
        if recent.count < limit { recent.append(probe) } else { recent[count % limit] = probe }
        count += 1
    }

    mutating func setSent(_ number: Int, at instant: Instant) {
        if isRemembered(number) { recent[number % limit].sentAt = instant }
    }

    mutating func setAnswered(_ number: Int) {
        if isRemembered(number) { recent[number % limit].isAnswered = true }
    }
}
