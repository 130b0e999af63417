import LinuxProcess
import SwiftNet

/// The format of a report.
enum SYNScanFormat: String, CaseIterable {
    case text, json, csv, grepable
}

/// Writes the report of a scan in one format, to one stream.
protocol SYNScanForm: AnyObject {
    func begin(_ scan: SYNScan.Prepared, at now: Instant)
    /// Writes a range of unreachable targets.
    func write(_ range: SYNScan.UnreachableRange, at now: Instant)
    func write(_ finding: SYNScanFinding)
    func write(_ banner: SYNScanBanner)
    /// Writes the findings of one host, sorted by port.
    func write(_ findings: ArraySlice<SYNScanFinding>, _ banners: ArraySlice<SYNScanBanner>)
    func finish(_ summary: SYNScanSummary, _ ending: SYNScanEnding, unreliable: [UnreliableHost], at now: Instant)
}

extension SYNScanForm {
    /// Writes each banner after its port.
    func write(_ findings: ArraySlice<SYNScanFinding>, _ banners: ArraySlice<SYNScanBanner>) {
        for finding in findings {
            write(finding)
            for banner in banners where banner.port == finding.port { write(banner) }
        }
    }
}

/// The options of all formats of a run.
struct SYNScanFormOptions {
    /// The service names; nil if they are not printed.
    var services: ServiceNames?
    /// Whether to print only ports.
    var isQuiet = false
    /// Whether the ports were given, rather than read from the services file.
    var namesPorts = true

    func service(_ port: UInt16) -> String? { services?.name(of: port, .tcp) }
}

extension SYNScanFormat {
    func form(to stream: BufferedOutput, _ options: SYNScanFormOptions, _ console: Console) -> any SYNScanForm {
        switch self {
        case .text: SYNScanText(stream, options, isPainted: stream === console.output && console.usesColor, console)
        case .json: SYNScanJSON(stream, options, console)
        case .csv: SYNScanCSV(stream, options)
        case .grepable: SYNScanGrepable(stream, options)
        }
    }
}
