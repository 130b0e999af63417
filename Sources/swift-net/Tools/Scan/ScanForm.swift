import LinuxProcess
import SwiftNet

/// The format of a report.
enum ScanFormat: String, CaseIterable {
    case text, json, csv, grepable, xml, list
}

/// A report that an option asks for.
struct ScanOutput {
    /// The option as typed.
    var option: String
    var path: String
    var format: ScanFormat

    var isStandardOutput: Bool { BufferedOutput.isStandardOutput(path) }

    /// The three reports of nmap's -oA.
    static func all(base: String) -> [ScanOutput] {
        [(".nmap", ScanFormat.text), (".gnmap", .grepable), (".xml", .xml)].map { suffix, format in
            ScanOutput(option: "-oA", path: base + suffix, format: format)
        }
    }
}

/// Writes the report of a scan in one format, to one stream.
protocol ScanForm: AnyObject {
    func begin(_ scan: PreparedScan, at now: Instant)
    /// Writes a range of unreachable targets.
    func write(_ range: PreparedScan.UnreachableRange, at now: Instant)
    func write(_ finding: ScanFinding)
    func write(_ banner: ScanBanner)
    /// Writes the findings of one host, sorted by port.
    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>)
    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant)
}

extension ScanForm {
    /// Writes each banner after its port.
    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>) {
        for finding in findings {
            write(finding)
            for banner in banners where banner.port == finding.port { write(banner) }
        }
    }
}

/// The options of all formats of a run.
struct ScanFormOptions {
    /// The service names; nil if they are not printed.
    var services: ServiceNames?
    /// Whether to print only ports.
    var isQuiet = false
    /// Whether the ports were given, rather than those that are open most often.
    var namesPorts = true
    /// Whether ports may be followed by their banners.
    var readsBanners = false
    let names: ScanNames
    let terms: ScanTerms

    func service(_ port: UInt16) -> String? { services?.name(of: port, terms.transport) }
}

/// The names of scanned hosts.
struct ScanNames {
    let run: PreparedScan
    /// Whether the names of addresses are looked up.
    let looksUp: Bool

    /// The name that was given for an address; nil if the address itself was given, or a network.
    func given(_ address: IPAddress, zone: UInt32 = 0) -> String? { run.givenName(of: address, zone: zone) }

    /// `%eth0` for a link-local address; empty for others.
    func zone(_ index: UInt32) -> String { index == 0 ? "" : "%" + PreparedScan.zoneName(of: index) }

    /// The name that was given for the host of a port, otherwise its address.
    func target(_ finding: ScanFinding) -> String {
        given(finding.address, zone: finding.zone) ?? "\(finding.address)\(zone(finding.zone))"
    }

    /// The name that the address has in the DNS; nil without --names.
    func found(_ address: IPAddress) -> String? {
        guard looksUp, case .known(let name) = run.names.name(of: address) else { return nil }
        return name
    }

    /// Whether the name of an address is still being looked up.
    func isPending(_ address: IPAddress) -> Bool { looksUp && run.names.name(of: address) == .pending }

    /// The name to print: the given one, otherwise the one in the DNS.
    func printed(_ finding: ScanFinding) -> String? {
        (given(finding.address, zone: finding.zone) ?? found(finding.address)).map(Text.escaped)
    }
}

extension ScanFormat {
    func form(to stream: BufferedOutput, _ options: ScanFormOptions, _ console: Console) -> any ScanForm {
        switch self {
        case .text: ScanText(stream, options, isPainted: stream === console.output && console.usesColor, console)
        case .json: ScanJSON(stream, options, console)
        case .csv: ScanCSV(stream, options)
        case .grepable: ScanGrepable(stream, options)
        case .xml: ScanXML(stream, options)
        case .list: ScanList(stream, options)
        }
    }

    /// Whether the report has a line for unreliable hosts.
    var namesUnreliableHosts: Bool { self != .csv && self != .list }

    /// Whether a report in this format is complete only at the end.
    var isWrittenAtEnd: Bool { self == .xml }
}
