import WireFormat

/// What the hops of a trace say about the way, each with its evidence.
public enum TraceVerdict: Hashable, Sendable {
    /// The hop passes packets on and answers none, for hops behind it answered.
    case silentHop(timeToLive: Int)
    /// Probes of the same hop met several routers from hop `first` to hop `last`.
    case balanced(first: Int, last: Int)
    /// From this hop on errors quote our packets with another source or checksum: they were changed on the way there.
    case nat(timeToLive: Int)
    /// Hop `timeToLive` is met again `length` hops later, and again.
    case loop(timeToLive: Int, length: Int)
    /// From this hop on answers pass `back` hops, more than the probes did.
    case asymmetric(timeToLive: Int, back: Int)
    /// Packets of more than `size` bytes come to the hop and no further, and nobody says so. 0: not even to the first.
    case mtuBlackHole(timeToLive: Int, size: Int)
    /// On the link to this hop packets begin to be lost, there or back; so many of a hundred to all hops from there on.
    case loss(timeToLive: Int, lossPercent: Double)
    /// The hop leaves probes unanswered that it passes on when they are for hops behind it.
    case rateLimited(timeToLive: Int, lossPercent: Double)
    /// Flows that the router at this hop passes on get no answer from any hop behind it, while others reach the target.
    case deadBranch(timeToLive: Int, router: IPAddress)
    /// Probes of `length` bytes exceed the first link's MTU, in bytes and 0 when not known, and must not be fragmented.
    case packetTooLong(length: Int, mtu: Int)
    /// The target did not answer; `last` is the last hop that did, 0 when none.
    case unreachable(last: Int)
}

extension TraceVerdict {
    /// The hop that it is about.
    public var timeToLive: Int {
        switch self {
        case .silentHop(let hop), .nat(let hop), .balanced(let hop, _), .loop(let hop, _), .asymmetric(let hop, _),
            .mtuBlackHole(let hop, _), .loss(let hop, _), .rateLimited(let hop, _), .unreachable(let hop):
            hop
        case .deadBranch(let hop, _): hop
        case .packetTooLong: 0
        }
    }

    /// Judges the hops of a trace.
    /// - Parameters:
    ///   - lastAnswered: the last hop with any answer, 0 for none. A trace that
    ///     was stopped has answers from hops that it has not reported.
    ///   - isReached: the target itself answered.
    ///   - mayBeCut: this host could not send everything, which may be why the target did not answer.
    static func judge(
        _ hops: [TraceHop], lastAnswered: Int, isReached: Bool, mayBeCut: Bool = false
    ) -> [TraceVerdict] {
        // What could not be sent says nothing about the router.
        var verdicts = hops.filter { $0.isSilent && $0.probes.contains(.timeout) && $0.timeToLive < lastAnswered }
            .map { TraceVerdict.silentHop(timeToLive: $0.timeToLive) }
        verdicts += balanced(hops.filter { Set($0.answers.map(\.source)).count > 1 }.map(\.timeToLive))
        if let hop = hops.first(where: { $0.answers.contains { $0.isTranslated } }) {
            verdicts.append(.nat(timeToLive: hop.timeToLive))
        }
        if let loop = loop(hops) { verdicts.append(loop) }
        if let asymmetric = asymmetric(hops) { verdicts.append(asymmetric) }
        if !isReached, !mayBeCut { verdicts.append(.unreachable(last: lastAnswered)) }
        return verdicts
    }

    /// Runs of hops that several routers answered for.
    /// - Parameter hops: their times to live, nearest first.
    static func balanced(_ hops: [Int]) -> [TraceVerdict] {
        var runs: [ClosedRange<Int>] = []
        for hop in hops {
            if let last = runs.last, last.upperBound == hop - 1 {
                runs[runs.count - 1] = last.lowerBound...hop
            } else {
                runs.append(hop...hop)
            }
        }
        return runs.map { .balanced(first: $0.lowerBound, last: $0.upperBound) }
    }

    /// One router at consecutive hops is one that passes packets on which have
    /// no hop left; a loop comes back to it over another, and does so twice.
    private static func loop(_ hops: [TraceHop]) -> TraceVerdict? {
        let sources = hops.map { hop in
            // A balancer's several routers are no loop's.
            Set(hop.answers.map(\.source)).count == 1 ? hop.answers.first?.source : nil
        }
        for (index, source) in sources.enumerated() {
            guard let source, let next = sources[(index + 1)...].firstIndex(of: source) else { continue }
            let length = next - index
            guard length > 1, sources.indices.contains(next + length), sources[next + length] == source,
                sources[index + 1..<next].contains(where: { $0 != nil })
            else { continue }
            return .loop(timeToLive: hops[index].timeToLive, length: length)
        }
        return nil
    }

    /// The first hop from which on every answer took a longer way back.
    private static func asymmetric(_ hops: [TraceHop]) -> TraceVerdict? {
        var found: TraceVerdict?
        for hop in hops.reversed() {
            let ways = hop.answers.compactMap(\.hopsBack)
            guard let shortest = ways.min() else { continue }
            guard shortest > hop.timeToLive else { break }
            found = .asymmetric(timeToLive: hop.timeToLive, back: shortest)
        }
        return found
    }
}
