import LinuxProcess
import SwiftNet

/// The output of a scan in every requested format; also saves its position.
final class ScanReport<Observed: ScanningEngine & ~Copyable>: Report {
    typealias Event = ScanEvent
    typealias Summary = ScanSummary

    private let run: PreparedScan
    private let command: any ScanCommand
    private let terms: ScanTerms
    private let forms: [any ScanForm]
    private let names: ScanNames
    /// The files of reports, which are flushed before the position is saved.
    private let files: [BufferedOutput]
    /// The file of --resume; nil if the position is not saved during the scan.
    private let resumption: ScanResumption?
    private let console: Console
    /// The findings of --sort, which are reported at the end.
    private var findings: [ScanFinding] = []
    private var banners: [ScanBanner] = []
    /// Results that wait for the names of hosts, in order.
    private var held: [ScanEvent] = []
    /// Unreliable hosts, which are reported after the ports.
    private var unreliable: [UnreliableHost] = []
    /// The time between two looks at names that are still being looked up.
    private static var nameInterval: Nanoseconds { .milliseconds(50) }
    /// The last updates of the progress line, at which an interval for the rate can begin.
    private var marks: [(at: Instant, sent: UInt64)] = []
    private static var shortestInterval: Nanoseconds { .milliseconds(100) }

    init(
        _ run: PreparedScan, _ command: any ScanCommand, namesPorts: Bool,
        files: [(stream: BufferedOutput, format: ScanFormat)], _ resumption: ScanResumption?, _ console: Console
    ) {
        self.run = run
        self.command = command
        terms = type(of: command).terms
        self.files = files.map(\.stream)
        names = ScanNames(run: run, looksUp: command.reporting.findsNames)
        let options = ScanFormOptions(
            services: command.reporting.isNumeric ? nil : command.reporting.services, isQuiet: command.general.isQuiet,
            namesPorts: namesPorts, readsBanners: run.configuration.readsBanners, names: names, terms: terms)
        let formats = [(stream: console.output, format: command.format)] + files
        forms = formats.map { $0.format.form(to: $0.stream, options, console) }
        // What is reported only at the end must be found again after a kill.
        let isLate = command.reporting.isSorted || formats.contains { $0.format.isWrittenAtEnd }
        self.resumption = isLate ? nil : resumption
        self.console = console
    }

    func begin() {
        let now = SystemClock.now
        for form in forms { form.begin(run, at: now) }
        let write = { [forms] (range: PreparedScan.UnreachableRange) in
            for form in forms { form.write(range, at: SystemClock.now) }
        }
        run.unreachable.forEach(write)
        run.onUnreachable = write
    }

    func report(_ event: ScanEvent, at now: Instant) {
        switch event {
        case .finding(let finding):
            write(event, of: finding.address)
        case .banner(let banner):
            write(event, of: banner.address)
        case .slowed(let lost, let rate):
            guard command.general.isVerbose else { return }
            let answers = Text.count(Int(clamping: lost), "reply", "replies")
            console.complain("\(answers) lost by this host: continuing at \(Int(rate)) packets per second")
        case .unreliable(let host):
            unreliable.append(host)
            // The report has no line for it.
            if command.general.isQuiet || !command.format.namesUnreliableHosts { console.complain(host.text(terms)) }
        case .conflict(let address, let mac):
            let vendor = Vendors().name(of: mac).map { " (\(Text.escaped($0)))" } ?? ""
            console.complain("\(mac)\(vendor) claims \(address), the source of this scan")
        }
    }

    /// Writes a result, once the name of its host is known.
    private func write(_ event: ScanEvent, of address: IPAddress) {
        guard held.isEmpty, !names.isPending(address) else { return held.append(event) }
        write(event)
    }

    private func write(_ event: ScanEvent) {
        switch event {
        case .finding(let finding) where command.reporting.isSorted: findings.append(finding)
        case .finding(let finding): for form in forms { form.write(finding) }
        case .banner(let banner) where command.reporting.isSorted: banners.append(banner)
        case .banner(let banner): for form in forms { form.write(banner) }
        case .slowed, .unreliable, .conflict: break
        }
    }

