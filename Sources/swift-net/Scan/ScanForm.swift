import LinuxProcess
import SwiftNet

/// The form of a report.
enum ScanFormat: String, CaseIterable {
    case text, json, csv, grepable
}

/// Writes the report of a scan in one form, to one stream.
protocol ScanForm: AnyObject {
    func begin(_ scan: SYNScan.Prepared, at now: Instant)
    func write(_ finding: ScanFinding)
    func write(_ banner: ScanBanner)
    /// Writes what was found at one host, sorted by port.
    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>)
    func finish(_ summary: ScanSummary, _ ending: ScanEnding, unreliable: [UnreliableHost], at now: Instant)
}

extension ScanForm {
    /// Each banner after its port.
    func write(_ findings: ArraySlice<ScanFinding>, _ banners: ArraySlice<ScanBanner>) {
        for finding in findings {
            write(finding)
            for banner in banners where banner.port == finding.port { write(banner) }
        }
    }
}

/// What the forms of one run have in common.
struct ScanFormOptions {
    /// Nil to print no names of services.
    var services: ServiceNames?
    /// Only ports.
    var isQuiet = false
    /// The ports were given, and are not those of the services file.
    var namesPorts = true

    func service(_ port: UInt16) -> String? { services?.name(of: port, .tcp) }
}

extension ScanFormat {
    func form(to stream: BufferedOutput, _ options: ScanFormOptions, _ console: Console) -> any ScanForm {
        switch self {
        case .text: ScanText(stream, options, isPainted: stream === console.output && console.usesColor, console)
        case .json: ScanJSON(stream, options, console)
        case .csv: ScanCSV(stream, options)
        case .grepable: ScanGrepable(stream, options)
        }
    }
}
