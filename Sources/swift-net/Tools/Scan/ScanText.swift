import LinuxProcess
import SwiftNet

/// The report of a scan as text, one line per port.
final class ScanText: ScanForm {
    private let stream: BufferedOutput
    private let options: ScanFormOptions
    private let isPainted: Bool
    private let console: Console
    private var text = TextBuffer()

    init(_ stream: BufferedOutput, _ options: ScanFormOptions, isPainted: Bool, _ console: Console) {
        self.stream = stream
        self.options = options
        self.isPainted = isPainted
        self.console = console
    }

    func begin(_ scan: PreparedScan, at now: Instant) {
        guard !options.isQuiet else { return }
        stream.write(ScanStart(configuration: scan.configuration, namesPorts: options.namesPorts).text + "\n")
    }

    func write(_ range: PreparedScan.UnreachableRange, at now: Instant) {
        if !options.isQuiet { stream.write("\(range.text)  unreachable: \(range.reason)\n") }
    }

    func write(_ finding: ScanFinding) {
        text.removeAll()
        text.append(finding.address)
        if finding.zone != 0 { text.append(options.names.zone(finding.zone)) }
        text.pad(to: 15)
        text.append("  ")
        let port = text.count
        text.append(decimal: finding.port)
        text.append("/")
        text.append(options.terms.transportName)
        text.pad(to: port + 11)
        // Pad by the visible width: color codes have none.
        let state = finding.state.rawValue + (finding.isReliable ? "" : "?")
        text.append(isPainted ? console.painted(state, finding.state.color) : state)
        for _ in state.utf8.count..<10 { text.append(UInt8(ascii: " ")) }
        let name = text.count
        text.append(options.service(finding.port) ?? "-")
        text.pad(to: name + 13)
        text.append("  ")
        text.append(finding.reason.name)
        if case .icmp(_, _, let router) = finding.reason, router != finding.address {
            text.append(" from ")
            text.append(router)
        }
        if let hopLimit = finding.hopLimit {
            text.append("  ttl ")
            text.append(decimal: hopLimit)
        }
        if let roundTrip = finding.roundTrip {
            text.append("  ")
            text.append(milliseconds: roundTrip)
            text.append(" ms")
        }
        if let name = options.names.printed(finding) {
            text.append("  ")
            text.append(name)
        }
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func write(_ banner: ScanBanner) {
        text.removeAll()
        text.append(banner.address)
        text.pad(to: 15)
        text.append("  ")
        let port = text.count
        text.append(decimal: banner.port)
        text.append("/")
        text.append(options.terms.transportName)
        text.pad(to: port + 11)
        text.append("banner    ")
        let kind = text.count
        text.append(banner.kind.rawValue)
        text.pad(to: kind + 13)
        text.append("  ")
        text.append(Text.visible(banner.summary[...]))
        text.append(UInt8(ascii: "\n"))
        stream.write(text)
    }

    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant) {
        guard !options.isQuiet else { return }
        for host in unreliable { stream.write(host.text(options.terms) + "\n") }
        stream.write("\n" + ending.text(summary))
    }
}

extension ScanState {
    fileprivate var color: Console.Color {
        switch self {
        case .open: .green
        case .closed: .red
        case .filtered, .openOrFiltered: .yellow
        }
    }
}
