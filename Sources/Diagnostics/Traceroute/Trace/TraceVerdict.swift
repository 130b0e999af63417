import WireFormat

/// A conclusion about the path, with its evidence.
public enum TraceVerdict: Hashable, Sendable {
    /// The hop forwards packets but sends no replies: later hops replied.
    case silentHop(timeToLive: Int)
    /// Several routers replied from hop `first` to hop `last`.
    case balanced(first: Int, last: Int)
    /// From this hop on, errors quote our packets with a changed source or checksum: a NAT rewrites them.
    case nat(timeToLive: Int)
    /// Hop `timeToLive` occurs again `length` hops later, at least twice.
    case loop(timeToLive: Int, length: Int)
    /// From this hop on, replies pass `back` hops, more than the probes did.
    case asymmetric(timeToLive: Int, back: Int)
    /// Packets longer than `size` bytes get no further than this hop, and no router reports an error. 0: not even to
    /// the first.
    case mtuBlackHole(timeToLive: Int, size: Int)
    /// On the link to this hop packet loss begins, in either direction; `percent` of the packets to all hops from there
    /// on.
    case loss(timeToLive: Int, lossPercent: Double)
    /// The hop drops probes addressed to it that it forwards when they are for later hops.
    case rateLimited(timeToLive: Int, lossPercent: Double)
    /// Flows that the router at this hop forwards get no reply from any later hop, while others reach the target.
    case deadBranch(timeToLive: Int, router: IPAddress)
    /// Probes of `length` bytes exceed the first link's MTU (in bytes; nil if unknown) and must not be fragmented.
    case packetTooLong(length: Int, mtu: Int?)
    /// The target did not reply; `last` is the last hop that did, 0 for none.
    case unreachable(last: Int)
}

extension TraceVerdict {
    /// The hop concerned.
    public var timeToLive: Int {
        switch self {
        case .silentHop(let hop), .nat(let hop), .balanced(let hop, _), .loop(let hop, _), .asymmetric(let hop, _),
            .mtuBlackHole(let hop, _), .loss(let hop, _), .rateLimited(let hop, _), .unreachable(let hop):
            hop
        case .deadBranch(let hop, _): hop
        case .packetTooLong: 0
        }
    }

    /// The hops between which the path is balanced or has a path-MTU black hole; nil for other verdicts.
    public var enclosingHops: (before: Int, after: Int)? {
        switch self {
        case .balanced(let first, let last): (first - 1, last + 1)
        case .mtuBlackHole(let hop, _): (hop, hop + 1)
        default: nil
        }
    }

    /// Derives verdicts from the hops of a trace.
    /// - Parameters:
    ///   - lastAnswered: the last hop with any reply, 0 for none. A stopped trace has replies from hops that it has not
    ///     reported.
    ///   - isReached: whether the target itself replied.
    ///   - mayBeCut: whether this host could not send everything, which may be why the target did not reply.
    static func judge(
        _ hops: [TraceHop], lastAnswered: Int, isReached: Bool, mayBeCut: Bool = false
    ) -> [TraceVerdict] {
        // A probe that was not sent is no evidence about the router.
        var verdicts = hops.filter { $0.isUnresponsive && $0.probes.contains(.timeout) && $0.timeToLive < lastAnswered }
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

    /// Returns runs of hops at which several routers replied.
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

    /// One router at consecutive hops is one that forwards packets with an expired time to live. A loop returns to it
    /// through another router, at least twice.
    private static func loop(_ hops: [TraceHop]) -> TraceVerdict? {
        let sources = hops.map { hop in
            // Several routers of a load balancer are not a loop.
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

    /// Returns the first hop from which on every reply took a longer path back.
    private static func asymmetric(_ hops: [TraceHop]) -> TraceVerdict? {
        var found: TraceVerdict?
        for hop in hops.reversed() {
            let distances = hop.answers.compactMap(\.hopsBack)
            guard let shortest = distances.min() else { continue }
            guard shortest > hop.timeToLive else { break }
            found = .asymmetric(timeToLive: hop.timeToLive, back: shortest)
        }
        return found
    }
}
