import PacketEngine

/// The probes of a trace by number, in send order.
///
/// The oldest expire: marks are reused after 65,534 probes, and a reply must not be matched to an old probe.
struct TraceProbes: Sendable {
    struct Probe: Sendable {
        var packet: TracePacket
        /// The engine's tag of the probe.
        var tag: Int
        /// The send time; nil while unknown.
        var sentAt: Instant
        /// The length of the longest unfragmented packet at the time of sending, in bytes.
        var unfragmentedLength: Int
        var isAnswered = false
        /// Whether the system accepted it.
        var wasSent = false
        /// Whether it was lost because this host's link was down.
        var isLost = false
    }

    /// The maximum number of probes kept.
    static let capacity = 0x8000

    private let limit: Int
    private var recent: [Probe] = []
    /// The number of probes created, which is the next probe's number.
    private(set) var count = 0

    /// - Parameter limit: the number of probes to keep, at most `capacity`.
    init(limit: Int = capacity) { self.limit = min(max(limit, 1), Self.capacity) }

    /// The number of probes kept now.
    var rememberedCount: Int { recent.count }

    /// Returns the probe of this number; nil if it expired or was never created.
    subscript(number: Int) -> Probe? {
        isRemembered(number) ? recent[number % limit] : nil
    }

    private func isRemembered(_ number: Int) -> Bool {
        number >= 0 && number < count && number >= count - limit
    }

    /// Adds a probe and returns its number.
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

    /// Marks the probes in flight that are waited for as lost.
    /// - Returns: the tags of the probes; each is reported once.
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
