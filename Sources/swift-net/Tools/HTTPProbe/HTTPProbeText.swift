import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// The output of `http-probe` as text.
final class HTTPProbeText: HTTPProbeReport {
    let context: HTTPProbeContext
    private let configuration: HTTPProbeConfiguration
    private let isVerbose: Bool
    private let showsTiming: Bool
    private let showsHead: Bool
    private let writeOut: WriteOut?
    private let fileName: (HTTPURL) -> String?
    private let plot: RoundTripPlot?
    private let transcript: Transcript
    /// The maximum number of lines of problems, and of characters of a value in a line.
    private static let mostProblems = 20
    private static let mostCharacters = 200

    init(_ context: HTTPProbeContext, _ command: HTTPProbeCommand) {
        self.context = context
        configuration = command.probe.request
        isVerbose = command.general.isVerbose
        showsTiming = command.showsTiming
        showsHead = command.includesHead && !command.writesBody
        writeOut = command.writeOutFormat
        fileName = { command.output ?? (command.usesRemoteName ? HTTPBodyOutput.name(of: $0) : nil) }
        plot = command.isPlotted ? RoundTripPlot(terminalWidth: context.console.output.terminalWidth) : nil
        transcript = Transcript(context.console)
    }

    private var console: Console { context.console }

    func exchange(_ outcome: HTTPOutcome) {
        if isVerbose { transcript.show(outcome) }
    }

    func scheme(_ tried: HTTPSchemeTry) {
        guard writeOut == nil, isVerbose || tried.isTLSPort else { return }
        let next = tried.isTLSPort ? "sent again by https" : "trying \(tried.url.scheme == .http ? "https" : "http")"
        write("\(Text.escaped("\(tried.url)"))  \(Text.escaped(tried.reason)): \(next)")
    }

    func redirect(_ hop: RedirectHop) {
        guard writeOut == nil else { return }
        var line = "\(Text.escaped("\(hop.url)"))  \(hop.status) to \(Text.escaped(hop.location))"
        if !hop.dropped.isEmpty { line += "  (not sent: \(hop.dropped.joined(separator: ", ")))" }
        write(line)
        if showsHead { show(hop.head) }
    }

    func retry(_ retry: HTTPRetry) {
        guard writeOut == nil else { return }
        let reason = retry.outcome.failureText ?? retry.outcome.status.map { "status \($0)" } ?? "no status"
        write(
            "\(Text.escaped("\(retry.url)"))  \(Text.escaped(reason)): retry \(retry.number) of "
                + "\(configuration.retry.count) in \(Milliseconds.seconds(retry.wait)) s")
    }

    func answer(_ answer: HTTPProbeResponse, _ handshake: HandshakeFacts?) {
        plot?.add(
            UInt16(truncatingIfNeeded: answer.sequence),
            answer.outcome.failure == nil ? answer.outcome.timings.total : nil)
        if let writeOut {
            writeOut.write(answer, file: fileName(answer.asked), to: console)
            return
        }
        let outcome = answer.outcome
        if context.isQuiet, outcome.failure == nil { return }
        let url = Text.escaped("\(answer.url)")
        let failure = outcome.failureText
        let problems = answer.problems.filter { $0 != failure }
        if let failure, !outcome.hasResponse {
            write("\(url)  \(console.painted(Text.escaped(failure), .red))\(sequence(answer))", always: true)
            show(problems, always: true)
            if let facts = outcome.tls { write("  " + secure(facts, at: outcome.timings.start), always: true) }
            if let records = answer.findings.httpsRecords { show(records) }
            return
        }
        var parts = [url, status(outcome)]
        parts.append(Text.count(outcome.body.length, "byte"))
        if let decoded = outcome.body.decoded { parts[2] += " (\(decoded.coding) of \(decoded.length))" }
        if let type = outcome.head?["Content-Type"] { parts.append(Text.escaped(type)) }
        if let server = outcome.head?["Server"] { parts.append(Text.escaped(server)) }
        if let title = answer.title { parts.append("\"\(Text.escaped(title))\"") }
        if let location = outcome.location, !location.isEmpty { parts.insert("to \(Text.escaped(location))", at: 2) }
        parts.append("\(Milliseconds.short(outcome.timings.total)) ms")
        write(parts.joined(separator: "  ") + sequence(answer))
        if let failure {
            // The line of the response is not printed with -q.
            let start = context.isQuiet ? url + "  " : "  "
            write("\(start)\(console.painted(Text.escaped(failure), .red))", always: true)
        }
        if showsHead, let head = outcome.head { show(head) }
        if showsTiming { write(Self.timing(outcome)) }
        if let handshake { write("  " + Self.tcp(handshake)) }
        if let facts = outcome.tls { write("  " + secure(facts, at: outcome.timings.start)) }
        for service in answer.alternativeServices where service.isHTTP3 {
            let host = service.host.isEmpty ? "" : " of \(Text.escaped(service.host))"
            write("  offers HTTP/3 on port \(service.port)\(host) (Alt-Svc)")
        }
        if let records = answer.findings.httpsRecords { show(records) }
        show(answer.findings)
        if isVerbose { showJudgments(answer) }
        show(problems)
    }

