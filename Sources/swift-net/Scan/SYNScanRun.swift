import SwiftNet

/// From the command line of `tcp-syn-scan` to an exit status.
struct SYNScanRun {
    let command: SYNScanCommand
    let settings: ScanSettings
    let console: Console

    static func run(_ command: SYNScanCommand, name: String) -> Int32 {
        let isJSON = command.frames.json || (command.file == nil && command.format == "json")
        let console = Console(command: name, isJSON: isJSON, color: ColorUse(rawValue: command.color) ?? .auto)
        return console.status { _ in
            try SYNScanRun(command: command, settings: ScanSettings(command, console), console: console).run()
        }
    }

    func run() throws -> Int32 {
        console.limit(to: settings.scan.deadline)
        let reports = openReports()
        let options = try console.runOptions(
            capture: command.frames.pcap, explained: command.frames.explained(), isVerbose: command.verbose)
        let scan = try SYNScan.prepare(settings.targets, settings.scan, options: options)
        let configuration = scan.configuration
        try settings.resumption?.begin(configuration)
        for report in reports { report.begin(scan, namesPorts: !command.ports.isEmpty) }
        var observer = ScanObserver(
            console: console, reports: reports, file: settings.file,
            // What waits to be sorted is not yet reported: after a kill it has to be found again.
            resumption: command.sort ? nil : settings.resumption, isVerbose: command.verbose,
            // Where the report has no place for it, it is said beside.
            complainsOfHosts: command.quiet || settings.format == .csv)
        let summary = try scan.run(reportingTo: &observer)
        observer.progress.clear()
        let ending = ScanEnding(
            unreachable: scan.unreachableCount, soughtRate: configuration.rate == nil,
            hearsBanners: configuration.hearsBanners)
        for report in reports { report.finish(summary, ending) }
        if let failure = summary.firstFailure { console.fail(failure) }
        console.output.flush()
        settings.file?.flush()
        // Findings that could not be written out are to be found again.
        let isReported = console.output.isOpen && settings.file?.failure == nil
        let isSaved = !isReported || settings.resumption?.finish(scan.position, console: console) ?? true
        if let failure = scan.failure { throw failure }
        if !isSaved { return 2 }
        guard summary.open == 0 else { return 0 }
        // Targets that were not scanned are not known to have no open port, nor are the silent ports of an unreliable
        // host.
        return scan.isIncomplete || summary.unreliable > 0 ? 2 : 1
    }

    private func openReports() -> [ScanReport] {
        let services = command.numeric ? nil : settings.services
        var reports = [
            ScanReport(
                settings.format, to: console.output, services: services, isSorted: command.sort,
                isQuiet: command.quiet, paint: console.painted)
        ]
        if let file = settings.file {
            reports.append(
                ScanReport(
                    settings.fileFormat, to: file, services: services, isSorted: command.sort, isQuiet: command.quiet))
        }
        return reports
    }
}
