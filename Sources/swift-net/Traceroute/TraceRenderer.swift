import SwiftNet

/// What `traceroute` prints: traceroute(8)'s lines, or one JSON object a hop.
final class TraceRenderer {
    private let command: TraceWords
    private let console: Console
    private let settings: TraceSettings
    private let targets: [TraceTarget]
    private let names: TraceNames
    /// What was last said to fit.
    private var lastMTU: Int?
    private var held: HeldLines<TraceEvent>

    init(_ context: TraceContext) {
        command = context.command
        console = context.console
        settings = context.settings
        targets = context.targets
        names = context.names
        held = HeldLines(context.names)
    }

    func report(_ event: TraceEvent) {
        switch event {
        // The name is asked for while the other probes of the hop are under way.
        case .answered(let address): names.prepare(address)
        case .hop(let hop): held.append(event, naming: hop.answers.map(\.source))
        case .began, .ended: held.append(event, naming: [])
        }
    }

    /// Prints what waits for no name.
    /// - Parameter isStopped: the user wants the rest as it is.
    /// - Returns: when to be called again at the latest.
    func update(at now: Instant, isStopped: Bool) -> Instant? {
        if isStopped { held.release() }
        let (events, next) = held.take(at: now)
        for event in events { print(event) }
        return next
    }

    private func print(_ event: TraceEvent) {
        switch event {
        case .answered: break
        case .began(let index): begin(index)
        case .hop(let hop): console.output.write(command.has(.json) ? json(hop) : line(hop))
        case .ended(let index, let summary): finish(targets[index], summary)
        }
    }

    private func begin(_ index: Int) {
        guard !command.has(.json) else { return }
        let target = targets[index]
        lastMTU = nil
        // A line between the traces of several targets.
        if index > 0 { console.output.write("\n") }
        console.output.write(
            "traceroute to \(Text.escaped(target.text)) (\(target.destination.address)), \(target.configuration.maximumHops) hops max, \(target.configuration.wholeLength) byte packets\n"
        )
    }

    // MARK: Lines

    private func line(_ hop: TraceHop) -> String {
        var text = hop.timeToLive < 10 ? " \(hop.timeToLive) " : "\(hop.timeToLive) "
        var last: IPAddress?
        var lastWay = hop.timeToLive
        for probe in hop.probes {
            switch probe {
            case .timeout: text += " *"
            case .failed(.messageTooLong(let mtu)): text += " " + TraceAnswer.fragmentationNeeded(mtu: mtu)
            // Not sent: why is said at the end.
            case .failed: text += " -"
            case .answered(let answer):
                if answer.source != last { text += " " + names.host(answer.source) + extensions(answer) }
                last = answer.source
                // traceroute's form: said where it is not what was last known.
                if command.has(.back), let way = answer.hopsBack, way != lastWay {
                    text += " '-\(way)'"
                    lastWay = way
                }
                text += "  \(Milliseconds.fixed(answer.roundTrip)) ms"
                if let annotation = answer.annotation { text += " " + annotation }
                // traceroute's form: said where it changes.
                if let mtu = hop.mtu, mtu != lastMTU {
                    text += " F=\(mtu)"
                    lastMTU = mtu
                }
                if settings.printsFlags, case .tcp(let flags) = answer.kind {
                    text += " <" + flags.words.joined(separator: ",") + ">"
                }
            }
        }
        return text + "\n"
    }

    /// `<MPLS:L=16001,E=3,S=1,T=1>`, as traceroute -e has it, and `<incoming:index=2,name="eth0",mtu=1500>` (RFC 5837).
    private func extensions(_ answer: TraceAnswer) -> String {
        guard command.has(.extensions) else { return "" }
        var text = ""
        if !answer.labels.isEmpty {
            let stack = answer.labels.map { label in
                "L=\(label.label),E=\(label.trafficClass),S=\(label.isBottomOfStack ? 1 : 0),T=\(label.timeToLive)"
            }
            text += " <MPLS:" + stack.joined(separator: "/") + ">"
        }
        for interface in answer.interfaces {
            var parts = [String]()
            if let index = interface.index { parts.append("index=\(index)") }
            if let address = interface.address { parts.append("address=\(address)") }
            if let name = interface.name {
                parts.append("name=\"\(Text.escaped(String(decoding: name, as: UTF8.self)))\"")
            }
            if let mtu = interface.mtu { parts.append("mtu=\(mtu)") }
            text += " <\(interface.role.description):" + parts.joined(separator: ",") + ">"
        }
        return text
    }

    // MARK: JSON

    private func json(_ hop: TraceHop) -> String {
        var object = JSONObject(type: "hop")
        object.add("ttl", hop.timeToLive)
        object.add("probes", raw: "[\(hop.probes.map { TraceJSON.probe($0, names).line }.joined(separator: ","))]")
        if let mtu = hop.mtu { object.add("mtu", mtu) }
        return object.line + "\n"
    }

    // MARK: The end

    private func finish(_ target: TraceTarget, _ summary: TraceSummary) {
        target.complain(summary, console)
        guard command.has(.json) else {
            for verdict in summary.verdicts { console.output.write(verdict.sentence + "\n") }
            return
        }
        console.output.write(TraceJSON.summary(target, summary).line + "\n")
    }
}