    private func write(_ line: String, always: Bool = false) {
        if !context.isQuiet || always { console.output.write(line + "\n") }
    }

    private func sequence(_ answer: HTTPProbeResponse) -> String {
        configuration.count != 1 ? "  seq=\(answer.sequence)" : ""
    }

    private func status(_ outcome: HTTPOutcome) -> String {
        guard case .status(let line)? = outcome.head?.start else { return console.painted("no status line", .red) }
        let reason = Text.escaped(String(decoding: line.reason, as: UTF8.self))
        let version = line.version == .http2 ? "\(line.version) " : ""
        let text = version + (line.code.map { "\($0)" } ?? "?") + (reason.isEmpty ? "" : " " + reason)
        return console.painted(text, outcome.isError ? .red : .green)
    }

    /// Returns a table of the phases: the duration of each, and the time from the start to its end.
    private static func timing(_ outcome: HTTPOutcome) -> String {
        var text = "  \(Text.left("phase", 18))\(Text.right("ms", 10))\(Text.right("ends at", 10))"
        var end = Nanoseconds.zero
        for (phase, time) in outcome.timings.phases {
            end = end + time
            text += "\n  \(Text.left(phase.text, 18))\(Text.right(Milliseconds.fixed(time), 10))"
            text += Text.right(Milliseconds.fixed(end), 10)
        }
        return text + (outcome.isReused ? "\n  connection reused" : "")
    }

    /// Returns a table of the statistics of each phase, in milliseconds.
    private static func table(_ summary: HTTPProbeSummary) -> String {
        let columns = ["min", "avg", "50%", "90%", "99%", "max", "mdev"]
        var text = Text.left("ms", 18) + columns.map { Text.right($0, 10) }.joined() + "\n"
        let rows = HTTPPhase.allCases.compactMap { phase in summary.phases[phase].map { (phase.text, $0) } }
        for (name, trips) in rows + [("total", summary.trips)] {
            let percentiles = [0.5, 0.9, 0.99].map { trips.percentile($0) ?? .zero }
            let values = [trips.minimum, trips.average] + percentiles + [trips.maximum, trips.meanDeviation]
            text += Text.left(name, 18) + values.map { Text.right(Milliseconds.fixed($0), 10) }.joined() + "\n"
        }
        return text
    }

    /// Returns the answered requests per second.
    private static func rate(_ summary: HTTPProbeSummary) -> String {
        let seconds = Double(summary.elapsed.count) / 1e9
        let rate = seconds > 0 ? Double(summary.answered) / seconds : 0
        return rate < 10 ? Milliseconds.decimal(Int64(rate * 10), places: 1) : "\(Int(rate))"
    }

    private static func tcp(_ handshake: HandshakeFacts) -> String {
        let time = handshake.roundTrip.map { " after \(Milliseconds.short($0)) ms" } ?? ""
        let options = TCPOptions(handshake.options.rawBytes).names
        return "TCP: SYN-ACK\(time), ttl \(handshake.hopLimit), window \(handshake.window)"
            + (options.isEmpty ? ", no options" : ", " + options.joined(separator: ", "))
    }

    private func secure(_ facts: TLSFacts, at instant: Instant) -> String {
        var parts = ["TLS \(facts.version), \(facts.cipher)"]
        if let spoken = facts.applicationProtocol { parts.append("ALPN \(Text.escaped(spoken))") }
        if let certificate = facts.certificate {
            let names =
                certificate.names.isEmpty ? certificate.subject : certificate.names.prefix(4).joined(separator: " ")
            let more = certificate.names.count > 4 ? " and \(certificate.names.count - 4) more" : ""
            parts.append("for \(Text.escaped(names))\(more)")
            parts.append("by \(Text.escaped(certificate.issuer))")
            if let text = Self.expiry(of: certificate, at: WallTime.nanoseconds(instant) / 1_000_000_000) {
                parts.append(text)
            }
        }
        parts.append(
            facts.doubt.map { console.painted(facts.isVerified ? "not verified: \(Text.escaped($0))" : $0, .red) }
                ?? console.painted("verified", .green))
        return parts.joined(separator: ", ")
    }

    /// Returns the time until a certificate expires, or since then, and the date.
    private static func expiry(of certificate: Certificate, at now: Int64) -> String? {
        guard let end = certificate.notAfter, let left = certificate.secondsLeft(at: now) else { return nil }
        // Close to the end the day alone says little.
        let date = WallTime.rfc3339(seconds: end)
        return "\(Text.expiry(inSeconds: left)) (\(left.magnitude < 172_800 ? date : String(date.prefix(10))))"
    }

