import SwiftNet

/// The output of a trace in the format of traceroute(8).
final class TracerouteText: TracerouteReport {
    private let command: TracerouteCommand
    private let console: Console
    private let targets: [TraceTarget]
    private(set) var names: TracerouteNames
    var held: HeldLines<TracerouteEvent>
    /// The MTU printed last.
    private var lastMTU: Int?

    init(_ command: TracerouteCommand, _ console: Console, _ targets: [TraceTarget], _ names: TracerouteNames) {
        self.command = command
        self.console = console
        self.targets = targets
        self.names = names
        held = HeldLines(names)
    }

    func print(_ event: TracerouteEvent, at instant: Instant) {
        switch event {
        case .answered: break
        case .began(let index):
            lastMTU = nil
            names.zone = targets[index].interface
            // An empty line between the traces of several targets.
            if index > 0 { console.output.write("\n") }
            console.output.write(targets[index].title("traceroute"))
        case .hop(let hop): console.output.write(line(hop))
        case .ended(let index, let summary):
            targets[index].complain(summary, console)
            for verdict in summary.verdicts { console.output.write(verdict.sentence(names) + "\n") }
        }
    }

    private func line(_ hop: TraceHop) -> String {
        var text = hop.timeToLive < 10 ? " \(hop.timeToLive) " : "\(hop.timeToLive) "
        var last: IPAddress?
        var lastHopsBack = hop.timeToLive
        for probe in hop.probes {
            switch probe {
            case .timeout: text += " *"
            case .failed(.messageTooLong(let mtu)): text += " " + TraceAnswer.fragmentationNeeded(mtu: mtu)
            // Not sent: the reason is printed at the end.
            case .failed: text += " -"
            case .answered(let answer):
                if answer.source != last { text += " " + names.host(answer.source) + extensions(answer) }
                last = answer.source
                // As in traceroute, only where it differs from the previous value.
                if command.printsHopsBack, let back = answer.hopsBack, back != lastHopsBack {
                    text += " '-\(back)'"
                    lastHopsBack = back
                }
                text += "  \(Milliseconds.fixed(answer.roundTrip)) ms"
                if let annotation = answer.annotation { text += " " + annotation }
                // As in traceroute, only where it changes.
                if let mtu = hop.mtu, mtu != lastMTU {
                    text += " F=\(mtu)"
                    lastMTU = mtu
                }
                if command.printsFlags, case .tcp(let flags) = answer.kind {
                    text += " <" + flags.setNames.joined(separator: ",") + ">"
                }
            }
        }
        return text + "\n"
    }

    /// The ICMP extensions: `<MPLS:L=16001,E=3,S=1,T=1>`, as traceroute -e prints it, and
    /// `<incoming:index=2,name="eth0",mtu=1500>` (RFC 5837).
    private func extensions(_ answer: TraceAnswer) -> String {
        guard command.printsExtensions else { return "" }
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
}
