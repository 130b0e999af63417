import PacketEngine
import WireFormat

/// Routers by hop, and the links between them.
public struct PathGraph: Hashable, Sendable {
    /// An interface that answered at a hop, or what stayed silent there.
    public struct Node: Hashable, Sendable {
        public var timeToLive: Int
        /// Nil for silence.
        public var address: IPAddress?
        /// The first answer.
        public var answer: TraceAnswer?
        /// The shortest round trip.
        public var roundTrip: Nanoseconds?
        /// Flows that met it.
        public var flows: Int
    }

    /// A flow went from one to the other.
    public struct Link: Hashable, Sendable {
        /// The hop of `to`.
        public var timeToLive: Int
        /// Nil for silence.
        public var from: IPAddress?
        public var to: IPAddress?
    }

    /// Hop after hop; within one in the order they were found.
    public var hops: [[Node]]
    public var links: [Link]

    /// The interfaces from which a flow came to this one.
    public func predecessors(of node: Node) -> [IPAddress?] {
        links.filter { $0.timeToLive == node.timeToLive && $0.to == node.address }.map(\.from)
    }

    /// Ways from the first hop to the last, by all links.
    public var pathCount: Int {
        var ways: [IPAddress?: Int] = [:]
        for (index, nodes) in hops.enumerated() {
            var next: [IPAddress?: Int] = [:]
            for node in nodes {
                let before = index == 0 ? 1 : predecessors(of: node).reduce(0) { $0 &+ (ways[$1] ?? 0) }
                next[node.address] = before
            }
            if next.values.contains(where: { $0 > 0 }) { ways = next }
        }
        return ways.values.reduce(0, &+)
    }

    /// Runs of hops with several interfaces, as verdicts.
    var balanced: [TraceVerdict] {
        TraceVerdict.balanced(
            hops.filter { $0.lazy.compactMap(\.address).count > 1 }.compactMap { $0.first?.timeToLive })
    }
}
