import LinuxProcess
import SwiftNet

/// From the command line of `http-fingerprint` to an exit status.
struct HTTPFingerprintRun {
    static func run(_ command: HTTPFingerprintCommand, name: String) -> Int32 {
        let console = Console(
            command: name, isJSON: command.frames.json, color: ColorUse(rawValue: command.color) ?? .auto)
        return console.status { _ in try run(command, FingerprintSettings(command, console), console) }
    }

    private static func run(
        _ command: HTTPFingerprintCommand, _ settings: FingerprintSettings, _ console: Console
    ) throws -> Int32 {
        let lessonFile = try settings.lesson?.path.map { try console.file($0, for: "-o") }
        let options = try console.runOptions(
            capture: command.frames.pcap, explained: try command.frames.explained(), isVerbose: command.verbose)
        let fingerprint = try HTTPFingerprint.prepare(settings.urls, settings.configuration, options: options)
        let renderer: any FingerprintRenderer =
            command.frames.json
            ? FingerprintJSON(console)
            : FingerprintText(console, isQuiet: command.quiet, isVerbose: command.verbose)
        var observer = FingerprintObserver(
            console: console, renderer: renderer, run: fingerprint, namesServers: settings.lesson == nil)
        defer { observer.progress.clear() }
        let summary = try fingerprint.run(reportingTo: &observer)
        observer.progress.clear()
        if let lesson = settings.lesson {
            return write(lesson, observer.reports, to: lessonFile ?? console.output, console)
        }
        renderer.finish(summary)
        return summary.recognized == summary.targets ? 0 : 1
    }

    /// Writes what was learned; 1 when there is a server that did not answer.
    private static func write(
        _ lesson: FingerprintSettings.Lesson, _ reports: [FingerprintReport], to file: BufferedOutput,
        _ console: Console
    ) -> Int32 {
        let learned = reports.filter { $0.failure == nil && $0.interruption == nil }
        for report in reports {
            if let failure = report.failure ?? report.interruption {
                console.complain("\(report.url): \(failure.text)")
            }
        }
        guard !learned.isEmpty else { return 1 }
        let banners = Set(learned.compactMap(\.banner).map(SignatureLibrary.name(inBanner:)))
        let signature = Signature(
            product: lesson.product, versions: lesson.versions, banners: banners.filter { !$0.isEmpty }.sorted(),
            configurations: learned.map {
                Signature.Configuration(name: "\($0.url)", origin: lesson.origin, behavior: $0.behavior)
            })
        file.write(signature.text)
        file.flush()
        return learned.count == reports.count ? 0 : 1
    }
}
