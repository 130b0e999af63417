import Diagnostics
import LinuxNet
import LinuxProcess
import PacketEngine
import SwiftNetSignatures
import SwiftNetTLS

/// From the command line of `http-fingerprint` to an exit status.
struct HTTPFingerprintRun {
    static func run(_ command: HTTPFingerprintCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.frames.json, color: command.color)
        return console.status { try run(command, FingerprintSettings(command), console) }
    }

    private static func run(
        _ command: HTTPFingerprintCommand, _ settings: FingerprintSettings, _ console: Console
    ) throws -> Int32 {
        let lessonFile = try settings.lesson?.path.map { try console.file($0, for: "-o") }
        let resolver = try console.resolver(isVerbose: command.verbose)
        let tap = try ConnectionTap.opened(command.frames, keepsHandshakes: false, console)
        // Nothing else needs a privilege.
        try Privileges.dropForGood()
        let urls = settings.targets.urls
        var port = try KernelStreams(
            family: settings.targets.family, interface: command.targets.interface,
            resolver: resolver)
        if let tap { port.beginning = { tap.begin($0, localPort: $1) } }
        let plans = urls.enumerated().map {
            FingerprintPlan($0.element, settings.configuration, number: $0.offset)
        }
        var engine = try HTTPEngine(
            plans, concurrency: settings.concurrency, tls: TLSConfiguration(applicationProtocols: ["http/1.1"]),
            needsTLS: urls.contains { $0.scheme == .https })
        let renderer: any FingerprintRenderer =
            command.frames.json
            ? FingerprintJSON(console)
            : FingerprintText(console, isQuiet: command.quiet, isVerbose: command.verbose)
        let start = SystemClock.now
        var observer = FingerprintObserver(
            console: console, renderer: renderer, tap: tap,
            judge: settings.lesson == nil ? try judge(settings.signatures) : nil, targets: urls.count, start: start)
        try StreamLoop.run(&engine, on: &port, observer: &observer)
        observer.progress.clear()
        if let interruption = port.interruption { throw interruption }
        let isCaptured = tap?.finish() ?? true
        if let lesson = settings.lesson {
            return write(lesson, observer.reports, to: lessonFile ?? console.output, console)
        }
        renderer.finish(observer.summary, elapsed: SystemClock.now - start)
        if console.output.failure != nil || !isCaptured { return 2 }
        return observer.summary.recognized == urls.count ? 0 : 1
    }

    /// Who knows the signatures that come with the tool, and the user's own.
    private static func judge(_ own: [Signature]) throws -> FingerprintJudge {
        guard let calibrations = Calibrations(EmbeddedSignatures.calibrations) else {
            throw CannotRun(message: "the calibrations that come with it cannot be read")
        }
        let signatures: [Signature]
        do {
            signatures = try Signature.all(in: EmbeddedSignatures.text())
        } catch {
            throw CannotRun(message: "the signatures that come with it cannot be read: \(ErrorText.reason(error))")
        }
        return FingerprintJudge(SignatureLibrary(signatures + own), calibrations)
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