    func update(at now: Instant, isStopped: Bool) -> Instant? {
        let waiting = isStopped ? nil : held.firstIndex { $0.address.map(names.isPending) ?? false }
        let ready = waiting ?? held.endIndex
        for event in held[..<ready] { write(event) }
        held.removeSubrange(..<ready)
        return held.isEmpty ? nil : now + Self.nameInterval
    }

    // MARK: Progress

    /// Output is flushed when the scan waits, or when the buffer is full.
    var flushesEachStep: Bool { false }

    func step(_ engine: inout SYNScanEngine, _ reason: WakeReason, at now: Instant) -> Instant? {
        guard let resumption else { return nil }
        if resumption.isDue(at: now), isWritten {
            resumption.save(engine.position, console: console)
        }
        return resumption.next
    }

    /// Flushes all findings so far; false if that failed.
    var isWritten: Bool {
        console.output.flush()
        for file in files { file.flush() }
        return held.isEmpty && console.output.isOpen && files.allSatisfy { $0.failure == nil }
    }

    func status(_ engine: borrowing SYNScanEngine, at now: Instant) -> String? {
        let summary = engine.summary
        if let asked = engine.discoveryProgress {
            return "asking hosts: \(Percent.oneDecimal(Int(asked * 1_000), of: 1_000))%  \(summary.received) replies"
        }
        let (sent, round) = engine.progress
        // The rate of an interval that is too short to have one would be any number.
        let mark = marks.last { now - $0.at >= Self.shortestInterval }
        let overall = summary.sending >= Self.shortestInterval ? summary.rate : nil
        let rate = mark.map { Double(summary.sent &- $0.sent) / (now - $0.at).seconds } ?? overall
        var line = "\(Percent.oneDecimal(Int(clamping: sent), of: Int(clamping: summary.probes)))%"
        line += round > 0 ? ", try \(round + 1)" : ""
        if let rate { line += "  \(Int(rate))/s" }
        line += "  \(Text.count(Int(clamping: summary.received), "reply", "replies")), \(summary.open) open"
        if round == 0, let rate, rate > 0, summary.probes > sent {
            line += "  \(Text.duration(inSeconds: Double(summary.probes - sent) / rate)) left"
        }
        return line
    }

    func progress(_ engine: borrowing SYNScanEngine, at now: Instant) -> String? {
        defer { marks = marks.suffix(1) + [(now, engine.summary.sent)] }
        return status(engine, at: now)
    }

    // MARK: Summary

    func finish(_ summary: ScanSummary, drops: KernelDrops, at now: Instant) {
        writeSorted()
        if let failure = summary.firstFailure { console.fail(failure.description) }
        // The report has no line for it.
        if let limit = summary.sharedLimit, command.general.isQuiet || !command.format.namesUnreliableHosts {
            console.complain(limit.text(terms))
        }
        let ending = ScanEnding(
            unreachable: run.unreachableCount, findsRate: run.configuration.rate == nil,
            readsBanners: run.configuration.readsBanners, asksFirst: run.configuration.asksFirst, terms: terms)
        for form in forms { form.finish(summary, ending, unreliable: unreliable, at: now) }
    }

    private func writeSorted() {
        findings.sort { ($0.address, $0.zone, $0.port) < ($1.address, $1.zone, $1.port) }
        banners.sort { ($0.address, $0.port) < ($1.address, $1.port) }
        var (rest, restOfBanners) = (findings[...], banners[...])
        while let first = rest.first {
            let address = first.address
            let host = rest.prefix { $0.address == address && $0.zone == first.zone }
            let own = restOfBanners.prefix { $0.address <= address }
            for form in forms { form.write(host, own) }
            rest = rest.dropFirst(host.count)
            restOfBanners = restOfBanners.dropFirst(own.count)
        }
    }
}

extension ScanEvent {
    /// The host of a result.
    fileprivate var address: IPAddress? {
        switch self {
        case .finding(let finding): finding.address
        case .banner(let banner): banner.address
        case .slowed, .unreliable, .conflict: nil
        }
    }
}
