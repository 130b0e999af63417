import Foundation
import LinuxProcess
import MonitorCore
import MonitorStore
import MonitorWeb
import SwiftNet
import Synchronization

/// A running monitor: its probes, its recorder and its page.
final class Monitor: Sendable {
    /// Why it could not start.
    struct Failure: Error, CustomStringConvertible {
        var description: String
        var hints: [String] = []
    }

    private let options: Options
    private let recorder: Recorder
    private let probes: ProbeThreads
    private let output: EventOutput
    private let settings: Mutex<MonitorSettings>
    private let isOver = Mutex(false)

    static func now() -> WallTime { WallTime(nanoseconds: SystemClock.wall) }

    init(_ options: Options, _ settings: MonitorSettings) throws(Failure) {
        self.options = options
        self.settings = Mutex(settings)
        let output = EventOutput(isQuiet: options.quiet || options.live, isJSON: options.json && !options.live)
        output.set(command: settings.onEvent)
        self.output = output
        let store = try Self.open(settings)
        do {
            recorder = try Recorder(
                store: store, now: Self.now(), onChange: { output.take($0, name: $1) },
                onStoreChange: { failure in
                    complain(failure.map { "history is not being written: \($0)" } ?? "history is being written again")
                })
        } catch {
            throw Failure(description: "\(settings.storePath): \(error)")
        }
        probes = ProbeThreads(recorder, complain: { complain($0) })
    }

    private static func open(_ settings: MonitorSettings) throws(Failure) -> Store {
        var retention = settings.retention
        guard settings.keepsHistory else {
            retention.minutes = retention.samples
            do { return try Store(path: nil, retention: retention) } catch { throw Failure(description: "\(error)") }
        }
        do { return try Store(path: settings.storePath, retention: retention) } catch {
            throw Failure(
                description: "\(settings.storePath): \(error)",
                hints: ["Use --store FILE for another file, or --no-store to keep a day of history in memory."])
        }
    }

    // MARK: Checks

    /// Begins to probe.
    func begin() throws(Failure) {
        let checks = settings.withLock { $0.checks }
        try set(checks)
        recorder.noteStart("version \(Options.version), \(Self.count(checks))", at: Self.now())
    }

    static func count(_ checks: [Check]) -> String { count(checks.count) }
    static func count(_ count: Int) -> String { count == 1 ? "1 target" : "\(count) targets" }

    private func set(_ checks: [Check]) throws(Failure) {
        do {
            let ids = try recorder.setChecks(checks, now: Self.now())
            try probes.set(Array(zip(ids, checks)).map { (id: $0.0, check: $0.1) })
        } catch let error as SwiftNetError {
            throw Failure(description: error.description, hints: error.hints)
        } catch {
            throw Failure(description: "\(error)")
        }
    }

    /// Reads the configuration file again. A file with a mistake changes nothing.
    func reload() {
        guard options.config != nil else { return complain("SIGHUP: there is no configuration file (--config)") }
        let new: MonitorSettings
        do { new = try MonitorSettings(options) } catch { return complain("not reloaded: \(error)") }
        let old = settings.withLock { $0 }
        if new.listen != old.listen || new.storePath != old.storePath || new.keepsHistory != old.keepsHistory {
            complain("the address and the file of the history change only with a restart")
        }
        do throws(Failure) {
            try set(new.checks)
            output.set(command: new.onEvent)
            settings.withLock { $0.checks = new.checks }
            complain("reloaded: \(Self.count(new.checks))")
        } catch {
            complain("not reloaded: \(error)")
            try? set(old.checks)
        }
    }

    // MARK: Running

    /// Serves until a signal ends it.
    /// - Returns: the exit status.
    func run() async -> Int32 {
        let settings = settings.withLock { $0 }
        let access: Access
        do { access = try settings.access() } catch {
            complain(error.description)
            return 2
        }
        let server = WebServer(
            recorder: recorder, access: access, retention: settings.retention, version: Options.version,
            clock: Self.now)
        let recording = Thread { self.record() }
        recording.name = "recorder"
        recording.start()
        let (listen, count) = (settings.listen, Self.count(settings.checks))
        let (output, targetCount) = (output, settings.checks.count)
        let live = options.live ? LiveView(recorder, title: "\(count); page: \(Self.page(listen, nil))") : nil
        let serving = Task {
            try await server.run(at: listen) { port in
                ServiceManager.notify("READY=1")
                output.begin(targetCount, page: Self.page(listen, port), at: Self.now())
            }
        }
        live?.begin()
        defer { live?.end() }
        let drawing = Task { while !Task.isCancelled, let live { try await Self.draw(live) } }
        defer { drawing.cancel() }
        let signals = [SIGINT, SIGTERM, SIGHUP].map { Self.source($0) { self.take($0, serving) } }
        defer { for signal in signals { signal.cancel() } }
        var status: Int32 = 0
        do { try await serving.value } catch {
            if !isOver.withLock({ $0 }) {
                complain("\(Self.page(settings.listen, nil)): \(Self.reason(error))")
                status = 2
            }
        }
        ServiceManager.notify("STOPPING=1")
        isOver.withLock { $0 = true }
        probes.stop()
        recorder.finish()
        recorder.step(now: Self.now())
        recorder.flush(now: Self.now())
        if status == 0 { output.end(recorder.snapshot, at: Self.now()) }
        return status
    }

    private static func draw(_ live: LiveView) async throws {
        live.draw()
        try await Task.sleep(for: .seconds(1))
    }

    private func take(_ signal: Int32, _ serving: Task<Void, any Error>) {
        if signal == SIGHUP {
            ServiceManager.notify("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.now.nanoseconds / 1_000)")
            reload()
            ServiceManager.notify("READY=1")
        } else {
            isOver.withLock { $0 = true }
            recorder.finish()
            serving.cancel()
        }
    }

    private static func source(_ number: Int32, _ body: @escaping @Sendable (Int32) -> Void) -> any DispatchSourceSignal
    {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { body(number) }
        source.resume()
        return source
    }

    /// The time between looks at what the probes reported.
    private static let stepInterval = 0.25

    private func record() {
        var lastSign = SystemClock.now
        let period = ServiceManager.watchdogPeriod
        while !isOver.withLock({ $0 }) {
            recorder.step(now: Self.now())
            if let period, SystemClock.now - lastSign >= period {
                ServiceManager.notify("WATCHDOG=1")
                lastSign = SystemClock.now
            }
            Thread.sleep(forTimeInterval: Self.stepInterval)
        }
    }

    private static func page(_ address: WebServer.Address, _ port: Int?) -> String {
        switch address {
        case .tcp(let host, let asked):
            let shown = IPv6Address(host) == nil ? host : "[\(host)]"
            return "http://\(shown):\(port ?? asked)/"
        case .local(let path): return "unix:\(path)"
        }
    }

    private static func reason(_ error: any Error) -> String {
        // NIO's texts name the system call first.
        let text = "\(error)"
        guard let range = text.range(of: ": ") else { return text }
        return String(text[range.upperBound...].prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
    }
}
