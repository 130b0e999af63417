import LinuxProcess
import SwiftNet

/// A scan, from its preparation to the exit status.
struct SYNScanRun {
    let command: SYNScanCommand
    /// The file of -o.
    let file: BufferedOutput?
    let resumption: ScanResumption?
    let console: Console

    func run() throws -> Int32 {
        console.limit(to: command.scan.deadline)
        let reports = openReports()
        let options = try console.runOptions(command.general)
        let scan = try SYNScan.prepare(command.targets, command.scan, options: options)
        let configuration = scan.configuration
        try resumption?.begin(configuration)
        for report in reports { report.begin(scan, namesPorts: !command.portLists.isEmpty) }
        var observer = ScanObserver(
            console: console, reports: reports, file: file,
            // What waits to be sorted is not yet reported: after a kill it has to be found again.
            resumption: command.isSorted ? nil : resumption, isVerbose: command.general.isVerbose,
            // Where the report has no place for it, it is said beside.
            complainsOfHosts: command.general.isQuiet || command.format == .csv)
        let summary = try scan.run(reportingTo: &observer)
        observer.progress.clear()
        let ending = ScanEnding(
            unreachable: scan.unreachableCount, soughtRate: configuration.rate == nil,
            hearsBanners: configuration.hearsBanners)
        for report in reports { report.finish(summary, ending) }
        if let failure = summary.firstFailure { console.fail(failure) }
        console.output.flush()
        file?.flush()
        // Findings that could not be written out are to be found again.
        let isReported = console.output.isOpen && file?.failure == nil
        let isSaved = !isReported || resumption?.finish(scan.position, console: console) ?? true
        if let failure = scan.failure { throw failure }
        if !isSaved { return 2 }
        guard summary.open == 0 else { return 0 }
        // Targets that were not scanned are not known to have no open port, nor are the silent ports of an unreliable
        // host.
        return scan.isIncomplete || summary.unreliable > 0 ? 2 : 1
    }

    private func openReports() -> [ScanReport] {
        let services = command.isNumeric ? nil : command.services
        var reports = [
            ScanReport(
                command.format, to: console.output, services: services, isSorted: command.isSorted,
                isQuiet: command.general.isQuiet, paint: console.painted)
        ]
        if let file = file {
            reports.append(
                ScanReport(
                    command.fileFormat, to: file, services: services, isSorted: command.isSorted,
                    isQuiet: command.general.isQuiet))
        }
        return reports
    }
}
