import Diagnostics
import LinuxNet
import PacketEngine
import TLS

/// From the command line of `http-fingerprint` to an exit status.
struct HTTPFingerprintRun {
    static func run(_ command: HTTPFingerprintCommand, name: String) -> Int32 {
        let console = Console(command: name, isJSON: command.json, color: command.color)
        return console.status { try run(command, FingerprintSettings(command), console) }
    }

    private static func run(
        _ command: HTTPFingerprintCommand, _ settings: FingerprintSettings, _ console: Console
    ) throws -> Int32 {
        let bell = try Bell()
        let signals = try SignalSource()
        // Nothing here needs a privilege.
        try Privileges.dropForGood()
        let urls = settings.targets.urls
        var port = try KernelStreams(
            family: settings.targets.family, interface: command.interface, signals: signals, bell: bell)
        let plans = urls.enumerated().map {
            FingerprintPlan($0.element, settings.configuration, number: $0.offset)
        }
        var engine = try HTTPEngine(
            plans, concurrency: settings.concurrency, tls: TLSConfiguration(applicationProtocols: ["http/1.1"]),
            needsTLS: urls.contains { $0.scheme == .https })
        var observer = FingerprintObserver(
            console: console, command, settings.lesson == nil ? SignatureLibrary(settings.signatures) : nil,
            targets: urls.count, start: SystemClock.now)
        try StreamLoop.run(&engine, on: &port, observer: &observer)
        observer.progress.clear()
        if let lesson = settings.lesson {
            return try write(lesson, observer.reports, console)
        }
        observer.finish(at: SystemClock.now)
        if console.output.failure != nil { return 2 }
        return observer.recognized == urls.count ? 0 : 1
    }

    /// Writes what was learned; 1 when there is a server that did not answer.
    private static func write(
        _ lesson: FingerprintSettings.Lesson, _ reports: [FingerprintReport], _ console: Console
    ) throws -> Int32 {
        let configurations = reports.filter { $0.failure == nil }.map {
            Signature.Configuration(name: "\($0.url)", origin: lesson.origin, behavior: $0.behavior)
        }
        for report in reports {
            if let failure = report.failure { console.complain("\(report.url): \(failure.text)") }
        }
        guard !configurations.isEmpty else { return 1 }
        let signature = Signature(product: lesson.product, versions: lesson.versions, configurations: configurations)
        if let path = lesson.path {
            let file = try OutputStream.file(path)
            file.write(signature.text)
            file.flush()
            if file.failure != nil { return 2 }
        } else {
            console.output.write(signature.text)
        }
        return configurations.count == reports.count ? 0 : 1
    }
}
