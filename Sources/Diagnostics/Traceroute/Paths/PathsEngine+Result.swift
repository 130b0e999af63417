import PacketEngine
import WireFormat

/// The result of the search.
extension PathsEngine {
    /// Returns the graph as far as it is known.
    public var graph: PathGraph {
        var graph = PathGraph(hops: [], links: [])
        for hop in hops.indices.prefix(reportedHops) {
            let timeToLive = configuration.firstHop + hop
            // Nodes in order of address, unresponsive ones last: equal graphs print equally.
            let nodes = hops[hop].nodes.sorted { Self.precedes($0.address, $1.address) }
            graph.hops.append(
                nodes.map { node in
                    PathGraph.Node(
                        timeToLive: timeToLive, address: node.address, answer: node.answer,
                        roundTrip: node.roundTrip, flows: node.flows.count)
                })
            guard hop > 0 else { continue }
            var seen: Set<PathGraph.Link> = []
            for node in nodes {
                for flow in node.flows {
                    guard let before = hops[hop - 1].node(flow) ?? (isOnly(hop - 1) ? 0 : nil) else { continue }
                    // Nodes beyond the end of a path are repetitions of it.
                    guard hops[hop - 1].nodes[before].answer?.isFinal != true else { continue }
                    let link = PathGraph.Link(
                        timeToLive: timeToLive, from: hops[hop - 1].nodes[before].address, to: node.address)
                    if seen.insert(link).inserted { graph.links.append(link) }
                }
            }
        }
        return graph
    }

    private static func precedes(_ left: IPAddress?, _ right: IPAddress?) -> Bool {
        guard let left else { return false }
        guard let right else { return true }
        return left < right
    }

    /// The hops up to the end of the longest path, or some unresponsive hops after the last that replied.
    private var reportedHops: Int {
        let lastAnswered = lastAnswered
        let ends = hops.indices.filter { hop in
            hop <= lastAnswered && hops[hop].isKnown && hops[hop].nodes.allSatisfy { $0.answer?.isFinal == true }
        }
        if let end = ends.first { return end + 1 }
        if isReached { return lastAnswered + 1 }
        if refusingMTU != nil { return lastAnswered + 1 }
        return min(hops.count, lastAnswered + 1 + configuration.gap)
    }

    /// Routers at one hop after which some flows get no reply at any later hop, while others reach the target.
    struct DeadBranch {
        /// The first hop without a reply, counted from 0.
        var hop: Int
        var routers: [IPAddress]
        var flows: [Int]
    }

    /// Returns the branches that seem dead.
    var deadBranches: [DeadBranch] {
        guard isReached else { return [] }
        var found: [DeadBranch] = []
        for hop in hops.indices.dropFirst() where hops[hop].isAnswered {
            guard let unresponsive = hops[hop].nodes.first(where: { $0.address == nil }) else { continue }
            // After an unresponsive router that forwards packets, some flow is answered.
            let dead = unresponsive.flows.filter { flow in
                ends[flow] == nil && !hops[(hop + 1)...].contains { isAnswered(flow, at: $0) }
            }
            var routers: Set<IPAddress> = []
            for flow in dead {
                guard let node = hops[hop - 1].node(flow) ?? (isOnly(hop - 1) ? 0 : nil),
                    let address = hops[hop - 1].nodes[node].address
                else { continue }
                // Of the flows through the same unresponsive node, none may be answered.
                let companions = unresponsive.flows.filter { (hops[hop - 1].node($0) ?? node) == node }
                guard companions.allSatisfy(dead.contains) else { continue }
                routers.insert(address)
            }
            if !routers.isEmpty { found.append(DeadBranch(hop: hop, routers: routers.sorted(), flows: dead)) }
        }
        return found
    }

    private func isAnswered(_ flow: Int, at hop: PathHop) -> Bool {
        hop.node(flow).map { hop.nodes[$0].address != nil } ?? false
    }

