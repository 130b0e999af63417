import HostStack
import PacketEngine
import WireFormat

/// Finds open TCP ports by half a handshake: a SYN to each, an answer from those that are there,
/// and a reset for those that would go on (RFC 9293, section 3.5).
///
/// Nothing is remembered of a probe but up to five bits. Its place in the order of the scan is computed from
/// the answer's address and port, the sequence number says that the answer is one, and the port that
/// it comes to says which try it answers.
public struct SYNScanEngine: Engine, ~Copyable {
    public typealias Event = SYNScanEvent

    /// Shorter than this nothing is waited for before a probe is sent again.
    static let shortestWait = Nanoseconds.milliseconds(100)
    /// And this long while nobody has answered (RFC 6298, section 2).
    static let firstWait = Nanoseconds.seconds(1)
    static let longestWait = Nanoseconds.seconds(4)
    /// Answers are waited for at least so long at the end.
    static let shortestEnd = Nanoseconds.seconds(2)
    /// Silent ports are told of so many at a time.
    private static let reportedAtOnce = 4_096
    /// The token of packets that are no probes.
    private static let sourceToken = UInt64.max

    let configuration: SYNScanConfiguration
    let permutation: KeyedPermutation
    let cookie: SYNScanCookie
    let shardOffset: UInt64
    let shardStride: UInt64
    let portCount: UInt64
    let reviewsHosts: Bool
    /// Place of each port in the list, -1 for those that are not scanned.
    let portPlaces: [Int32]
    private let probes: [SYNTemplate]
    /// Some targets are neighbors, each with a machine of its own.
    private let reachesEachByItself: Bool
    var window: SYNScanWindow
    var round = 0
    /// The next probe of the round.
    private var cursor: UInt64
    /// Probes up to here may be sent again now.
    private var dueThrough: UInt64?
    /// Silent ports up to here are told of, once the window is over.
    var closing: UInt64?
    var log = SendLog()
    var roundTrips = RoundTripSpread()
    private var governor: RateGovernor
    private var start: Instant?
    /// When the first probe of the round left, and how many have since.
    private var roundStart: Instant?
    private var roundSent: UInt64 = 0
    /// Packets a second of the window's first round.
    private var firstRate: Double?
    /// When the last probe of that round left.
    private(set) var firstEnd = Instant(nanoseconds: 0)
    /// The look at the window's hosts after the last try.
    var review: SYNScanReview?
    /// Hosts whose silence is no answer, by their place among the targets.
    var unreliable: [Int: UnreliableHost] = [:]
    /// What had answered, and what of it a later try, before the window.
    private var answeredBefore: UInt64 = 0
    private var laterBefore: UInt64 = 0
    var lastSent = Instant(nanoseconds: 0)
    private var end: Instant?
    private(set) var isOver = false
    var events: [SYNScanEvent] = []
    var result = SYNScanSummary()
    var resets: SYNScanResets
    /// Of a source that the system does not own.
    let sourceHost: SourceHost?
    let banners: BannerCollector?

    public init(_ configuration: SYNScanConfiguration) {
        self.configuration = configuration
        permutation = KeyedPermutation(count: configuration.total, seed: configuration.seed)
        cookie = SYNScanCookie(key: configuration.key)
        shardOffset = UInt64(configuration.shard.number - 1)
        shardStride = UInt64(configuration.shard.count)
        portCount = UInt64(configuration.ports.count)
        reviewsHosts = SYNScanReview.applies(to: configuration)
        var places = [Int32](repeating: -1, count: 65_536)
        for (place, port) in configuration.ports.enumerated() { places[Int(port)] = Int32(place) }
        portPlaces = places
        let timestamp = UInt32(truncatingIfNeeded: configuration.key(0))
        let namesInterface = configuration.sendingInterface == 0
        probes = configuration.ways.map { way in
            var nextHop: MACAddress?
            if case .machine(let mac) = way.nextHop { nextHop = mac }
            return SYNTemplate(
                .syn, link: way.link, nextHop: nextHop, namesInterface: namesInterface, timestamp: timestamp)
        }
        reachesEachByItself = configuration.ways.contains { way in
            if case .targets = way.nextHop { true } else { false }
        }
        let first = min(configuration.start.done, configuration.probes)
        window = SYNScanWindow(
            first..<min(first + configuration.windowSize, configuration.probes), decided: configuration.start.answered)
        cursor = first
        governor = RateGovernor(asked: configuration.rate)
        resets = SYNScanResets(configuration)
        let source =
            configuration.ownsSource
            ? SourceHost(configuration.links, key: configuration.key, token: Self.sourceToken) : nil
        sourceHost = source
        banners = configuration.hearsBanners ? source.map { BannerCollector(at: $0, timestamp: timestamp) } : nil
        result.hosts = configuration.targets.count
        result.ports = configuration.ports.count
        result.probes = configuration.probes
    }

