import Diagnostics
import LinuxNet
import PacketEngine

/// Names the servers as their answers become known.
struct FingerprintObserver: StreamObserver, ~Copyable {
    typealias Observed = HTTPEngine<FingerprintPlan>

    private let console: Console
    private let command: HTTPFingerprintCommand
    /// Nil where nothing is to be named.
    private let library: SignatureLibrary?
    private let targets: Int
    private let start: Instant
    private(set) var reports: [FingerprintReport] = []
    private(set) var recognized = 0
    private var requests = 0
    var progress: ProgressLine

    init(
        console: Console, _ command: HTTPFingerprintCommand, _ library: SignatureLibrary?, targets: Int,
        start: Instant
    ) {
        self.console = console
        self.command = command
        self.library = library
        self.targets = targets
        self.start = start
        progress = ProgressLine(console)
    }

    var isListening: Bool { console.output.isOpen }

    mutating func report(_ event: FingerprintEvent) {
        progress.makeWay()
        guard case .report(let report) = event else { return }
        requests += report.requests
        guard let library else {
            reports.append(report)
            return
        }
        for candidate in library.compare([report.behavior])[0].products.prefix(5) {
            console.output.write(
                "\(report.url) \(candidate.name) \(candidate.similarity) \(candidate.configuration)\n")
        }
    }

    mutating func step(_ engine: inout Observed, _ wakening: Wakening, at now: Instant) -> Instant? {
        console.output.flush()
        if wakening.contains(.status) { progress.tell(status(engine, at: now)) }
        if progress.isDue(at: now) { progress.draw(status(engine, at: now), at: now) }
        return progress.next
    }

    private func status(_ engine: borrowing Observed, at now: Instant) -> String {
        "\(engine.finishedCount) of \(targets) servers, \(recognized) recognized, \(Milliseconds.seconds(now - start)) s"
    }

    func finish(at now: Instant) {}
}