    public var summary: TracerouteSummary {
        let graph = graph
        var verdicts = graph.hops.compactMap { nodes -> TraceVerdict? in
            guard let first = nodes.first, nodes.allSatisfy({ $0.address == nil }),
                first.timeToLive - configuration.firstHop < lastAnswered
            else { return nil }
            return .silentHop(timeToLive: first.timeToLive)
        }
        // Missing replies may be this host's own fault.
        if prober.unsent > 0 {
            verdicts = []
        } else if areDeadBranchesVerified {
            for branch in deadBranches {
                let timeToLive = configuration.firstHop + branch.hop - 1
                verdicts += branch.routers.map { .deadBranch(timeToLive: timeToLive, router: $0) }
            }
        }
        verdicts += graph.balanced
        if let isTranslatedAt { verdicts.append(.nat(timeToLive: configuration.firstHop + isTranslatedAt)) }
        if let refusingMTU {
            verdicts.append(.packetTooLong(length: prober.usualLength, mtu: refusingMTU > 0 ? refusingMTU : nil))
        } else if !isReached, prober.unsent == 0 {
            verdicts.append(.unreachable(last: lastAnswered < 0 ? 0 : configuration.firstHop + lastAnswered))
        }
        return TracerouteSummary(
            isReached: isReached, hops: graph.hops.count, sent: prober.sent, received: prober.received,
            unsent: prober.unsent, firstFailure: prober.firstFailure,
            elapsed: start.map { (end ?? $0) - $0 } ?? .zero, verdicts: verdicts)
    }

    // MARK: Flows

    /// A flow that takes one of the paths.
    struct PathFlow: Hashable, Sendable {
        var flow: Int
        /// The hop at which the flow ends, counted from 0; nil if that is not known.
        var finalHop: Int?
        /// The router at each hop; nil if it did not reply.
        var addresses: [IPAddress?]
    }

    /// The mark of the next probe.
    var nextMark: UInt16 { prober.nextMark }
    /// The problem of the link that probes leave by, while it is down.
    var linkFailure: TransmissionFailure? { prober.linkFailure }

    /// Returns a flow for each path that was seen, in order of the addresses. A flow that was seen only at routers on the
    /// path of another flow is omitted.
    var pathFlows: [PathFlow] {
        let reported = reportedHops
        let flows = (0..<(hops.map(\.states.count).max() ?? 0)).map { flow in
            let count = min(ends[flow].map { $0 + 1 } ?? reported, reported)
            return (flow: flow, nodes: (0..<count).map { hops[$0].node(flow) ?? (isOnly($0) ? 0 : nil) })
        }
        // The flows that were seen at most hops come first.
        let sorted = flows.sorted { left, right in
            let (seen, other) = (left.nodes.count { $0 != nil }, right.nodes.count { $0 != nil })
            return seen == other ? left.flow < right.flow : seen > other
        }
        var chosen: [(flow: Int, nodes: [Int?])] = []
        for candidate in sorted {
            let isCovered = chosen.contains { other in
                candidate.nodes.enumerated().allSatisfy { hop, node in
                    node == nil || hop < other.nodes.count && other.nodes[hop] == node
                }
            }
            if !isCovered { chosen.append(candidate) }
        }
        return chosen.sorted { precedes($0.nodes, $1.nodes) }.map { chosen in
            PathFlow(
                flow: chosen.flow, finalHop: ends[chosen.flow],
                addresses: chosen.nodes.enumerated().map { hop, node in node.flatMap { hops[hop].nodes[$0].address } })
        }
    }

    private func precedes(_ left: [Int?], _ right: [Int?]) -> Bool {
        for (hop, (node, other)) in zip(left, right).enumerated() where node != other {
            return Self.precedes(
                node.flatMap { hops[hop].nodes[$0].address }, other.flatMap { hops[hop].nodes[$0].address })
        }
        return left.count < right.count
    }
}
