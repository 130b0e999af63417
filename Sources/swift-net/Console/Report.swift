import LinuxProcess
import SwiftNet

/// The output of a tool: as text, as JSON, or on a full screen. `RunObserver` does what all tools have in common: the
/// status line of SIGQUIT, the progress line, flushing, and the packets that the kernel dropped.
///
/// A tool refines this protocol once and implements it once for each format, in `<Tool>Text` and `<Tool>JSON`:
///
///     protocol PingSweepReport: Report where Observed == PingSweepEngine, Summary == PingSweepSummary {}
///     extension PingSweepReport {
///         func status(_ engine: borrowing PingSweepEngine, at now: Instant) -> String? { "3/5 targets" }
///     }
///     final class PingSweepJSON: PingSweepReport {
///         func report(_ event: PingSweepEvent, at now: Instant) { console.write("host", HostRow(...), at: now) }
///         func finish(_ summary: PingSweepSummary, drops: KernelDrops, at now: Instant) { ... }
///     }
///
///     let report: any PingSweepReport = command.has(.json) ? PingSweepJSON(...) : PingSweepText(...)
///     let summary = try console.run(report, of: sweep, drops: sweep.drops)
protocol Report<Event, Summary>: AnyObject {
    /// The engine, of packets or of streams.
    associatedtype Observed: ~Copyable
    associatedtype Event
    associatedtype Summary

    /// Called when the run begins.
    func begin()

    /// Reports an event of the engine at `now`.
    func report(_ event: Event, at now: Instant)

    /// Called after every step, and at the end until it returns nil.
    /// - Parameter isStopped: Whether the run was stopped: then lines are printed without waiting for names.
    /// - Returns: The latest time of the next call; nil if nothing is pending.
    func update(at now: Instant, isStopped: Bool) -> Instant?

    /// Called after every step with the engine: to save its progress, to draw a screen, or to handle keys.
    /// - Parameter reason: Why the step was made.
    /// - Returns: The latest time of the next call; nil if there is nothing to do.
    func step(_ engine: inout Observed, _ reason: WakeReason, at now: Instant) -> Instant?

    /// Whether the run is to continue; false if the output is lost.
    var isListening: Bool { get }

    /// Whether output is flushed after every step; otherwise it is flushed when the run waits, or when the buffer is
    /// full.
    var flushesEachStep: Bool { get }

    /// Returns the line that SIGQUIT prints; nil for none.
    func status(_ engine: borrowing Observed, at now: Instant) -> String?

    /// Returns the progress line of a terminal; by default that of `status`.
    func progress(_ engine: borrowing Observed, at now: Instant) -> String?

    /// Reports the summary of a run that has ended.
    /// - Parameter drops: The replies that the kernel dropped on this host; a warning about them follows.
    func finish(_ summary: Summary, drops: KernelDrops, at now: Instant)
}

extension Report {
    func begin() {}
    func update(at now: Instant, isStopped: Bool) -> Instant? { nil }
    func step(_ engine: inout Observed, _ reason: WakeReason, at now: Instant) -> Instant? { nil }
    var isListening: Bool { true }
    var flushesEachStep: Bool { true }
    func status(_ engine: borrowing Observed, at now: Instant) -> String? { nil }
    func progress(_ engine: borrowing Observed, at now: Instant) -> String? { status(engine, at: now) }
}

/// Passes the events of an engine to a report.
struct RunObserver<Form: Report> {
    typealias Observed = Form.Observed

    private let form: Form
    private let console: Console
    fileprivate var progress: ProgressLine

    init(form: Form, console: Console, progress: ProgressLine? = nil) {
        self.form = form
        self.console = console
        self.progress = progress ?? ProgressLine(console, isWanted: false)
    }

    mutating func report(_ event: Form.Event) {
        progress.clearForOutput()
        form.report(event, at: SystemClock.now)
    }

    mutating func step(_ engine: inout Form.Observed, _ reason: WakeReason, at now: Instant) -> Instant? {
        let next = form.update(at: now, isStopped: reason.contains(.stop))
        let other = form.step(&engine, reason, at: now)
        if form.flushesEachStep || reason.isEmpty || reason.contains(.status) { console.output.flush() }
        if reason.contains(.status), let line = form.status(engine, at: now) { progress.printLine(line) }
        if progress.isDue(at: now), let line = form.progress(engine, at: now) {
            console.output.flush()
            progress.draw(line, at: now)
        }
        return Instant.earliest(Instant.earliest(next, other), progress.next)
    }

    var isListening: Bool { form.isListening }

    /// Prints pending lines before the summary.
    mutating func linger(at now: Instant) -> Instant? { form.update(at: now, isStopped: false) }

    fileprivate mutating func finish(_ summary: Form.Summary, drops: KernelDrops) {
        form.finish(summary, drops: drops, at: SystemClock.now)
        console.complain(drops)
    }
}

extension RunObserver: EngineObserver where Form.Observed: EventEngine, Form.Observed.Event == Form.Event {}

extension Console {
    /// Runs an engine with its report, from the beginning to the summary.
    /// - Parameters:
    ///   - progress: The progress line of a terminal; none by default.
    ///   - drops: The packets that the kernel dropped during the run.
    func run<Form: Report, Run: PreparedEngineRun>(
        _ report: Form, of run: Run, progress: ProgressLine? = nil, drops: @autoclosure () -> KernelDrops = .none
    ) throws -> Run.Summary
    where Run.Running == Form.Observed, Run.Event == Form.Event, Run.Summary == Form.Summary {
        var observer = RunObserver(form: report, console: self, progress: progress)
        defer { observer.progress.clear() }
        report.begin()
        let summary = try run.run(reportingTo: &observer)
        observer.progress.clear()
        if let failure = run.failure {
            if run.isFailureNoticed { writeFailure(failure.description) } else { fail(failure.description) }
        }
        observer.finish(summary, drops: drops())
        return summary
    }
}

extension RunOutcome {
    /// The exit status of a command that looks for something.
    var exitStatus: Int32 {
        switch self {
        case .found: 0
        case .notFound: 1
        case .unknown: 2
        }
    }
}