    private func show(_ head: HTTPHead) {
        for line in [head.startLine.bytes] + head.fields.flatMap({ $0.lines.map(\.bytes) }) {
            write("  " + Text.visible(line[...]))
        }
    }

    private func show(_ findings: HTTPProbeFindings) {
        if let found = findings.methods {
            write(
                "  methods: \(Text.escaped(found.methods.joined(separator: " ")))"
                    + (found.allowed == nil ? " (no Allow)" : ""))
            let tried = found.trials.map { "\($0.method.name) \($0.status.map { "\($0)" } ?? "-")" }
            write("  tried: " + tried.joined(separator: ", "))
        }
        if let found = findings.keepAlive {
            var text = "  keep-alive: \(Text.count(found.requests, "request")) on a connection"
            text += found.endedByCount ? ", then closed by the server" : ", still open"
            if let idle = found.idle {
                text += "; idle connection closed after \(Milliseconds.short(idle)) ms"
            } else if found.requests > 1 {
                text += "; idle connection still open after \(Milliseconds.short(found.watched)) ms"
            }
            write(text)
        }
        for found in findings.intermediaries { write("  \(found.kind.rawValue): \(Self.cut(found.evidence))") }
    }

    private func show(_ records: HTTPSRecordsFinding) {
        let start = "  https record:"
        for alias in records.aliases { write("\(start) 0 \(Self.cut("\(alias)"))") }
        for endpoint in records.endpoints.prefix(Self.mostProblems) {
            let obstacle = endpoint.obstacle.map { console.painted("  (not usable: \($0))", .yellow) } ?? ""
            write("\(start) \(Self.cut("\(endpoint)"))\(obstacle)")
        }
        let more = records.endpoints.count - Self.mostProblems
        if more > 0 { write("\(start) \(Text.count(more, "more record"))") }
        if let problem = records.problem {
            write("\(start) \(console.painted(Self.cut(problem), .yellow))")
        } else if records.endpoints.isEmpty, records.aliases.last?.labels.isEmpty != true {
            write("\(start) none" + (records.aliases.isEmpty ? "" : " of \(Self.cut(records.owner))"))
        }
        for offer in records.http3Endpoints.prefix(Self.mostProblems) {
            let host = offer.host.map { " of \(Text.escaped($0))" } ?? ""
            write("  offers HTTP/3 on port \(offer.port)\(host) (HTTPS record)")
        }
    }

    private func show(_ problems: [String], always: Bool = false) {
        for problem in problems.prefix(Self.mostProblems) {
            write("  \(console.painted("! " + Self.cut(problem), .yellow))", always: always)
        }
        let more = problems.count - Self.mostProblems
        if more > 0 { write("  \(console.painted("! \(Text.count(more, "more problem"))", .yellow))", always: always) }
    }

    /// Returns the beginning of a text that contains a value of the server, escaped.
    private static func cut(_ text: String) -> String {
        let shown = text.prefix(mostCharacters)
        return Text.escaped(String(shown)) + (shown.endIndex < text.endIndex ? "..." : "")
    }

    private func showJudgments(_ answer: HTTPProbeResponse) {
        if let cache = answer.cache { write("  cache: \(Text.escaped(cache.text))") }
        if let security = answer.security, !security.missing.isEmpty {
            write("  security: missing \(security.missing.joined(separator: ", "))")
        }
    }

    func finish(_ summary: HTTPProbeSummary, drops: KernelDrops, at now: Instant) {
        guard writeOut == nil else { return }
        guard summary.targets > 1 || summary.targets == 1 && configuration.count != 1 else { return }
        var text = "\n"
        if summary.targets > 1 { text += "\(summary.targets) URLs, " }
        text += "\(Text.count(summary.requests, "request")), \(summary.answered) answered, \(summary.failed) failed"
        text += ", time \((summary.elapsed.count + 500_000) / 1_000_000)ms"
        if configuration.parallel > 1 { text += ", \(Self.rate(summary)) requests per second" }
        text += "\n"
        let trips = summary.trips
        if trips.count > 0 {
            let values = [trips.minimum, trips.average, trips.maximum, trips.meanDeviation].map(Milliseconds.fixed)
            text += "total min/avg/max/mdev = \(values.joined(separator: "/")) ms\n"
        }
        if configuration.count != 1, trips.count > 1 { text += Self.table(summary) }
        if let plot { text += plot.text(trips) }
        console.output.write(text)
    }
}

extension HTTPPhase {
    /// The name of the phase in tables.
    fileprivate var text: String {
        switch self {
        case .name: "name lookup"
        case .connect: "connect"
        case .proxy: "proxy"
        case .secure: "TLS handshake"
        case .wait: "wait for response"
        case .receive: "rest of response"
        }
    }
}
