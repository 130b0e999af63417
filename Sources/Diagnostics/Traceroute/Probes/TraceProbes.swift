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
        /// The system took it.
        var wasSent = false
        /// It was lost on this host's own link.
        var isLost = false
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
        guard isRemembered(number) else { return }
        recent[number % limit].sentAt = instant
        recent[number % limit].wasSent = true
    }

    mutating func setLost(_ number: Int) {
        if isRemembered(number) { recent[number % limit].isLost = true }
    }

    /// Marks as lost what was sent, and is waited for.
    /// - Returns: the tags of the probes, each of which is lost once.
    mutating func loseAll(_ isWaited: (_ tag: Int) -> Bool) -> [Int] {
        var tags: [Int] = []
        for index in recent.indices {
            let probe = recent[index]
            guard probe.wasSent, !probe.isAnswered, !probe.isLost, isWaited(probe.tag) else { continue }
            recent[index].isLost = true
            tags.append(probe.tag)
        }
        return tags
    }

    mutating func setAnswered(_ number: Int) {
        if isRemembered(number) { recent[number % limit].isAnswered = true }
    }
}
