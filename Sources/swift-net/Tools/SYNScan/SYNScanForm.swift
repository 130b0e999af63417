import LinuxProcess
import SwiftNet

/// The form of a report.
enum SYNScanFormat: String, CaseIterable {
    case text, json, csv, grepable
}

/// Writes the report of a scan in one form, to one stream.
protocol SYNScanForm: AnyObject {
    func begin(_ scan: SYNScan.Prepared, at now: Instant)
    func write(_ finding: SYNScanFinding)
    func write(_ banner: SYNScanBanner)
    /// Writes what was found at one host, sorted by port.
    func write(_ findings: ArraySlice<SYNScanFinding>, _ banners: ArraySlice<SYNScanBanner>)
    func finish(_ summary: SYNScanSummary, _ ending: SYNScanEnding, unreliable: [UnreliableHost], at now: Instant)
}

extension SYNScanForm {
    /// Each banner after its port.
    func write(_ findings: ArraySlice<SYNScanFinding>, _ banners: ArraySlice<SYNScanBanner>) {
        for finding in findings {
            write(finding)
            for banner in banners where banner.port == finding.port { write(banner) }
        }
    }
}

/// What the forms of one run have in common.
struct SYNScanFormOptions {
    /// Nil to print no names of services.
    var services: ServiceNames?
    /// Only ports.
    var isQuiet = false
    /// The ports were given, and are not those of the services file.
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
