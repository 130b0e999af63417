import PacketEngine
import WireFormat

/// The results of one path over many cycles.
public struct CyclesPath: Sendable {
    /// The hops up to the target, or to the first unresponsive one after the last that replied.
    public internal(set) var hops: [CyclesHop]
    /// The loss on this path, and the routers on it that limit their replies.
    public internal(set) var verdicts: [TraceVerdict] = []

    /// Whether the router at this hop replied, and no later hop did.
    func ends(at router: IPAddress, _ timeToLive: Int) -> Bool {
        let last = hops.last { !$0.isUnresponsive }
        return last?.timeToLive == timeToLive && last?.addresses.contains(router) == true
    }
}

/// The state of the flow that measures a path.
struct CyclesFlow: Sendable {
    /// The number of unresponsive hops probed after the last that replied; one of them is shown.
    private static let shownUnresponsive = 1

    let flow: Int
    /// Whether the end of the path was known before the first cycle.
    let isKnown: Bool
    /// The hops probed so far, counted from 0.
    private(set) var all: [CyclesHop] = []
    /// The number of complete cycles.
    var cycle = 0
    /// The hop with a final reply.
    private(set) var finalHop: Int?
    private(set) var lastAnswered = -1
    private(set) var isReached = false
    /// The search for the path MTU; nil before it begins.
    var mtuSearch: PathMTUSearch?

    /// The first flow, whose path the first cycle is to find.
    init() { (flow, isKnown) = (0, false) }

    /// A flow whose path is known, so that hops whose replies are limited from now on have their addresses.
    init(_ found: PathsEngine.PathFlow, firstHop: Int) {
        flow = found.flow
        finalHop = found.finalHop
        isKnown = finalHop != nil
        for (hop, address) in found.addresses.enumerated() {
            reach(hop, firstHop: firstHop)
            if let address { all[hop].add(address) }
        }
    }

    /// Whether the first cycle has not found the end of the path yet.
    var isFinding: Bool { cycle == 0 && finalHop == nil }
    /// Whether probes are sent ahead, to find the end of the path.
    var isAhead: Bool { cycle == 0 && !isKnown }

    /// The results up to the target, or to the first unresponsive hop after the last that replied.
    var hops: [CyclesHop] {
        var hops = Array(all.prefix(finalHop.map { $0 + 1 } ?? (lastAnswered + 1 + Self.shownUnresponsive)))
        guard let sizes = mtuSearch?.sizes else { return hops }
        for index in hops.indices where !hops[index].isUnresponsive {
            // A hop that replied only after the search is between hops of known sizes, which never grow along a path.
            let most = sizes.lazy.filter { $0.key <= index }.map(\.value).min()
            let least = sizes.lazy.filter { $0.key >= index }.map(\.value).max()
            hops[index].mtu = sizes[index] ?? (most == least ? most : nil)
        }
        return hops
    }

    /// Returns the number of hops per cycle: the first cycle probes ahead, later ones one hop beyond the last that
    /// replied.
    func askedCount(_ configuration: TracerouteConfiguration) -> Int {
        if let finalHop { return finalHop + 1 }
        let most = configuration.maximumHops - configuration.firstHop + 1
        return min(most, lastAnswered + 1 + (cycle == 0 ? configuration.gap : Self.shownUnresponsive))
    }

    /// Adds hops up to the one of this index.
    mutating func reach(_ hop: Int, firstHop: Int) {
        while all.count <= hop { all.append(CyclesHop(timeToLive: firstHop + all.count)) }
    }

    mutating func addLoss(_ hop: Int) { all[hop].add(.lost) }

    mutating func add(_ answer: TraceAnswer, to hop: Int) {
        all[hop].add(.answered(answer.roundTrip))
        all[hop].add(answer.source)
        all[hop].annotation = answer.annotation
        all[hop].answersByErrors = answer.isError
        all[hop].labels = answer.labels
        lastAnswered = max(lastAnswered, hop)
        if answer.isFinal { finalHop = min(finalHop ?? hop, hop) }
        if answer.isTarget { isReached = true }
    }

    /// Resets the counters; the hops stay.
    mutating func reset() {
        all = all.map { old in
            var hop = CyclesHop(timeToLive: old.timeToLive)
            hop.addresses = old.addresses
            return hop
        }
    }
}
