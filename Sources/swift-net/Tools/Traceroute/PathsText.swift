import SwiftNet

/// The paths of a route, one line per interface.
final class PathsText: PathsReport {
    private let console: Console
    private let target: TraceTarget
    let names: TracerouteNames
    var held: HeldLines<FoundPaths>

    init(_ console: Console, _ target: TraceTarget, _ names: TracerouteNames) {
        self.console = console
        self.target = target
        self.names = names
        held = HeldLines(names)
    }

    func begin() { console.output.write(target.title("paths")) }

    func print(_ found: FoundPaths, at instant: Instant) {
        target.complain(found.summary, console)
        if let mtu = found.refusingMTU {
            let mark = TraceAnswer.fragmentationNeeded(mtu: mtu)
            console.output.write("\(Text.right("\(target.configuration.firstHop)", 2))  \(mark)\n")
        }
        let graph = found.graph
        for (index, nodes) in graph.hops.enumerated() {
            let before = index > 0 ? graph.hops[index - 1].count : 0
            for (row, node) in nodes.enumerated() {
                console.output.write(line(node, isFirst: row == 0, graph.predecessors(of: node), before))
            }
        }
        for verdict in found.summary.verdicts { console.output.write(verdict.sentence(names) + "\n") }
    }

    private func line(_ node: PathGraph.Node, isFirst: Bool, _ predecessors: [IPAddress?], _ before: Int) -> String {
        var text = isFirst ? Text.right("\(node.timeToLive)", 2) : "  "
        guard let address = node.address else { return text + "  *" + sources(predecessors, before) + "\n" }
        text += "  " + names.host(address)
        if let roundTrip = node.roundTrip { text += "  \(Milliseconds.fixed(roundTrip)) ms" }
        if let annotation = node.answer?.annotation { text += " " + annotation }
        return text + sources(predecessors, before) + "\n"
    }

    /// Returns the previous interfaces, if the previous hop has several.
    private func sources(_ predecessors: [IPAddress?], _ before: Int) -> String {
        guard before > 1, !predecessors.isEmpty else { return "" }
        if predecessors.count == before { return "  <- all \(before)" }
        return "  <- " + predecessors.map { $0.map { names.text(of: $0) } ?? "*" }.joined(separator: ", ")
    }
}

/// The paths of a route as a Graphviz graph.
final class PathsDot: PathsReport {
    private let console: Console
    private let target: TraceTarget
    let names: TracerouteNames
    var held: HeldLines<FoundPaths>

    init(_ console: Console, _ target: TraceTarget, _ names: TracerouteNames) {
        self.console = console
        self.target = target
        self.names = names
        held = HeldLines(names)
    }

    func print(_ found: FoundPaths, at instant: Instant) {
        target.complain(found.summary, console)
        var text = "digraph paths {\n    rankdir=LR;\n    node [shape=box, fontname=\"monospace\"];\n"
        text += "    \"0\" [label=\"\(names.text(of: target.configuration.source))\"];\n"
        for node in found.graph.hops.joined() {
            let label = node.address.map { address in
                (names.name(of: address).map { Self.quoted($0) + "\\n" } ?? "") + names.text(of: address)
            }
            text += "    \"\(Self.identifier(node.timeToLive, node.address))\" [label=\"\(label ?? "*")\""
            text += node.address == nil ? ", style=dashed];\n" : "];\n"
        }
        for node in found.graph.hops.first ?? [] {
            text += "    \"0\" -> \"\(Self.identifier(node.timeToLive, node.address))\";\n"
        }
        for link in found.graph.links {
            text += "    \"\(Self.identifier(link.timeToLive - 1, link.from))\""
            text += " -> \"\(Self.identifier(link.timeToLive, link.to))\";\n"
        }
        console.output.write(text + "}\n")
    }

    /// Returns the node name, which includes the hop because one interface may reply at several hops.
    private static func identifier(_ timeToLive: Int, _ address: IPAddress?) -> String {
        "\(timeToLive) \(address.map { "\($0)" } ?? "*")"
    }

    /// Escapes an untrusted name for a quoted string.
    private static func quoted(_ name: String) -> String {
        String(Text.escaped(name).flatMap { $0 == "\\" || $0 == "\"" ? ["\\", $0] : [$0] })
    }
}
