import LinuxProcess
import SwiftNet

/// How a tool reports: as text, as JSON, or on a screen of its own. What all tools have in common (the status line of
/// SIGQUIT, the progress line, writing out, the kernel's drops) is `RunObserver`'s.
///
/// A tool refines it once and implements it once for each form, in `<Tool>Text` and `<Tool>JSON`:
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

    /// The run begins.
    func begin()

    /// An event of the engine, reported at `now`.
    func report(_ event: Event, at now: Instant)

    /// Called after every step, and while something is awaited at the end.
    /// - Parameter isStopped: the run was stopped, and no line waits for anything any more.
    /// - Returns: when to be called again at the latest; nil if nothing is awaited.
    func update(at now: Instant, isStopped: Bool) -> Instant?

    /// Called after every step, to save what the engine has done so far.
    /// - Returns: when to be called again at the latest; nil if there is nothing to save.
    func step(_ engine: borrowing Observed, at now: Instant) -> Instant?

    /// Lines are written out after every step; otherwise when the run waits, or when there are many.
    var flushesEachStep: Bool { get }

    /// The line that SIGQUIT prints; nil for none.
    func status(_ engine: borrowing Observed, at now: Instant) -> String?

    /// The line at the bottom of a terminal; that of `status` by default.
    func progress(_ engine: borrowing Observed, at now: Instant) -> String?

    /// The run has ended.
    /// - Parameter drops: replies that the kernel dropped here, which are complained of afterwards.
    func finish(_ summary: Summary, drops: KernelDrops, at now: Instant)
}

extension Report {
    func begin() {}
    func update(at now: Instant, isStopped: Bool) -> Instant? { nil }
    func step(_ engine: borrowing Observed, at now: Instant) -> Instant? { nil }
    var flushesEachStep: Bool { true }
    func status(_ engine: borrowing Observed, at now: Instant) -> String? { nil }
    func progress(_ engine: borrowing Observed, at now: Instant) -> String? { status(engine, at: now) }
}

/// Drives a report with what an engine finds.
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
        progress.makeWay()
        form.report(event, at: SystemClock.now)
    }

    mutating func step(_ engine: inout Form.Observed, _ wakening: WakeReason, at now: Instant) -> Instant? {
        let next = form.update(at: now, isStopped: wakening.contains(.stop))
        let saving = form.step(engine, at: now)
        if form.flushesEachStep || wakening.isEmpty || wakening.contains(.status) { console.output.flush() }
        if wakening.contains(.status), let line = form.status(engine, at: now) { progress.tell(line) }
        if progress.isDue(at: now), let line = form.progress(engine, at: now) {
            console.output.flush()
            progress.draw(line, at: now)
        }
        return Instant.earliest(Instant.earliest(next, saving), progress.next)
    }

    /// Lines that wait for something are printed before the summary.
    mutating func linger(at now: Instant) -> Instant? { form.update(at: now, isStopped: false) }

    fileprivate mutating func finish(_ summary: Form.Summary, drops: KernelDrops) {
        progress.clear()
        form.finish(summary, drops: drops, at: SystemClock.now)
        console.complain(drops)
    }
}

extension RunObserver: EngineObserver where Form.Observed: Engine, Form.Observed.Event == Form.Event {}
extension RunObserver: StreamObserver where Form.Observed: StreamEngine, Form.Observed.Event == Form.Event {}

extension Console {
    /// Runs a tool of packets with its report, from the beginning to the summary.
    /// - Parameters:
    ///   - progress: the line at the bottom of a terminal; none by default.
    ///   - drops: what the kernel dropped during the run.
    func run<Form: Report, Run: PreparedPacketRun>(
        _ report: Form, of run: Run, progress: ProgressLine? = nil, drops: @autoclosure () -> KernelDrops = .none
    ) throws -> Run.Summary
    where Run.Running == Form.Observed, Run.Event == Form.Event, Run.Summary == Form.Summary {
        var observer = RunObserver(form: report, console: self, progress: progress)
        defer { observer.progress.clear() }
        report.begin()
        let summary = try run.run(reportingTo: &observer)
        observer.finish(summary, drops: drops())
        return summary
    }

    /// Runs a tool of streams with its report, from the beginning to the summary.
    /// - Parameter progress: the line at the bottom of a terminal; none by default.
    func run<Form: Report, Run: PreparedStreamRun>(
        _ report: Form, of run: Run, progress: ProgressLine? = nil
    ) throws -> Run.Summary
    where Run.Running == Form.Observed, Run.Event == Form.Event, Run.Summary == Form.Summary {
        var observer = RunObserver(form: report, console: self, progress: progress)
        defer { observer.progress.clear() }
        report.begin()
        let summary = try run.run(reportingTo: &observer)
        observer.finish(summary, drops: .none)
        return summary
    }
}
