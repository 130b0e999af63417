import SwiftNet

/// What `traceroute --paths` prints: a line an interface, JSON, or a graph for Graphviz.
struct PathsRenderer {
    private let context: TraceContext
    private let target: TraceTarget
    private let confidence: Double
    private var console: Console { context.console }

    init(_ context: TraceContext, _ target: TraceTarget, confidence: Double) {
        self.context = context
        self.target = target
        self.confidence = confidence
    }

    func begin() {
        guard !context.command.has(.json), !context.command.has(.dot) else { return }
        console.output.write(
            "paths to \(Text.escaped(target.text)) (\(target.destination.address)), \(target.configuration.maximumHops) hops max, \(target.configuration.wholeLength) byte packets\n"
        )
    }

    func finish(_ graph: PathGraph, _ summary: TraceSummary) {
        target.complain(summary, console)
        if context.command.has(.dot) { return console.output.write(dot(graph)) }
        guard context.command.has(.json) else {
            if let refusal = Self.refusal(summary) {
                console.output.write("\(padded(target.configuration.firstHop))  \(refusal.mark)\n")
            }
            for (index, nodes) in graph.hops.enumerated() {
                let before = index > 0 ? graph.hops[index - 1].count : 0
                for (row, node) in nodes.enumerated() {
                    console.output.write(line(node, isFirst: row == 0, graph.predecessors(of: node), before))
                }
            }
            for verdict in summary.verdicts { console.output.write(verdict.sentence + "\n") }
            return
        }
        if let refusal = Self.refusal(summary) {
            var object = JSONObject(type: "hop")
            object.add("ttl", target.configuration.firstHop)
            object.add(
                "probes",
                raw: "[\(TraceJSON.probe(.failed(.messageTooLong(mtu: refusal.mtu)), context.names).line)]")
            console.output.write(object.line + "\n")
        }
        for nodes in graph.hops { console.output.write(json(nodes)) }
        for link in graph.links { console.output.write(json(link)) }
        var object = TraceJSON.summary(target, summary)
        object.add("paths", graph.pathCount)
        object.add("confidence", raw: "\(confidence)")
        console.output.write(object.line + "\n")
    }

    /// The first link's MTU and traceroute's mark of it, where probes exceed it.
    private static func refusal(_ summary: TraceSummary) -> (mtu: Int, mark: String)? {
        for case .packetTooLong(_, let mtu) in summary.verdicts {
            return (mtu, TraceAnswer.fragmentationNeeded(mtu: mtu))
        }
        return nil
    }

    private func padded(_ timeToLive: Int) -> String {
        let number = "\(timeToLive)"
        return String(repeating: " ", count: max(2 - number.count, 0)) + number
    }

    // MARK: Lines

    /// Where it comes from is said where there is a choice.
    private func line(
        _ node: PathGraph.Node, isFirst: Bool, _ predecessors: [IPAddress?], _ before: Int
    ) -> String {
        var text = isFirst ? padded(node.timeToLive) : "  "
        guard let address = node.address else { return text + "  *" + sources(predecessors, before) + "\n" }
        text += "  " + context.names.host(address)
        if let roundTrip = node.roundTrip { text += "  \(Milliseconds.fixed(roundTrip)) ms" }
        if let annotation = node.answer?.annotation { text += " " + annotation }
        return text + sources(predecessors, before) + "\n"
    }

    private func sources(_ predecessors: [IPAddress?], _ before: Int) -> String {
        guard before > 1, !predecessors.isEmpty else { return "" }
        if predecessors.count == before { return "  <- all \(before)" }
        return "  <- " + predecessors.map { $0.map { "\($0)" } ?? "*" }.joined(separator: ", ")
    }

    // MARK: JSON

    private func json(_ nodes: [PathGraph.Node]) -> String {
        var object = JSONObject(type: "hop")
        object.add("ttl", nodes.first?.timeToLive ?? 0)
        let probes = nodes.map { node -> String in
            var probe =
                node.answer.map { TraceJSON.probe(.answered($0), context.names) }
                ?? TraceJSON.probe(.timeout, context.names)
            probe.add("flows", node.flows)
            return probe.line
        }
        object.add("probes", raw: "[\(probes.joined(separator: ","))]")
        return object.line + "\n"
    }

    private func json(_ link: PathGraph.Link) -> String {
        var object = JSONObject(type: "link")
        object.add("ttl", link.timeToLive)
        object.add("from", link.from.map { "\($0)" })
        object.add("to", link.to.map { "\($0)" })
        return object.line + "\n"
    }

    // MARK: Graphviz

    private func dot(_ graph: PathGraph) -> String {
        var text = "digraph paths {\n    rankdir=LR;\n    node [shape=box, fontname=\"monospace\"];\n"
        text += "    \"0\" [label=\"\(target.configuration.source)\"];\n"
        for node in graph.hops.joined() {
            let label = node.address.map { address in
                (context.names.name(of: address).map { Self.quoted($0) + "\\n" } ?? "") + "\(address)"
            }
            text += "    \"\(Self.identifier(node.timeToLive, node.address))\" [label=\"\(label ?? "*")\""
            text += node.address == nil ? ", style=dashed];\n" : "];\n"
        }
        for node in graph.hops.first ?? [] {
            text += "    \"0\" -> \"\(Self.identifier(node.timeToLive, node.address))\";\n"
        }
        for link in graph.links {
            text += "    \"\(Self.identifier(link.timeToLive - 1, link.from))\""
            text += " -> \"\(Self.identifier(link.timeToLive, link.to))\";\n"
        }
        return text + "}\n"
    }

    /// One interface may answer at several hops.
    private static func identifier(_ timeToLive: Int, _ address: IPAddress?) -> String {
        "\(timeToLive) \(address.map { "\($0)" } ?? "*")"
    }

    /// A stranger's word inside the quotes of the language.
    private static func quoted(_ name: String) -> String {
        Text.escaped(name).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
