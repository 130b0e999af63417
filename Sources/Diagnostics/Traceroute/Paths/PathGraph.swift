import PacketEngine
import WireFormat

/// Routers by hop, and the links between them.
public struct PathGraph: Hashable, Sendable {
    /// An interface that replied at a hop, or an unresponsive node.
    public struct Node: Hashable, Sendable {
        public var timeToLive: Int
        /// The address; nil for an unresponsive node.
        public var address: IPAddress?
        /// The first reply.
        public var answer: TraceAnswer?
        /// The shortest round trip.
        public var roundTrip: Nanoseconds?
        /// The flows that reached it.
        public var flows: Int
    }

    /// A link on which at least one flow was seen.
    public struct Link: Hashable, Sendable {
        /// The hop of `to`.
        public var timeToLive: Int
        /// The address; nil for an unresponsive node.
        public var from: IPAddress?
        public var to: IPAddress?
    }

    /// The nodes by hop, each hop in the order in which they were found.
    public var hops: [[Node]]
    public var links: [Link]

    /// Returns the interfaces from which a flow came to this one.
    public func predecessors(of node: Node) -> [IPAddress?] {
        links.filter { $0.timeToLive == node.timeToLive && $0.to == node.address }.map(\.from)
    }

    /// Returns the number of paths from the first hop to the last over all links.
    public var pathCount: Int {
        var paths: [IPAddress?: Int] = [:]
        for (index, nodes) in hops.enumerated() {
            var next: [IPAddress?: Int] = [:]
            for node in nodes {
                let before = index == 0 ? 1 : predecessors(of: node).reduce(0) { $0 &+ (paths[$1] ?? 0) }
                next[node.address] = before
            }
            if next.values.contains(where: { $0 > 0 }) { paths = next }
        }
        return paths.values.reduce(0, &+)
    }

    /// Returns runs of hops with several interfaces as verdicts.
    var balanced: [TraceVerdict] {
        TraceVerdict.balanced(
            hops.filter { $0.lazy.compactMap(\.address).count > 1 }.compactMap { $0.first?.timeToLive })
    }
}