    public var maximumPacketLength: Int { sourceHost?.frameLength ?? 128 }
    public var batchCapacity: Int { 64 }
    /// Slow scans have the time for it. In fast ones many go in one call, and a probe's time is that of
    /// its place among them.
    public var wantsExactTimes: Bool { configuration.isExactlyTimed }

    public var summary: SYNScanSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? lastSent) - $0 } ?? .zero
        summary.sending = start.map { max(lastSent - $0, .zero) } ?? .zero
        return summary
    }

    /// Where a later scan goes on.
    public var position: SYNScanPosition {
        isOver && !result.isCutShort
            ? SYNScanPosition(done: configuration.probes)
            : SYNScanPosition(done: window.places.lowerBound, answered: window.words)
    }

    /// Probes that were sent for the first time, and the tries that went before this one.
    public var progress: (sent: UInt64, round: Int) {
        (round == 0 ? cursor - configuration.start.done : window.places.upperBound - configuration.start.done, round)
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        let start = begin(at: now)
        if let deadline = configuration.deadline, now - start >= deadline { stop(at: now) }
        resets.append(to: &batch, token: Self.sourceToken)
        if let banners {
            banners.transmit(into: &batch, at: now)
            takeBanners()
        } else if let sourceHost {
            sourceHost.advance(at: now)
            _ = sourceHost.transmit(into: &batch, at: now)
        }
        var allowance = banners?.isFull == true ? 0 : governor.allowance(at: now, sent: result.sent)
        while !isOver {
            if closing != nil {
                guard finishWindow(at: now) else { return .at(now) }
                continue
            }
            guard let place = window.next(from: cursor) else {
                // What was appended just now is to be waited for from the moment it has left.
                guard batch.isEmpty else { return .at(now) }
                guard let due = endOfRound(into: &batch, at: now) else { continue }
                return earlier(due, start)
            }
            if round > 0, dueThrough.map({ place > $0 }) ?? true,
                let earlierTry = log.latest(round: round - 1, place: place)
            {
                let due = earlierTry.instant + waitBeforeNextTry
                guard due <= now else { return batch.isEmpty ? earlier(due, start) : .at(now) }
                dueThrough = earlierTry.through
            }
            cursor = place
            guard allowance > 0 else { return earlier(governor.nextDue(at: now), start) }
            guard append(place, to: &batch) else { return .at(now) }
            cursor = place &+ 1
            allowance &-= 1
            governor.spend()
        }
        if end == nil { end = now }
        guard batch.isEmpty else { return .at(now) }
        // What is open is still to be heard.
        guard let due = banners?.due else { return .finished }
        end = now
        return earlier(due, start)
    }

    private mutating func begin(at now: Instant) -> Instant {
        if let start { return start }
        start = now
        lastSent = now
        return now
    }

    private func earlier(_ due: Instant, _ start: Instant) -> Deadline {
        let most = configuration.deadline.map { min(due, start + $0) } ?? due
        let own = Instant.earliest(resets.due, .earliest(sourceHost?.due, banners?.due))
        return .at(own.map { min(most, $0) } ?? most)
    }

    /// Adds the probe of a place; false when there is no room.
    @inline(__always)
    mutating func append(_ place: UInt64, to batch: inout PacketBatch) -> Bool {
        guard batch.room > 0 else { return false }
        let number = permutation[place &* shardStride &+ shardOffset]
        let (host, portPlace) = number.quotientAndRemainder(dividingBy: portCount)
        let target = Int(truncatingIfNeeded: host)
        let port = configuration.ports[Int(truncatingIfNeeded: portPlace)]
        let address = configuration.targets[target]
        let way = wayIndex(of: target)
        let sourcePort = configuration.sourcePort &+ UInt16(truncatingIfNeeded: round)
        // Through the span: a copy of the template would count its references, twice a probe.
        let templates = probes.span
        let sequence = cookie.sequence(
            source: templates[way].source, sourcePort: sourcePort, destination: address, destinationPort: port)
        return templates[way].append(
            to: &batch, token: place, target: address,
            machine: reachesEachByItself ? machine(of: target, way: way) : nil,
            sourcePort: sourcePort, port: port, sequence: sequence)
    }

    private func machine(of target: Int, way: Int) -> MACAddress? {
        guard case .targets(let machines) = configuration.ways[way].nextHop else { return nil }
        return machines[target &- configuration.ways[way].targets.lowerBound]
    }

    /// The way of a target; ways are in the order of the targets.
    @inline(__always)
    private func wayIndex(of target: Int) -> Int {
        var low = 0
        var high = configuration.ways.count &- 1
        while low < high {
            let middle = (low &+ high &+ 1) / 2
            if configuration.ways[middle].targets.lowerBound <= target { low = middle } else { high = middle &- 1 }
        }
        return low
    }

    /// Between a try and the next: twice as long as nearly all answers took, and doubled from try to try.
    private var waitBeforeNextTry: Nanoseconds {
        let learned = roundTrips.bound(share: 0.99).map { min(max($0 * 2, Self.shortestWait), Self.longestWait) }
        return (learned ?? Self.firstWait) * (1 << Int64(min(round - 1, 4)))
    }

    /// Packets a second of the round that has just been sent.
    private var roundRate: Double? {
        roundStart.map { Double(roundSent) / max(lastSent - $0, .microseconds(1)).seconds }
    }

    /// After the last probe.
    var waitAtEnd: Nanoseconds { configuration.wait ?? max(Self.shortestEnd, roundTrips.longest * 2) }

    /// Goes on to the next round or to the window's end.
    /// - Returns: until when answers are waited for; nil when there is more to do now.
    private mutating func endOfRound(into batch: inout PacketBatch, at now: Instant) -> Instant? {
        if window.undecidedCount > 0 {
            if round < configuration.retries {
                if round == 0 { (firstRate, firstEnd) = (roundRate, lastSent) }
                round += 1
                cursor = window.places.lowerBound
                dueThrough = nil
                governor.beginRound(round, after: roundRate, at: now)
                roundStart = nil
                return nil
            }
            if let due = lookBack(into: &batch, at: now) { return due }
        }
        review = nil
        closing = window.places.lowerBound
        return nil
    }

    /// Tells of the silent ports of a window that is over, some at a time, and begins the next window.
    /// - Returns: false while there are more to tell of.
    private mutating func finishWindow(at now: Instant) -> Bool {
        var left = Self.reportedAtOnce
        if !configuration.reportsAll {
            result.filtered += window.undecidedCount
        } else {
            while let from = closing, let place = window.next(from: from) {
                guard left > 0 else { return false }
                left -= 1
                closing = place + 1
                result.filtered += 1
                let (host, address, port) = target(at: place)
                events.append(
                    .finding(
                        SYNScanFinding(
                            address: address, port: port, state: .filtered, reason: .noResponse, at: now,
                            isReliable: unreliable[host] == nil)))
            }
        }
        closing = nil
        let first = window.places.upperBound
        guard first < configuration.probes else {
            isOver = true
            end = now
            reportUnreliable()
            return true
        }
        window = SYNScanWindow(first..<min(first + configuration.windowSize, configuration.probes))
        cursor = first
        round = 0
        log.removeAll()
        // Where many were found by a later try alone, the first went too fast.
        let isLossy = (result.answeredLater - laterBefore) * 1_000 > result.decided - result.filtered - answeredBefore
        governor.beginRound(0, after: isLossy ? firstRate : nil, at: now)
        laterBefore = result.answeredLater
        answeredBefore = result.decided - result.filtered
        roundStart = nil
        return true
    }

    private func target(at place: UInt64) -> (host: Int, IPAddress, UInt16) {
        let number = permutation[place * shardStride + shardOffset]
        let host = Int(number / portCount)
        return (host, configuration.targets[host], configuration.ports[Int(number % portCount)])
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        result.sent += 1
        guard token != Self.sourceToken else { return }
        note(from: token, through: token, count: 1, start: instant, span: .zero)
    }

    public mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {
        result.sent += UInt64(range.count)
        var first = range.lowerBound
        while first < range.upperBound, batch.entries[first].token == Self.sourceToken { first += 1 }
        // What is no probe comes first.
        guard first < range.upperBound else { return }
        note(
            from: batch.entries[first].token, through: batch.entries[range.upperBound - 1].token,
            count: UInt64(range.upperBound - first), start: start, span: span)
    }

    private mutating func note(
        from first: UInt64, through last: UInt64, count: UInt64, start: Instant, span: Nanoseconds
    ) {
        if roundStart == nil {
            roundStart = start
            roundSent = 0
        }
        roundSent += count
        if round > 0 { result.retransmitted += count }
        // The recheck is no part of the scan's rate.
        if round <= configuration.retries {
            result.sentProbes += count
            lastSent = start + span
        }
        log.add(round: round, from: first, through: last, start: start, span: span)
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        result.failed += 1
        if result.firstFailure == nil { result.firstFailure = failure }
        lastSent = max(lastSent, instant)
    }

    public mutating func overflowed(_ count: UInt64, at now: Instant) {
        result.overflowed += count
        let rate = governor.slowDown(at: now, sent: result.sent)
        events.append(.slowed(lost: count, rate: rate))
    }

    private mutating func takeBanners() {
        guard let banners, !banners.banners.isEmpty else { return }
        result.banners += UInt64(banners.banners.count)
        banners.drain { events.append(.banner($0)) }
    }

    public mutating func stop(at now: Instant) {
        // Those that are heard after the last probe are broken off too.
        if let banners, !banners.isIdle {
            banners.stop(at: now)
            result.isCutShort = true
        }
        guard !isOver else { return }
        result.isCutShort = true
        isOver = true
        end = now
        reportUnreliable()
    }

    public mutating func drain(_ report: (SYNScanEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
