import PacketEngine

/// The look back at a window's hosts after the last try: whether their silence is an answer. It is taken while late
/// answers are waited for, some ports at a time.
struct SYNScanReview: Sendable {
    struct Suspect: Sendable {
        /// Its place among the targets.
        var host: Int
        var surprise: Double
        /// Silent ports of it that are probed once more: places of probes.
        var sample: [UInt64] = []
    }

    /// Fewer ports of a host than these tell nothing of its pace.
    static let fewestPorts = 4
    /// Ports to look at in one call of the engine.
    static let portsAtOnce = 16_384
    /// The most ports to look at, in all windows together. Larger scans are not reviewed.
    static let mostPorts: UInt64 = 1 << 30
    /// Hosts as unlikely as this are probed once more: no more than one in twenty by chance.
    static let suspicion = 3.0
    /// Hosts as unlikely as this are unreliable: six in a million by chance.
    static let certainty = 12.0
    /// A limit of resets alone is called one from here on: one in a thousand by chance.
    static let distinction = 7.0
    /// Probes of all suspects together a second, where the scan is not slower itself; it takes a second of them.
    static let recheckRate = 20.0
    /// Suspects that share them.
    private static let mostRechecked = 10
    /// A limit has this long to allow answers again before the recheck begins.
    static let pause = Nanoseconds.milliseconds(500)

    /// When the last probe of the last try left.
    let tryEnd: Instant
    /// The host to look at next.
    var nextHost = 0
    var suspects: [Suspect] = []
    var pattern = AnswerPattern()
    /// The probes of the recheck in their order; nil while hosts are still looked at.
    private(set) var recheck: [UInt64]?
    var nextRecheck = 0
    var recheckStart: Instant?

    /// Whether there are enough ports of a host to tell, and not more of all than there is time for.
    static func applies(to configuration: SYNScanConfiguration) -> Bool {
        let windows = configuration.probes / max(configuration.windowSize, 1) + 1
        return configuration.ports.count >= fewestPorts && configuration.total <= mostPorts / windows
    }

    init(after tryEnd: Instant) { self.tryEnd = tryEnd }

    /// All hosts have been looked at: shares the recheck out. Hosts that are not certain yet come first.
    /// - Parameters:
    ///   - count: the recheck has at most this many probes.
    ///   - silent: the first `count` silent ports of a host, as the indices of their probes.
    mutating func chooseRecheck(_ count: Int, _ silent: (_ host: Int, _ count: Int) -> [UInt64]) {
        let order = suspects.indices.sorted { left, right in
            let (left, right) = (suspects[left], suspects[right])
            let isLeftCertain = left.surprise >= Self.certainty
            guard isLeftCertain == (right.surprise >= Self.certainty) else { return !isLeftCertain }
            return (right.surprise, left.host) < (left.surprise, right.host)
        }.prefix(min(Self.mostRechecked, count))
        for index in order {
            suspects[index].sample = silent(suspects[index].host, count / order.count)
        }
        recheck = order.flatMap { suspects[$0].sample }.sorted()
    }
}
