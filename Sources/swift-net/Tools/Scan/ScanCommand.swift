import LinuxProcess
import SwiftNet

/// What a scan's options ask of its reports.
struct ScanReportOptions {
    var isSorted = false
    /// The path of -o.
    var output: String?
    /// The format of --format.
    var format: ScanFormat?
    /// The reports of -oN, -oG, -oX and -oA.
    var reports: [ScanOutput] = []
    /// Whether service names are omitted.
    var isNumeric = false
    /// Whether the names of hosts are looked up.
    var findsNames = false
    let services = ServiceNames.system()
}

/// The command of a scan of any protocol: the options of its reports.
protocol ScanCommand: Command {
    static var terms: ScanTerms { get }
    var reporting: ScanReportOptions { get set }
}

extension ScanCommand {
    /// Declares the options of reports.
    /// - Parameter all: whether to report closed and filtered ports too.
    static func declareReports(_ options: inout OptionTable<Self>, all: WritableKeyPath<Self, Bool>) {
        options.section("Output")
        options.flag("--all", help: "Also report closed and filtered ports.", excludes: ["--open"]) {
            $0[keyPath: all] = true
        }
        options.flag("--sort", help: "Report at the end, sorted by address and port.") { $0.reporting.isSorted = true }
        options.option(
            "-o", "--output", value: .file,
            help: "Also write the report to FILE (-: standard output, instead of the normal report)."
        ) { $0.reporting.output = $1 }
        options.option(
            "--format", value: .choice(ScanFormat.self),
            help: "Set the format of FILE, or of standard output (text)."
        ) { $0.reporting.format = $1 }
        for (name, format, what) in [
            ("-oN", ScanFormat.text, "as text"), ("-oG", .grepable, "in grepable format"), ("-oX", .xml, "as XML"),
        ] {
            options.list(name, value: .file, help: "Also write the report \(what) to FILE, as in nmap.") {
                $0.reporting.reports.append(ScanOutput(option: name, path: $1, format: format))
            }
        }
        options.list(
            "-oA", value: .text("BASE"), help: "Also write the reports BASE.nmap, BASE.gnmap and BASE.xml, as in nmap."
        ) { $0.reporting.reports += ScanOutput.all(base: $1) }
        options.json()
        options.quiet("Print only the ports.")
        options.verbose("Also report excluded addresses and rate changes.")
        options.flag("-n", "--numeric", help: "Do not print the names of services.", excludes: ["--names"]) {
            $0.reporting.isNumeric = true
        }
        options.flag("--names", help: "Also print the names of hosts in the DNS.", excludes: ["-n"]) {
            $0.reporting.findsNames = true
        }
        options.pcap()
        options.explain()
        options.color()
        options.section("Accepted for nmap's users")
        options.flag("-Pn", help: "Do not ask hosts first (the default).", excludes: ["--ping"]) { _ in }
        options.flag("--open", help: "Report only open ports (the default).", excludes: ["--all"]) { _ in }
        options.flag("--reason", help: "Print the evidence for each state (the default).") { _ in }
    }

    static func printsJSON(_ arguments: ParsedArguments) -> Bool {
        let hasFile = arguments.text(of: "--output").map { !BufferedOutput.isStandardOutput($0) } ?? false
        return arguments.has("--json") || !hasFile && arguments.has("--format json")
    }

    /// The reports besides the normal one, and the one that replaces it on standard output.
    private var allReports: [ScanOutput] {
        let other = reporting.output.map { ScanOutput(option: "-o", path: $0, format: reporting.format ?? .text) }
        return reporting.reports + (other.map { [$0] } ?? [])
    }

    /// The reports of files.
    var files: [ScanOutput] { allReports.filter { !$0.isStandardOutput } }

    /// The format of standard output.
    var format: ScanFormat {
        if general.isJSON { return .json }
        if let report = allReports.first(where: \.isStandardOutput) { return report.format }
        return reporting.output == nil ? reporting.format ?? .text : .text
    }

    /// Throws if two reports use standard output.
    func checkReports() throws {
        let hasFile = reporting.output.map { !BufferedOutput.isStandardOutput($0) } ?? false
        if !hasFile, general.isJSON, let format = reporting.format, format != .json {
            throw UsageError("--json cannot be used with --format \(format.rawValue), unless -o names a file")
        }
        let shown = allReports.filter(\.isStandardOutput)
        if let first = shown.first, shown.count > 1 {
            throw UsageError("\(shown[1].option) -: standard output is already used by \(first.option)")
        }
        if let first = shown.first, general.isJSON, first.option != "-o" {
            throw UsageError("--json cannot be used with \(first.option) \(first.path)")
        }
    }
}

extension OptionValue where Value == ScanShard {
    /// `K/N`.
    static var shard: Self {
        OptionValue(specification: ValueSpecification(name: "K/N")) { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let number = parts[0], let count = parts[1]
            else { throw ValueError(expected: "K/N with 1 <= K <= N") }
            return ScanShard(number: number, count: count)
        }
    }
}
