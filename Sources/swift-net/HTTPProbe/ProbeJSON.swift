import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// The answers as objects, one a line.
final class ProbeJSON: ProbeRenderer {
    private let console: Console
    private let isQuiet: Bool

    init(_ console: Console, isQuiet: Bool) {
        self.console = console
        self.isQuiet = isQuiet
    }

    func exchange(_ outcome: HTTPOutcome) {}

    /// The object of the answer has the whole chain.
    func redirect(_ hop: RedirectHop) {}

    func answer(_ answer: ProbeAnswer, _ handshake: HandshakeFacts?) {
        guard answer.outcome.head != nil || answer.outcome.body.length > 0 else {
            failure(answer)
            return
        }
        let outcome = answer.outcome
        guard !isQuiet || outcome.failure != nil else { return }
        var object = begin("response", answer)
        var line: HTTPStatusLine?
        if case .status(let status)? = outcome.head?.start { line = status }
        object.add("http_version", line.map { String($0.version.description.drop { $0 != "/" }.dropFirst()) })
        object.add("status", raw: line?.code.map { "\($0)" })
        object.add("reason", line.map { String(decoding: $0.reason, as: UTF8.self) })
        object.add("headers", raw: Self.headers(outcome.head?.fields ?? []))
        if !outcome.trailers.isEmpty { object.add("trailers", raw: Self.headers(outcome.trailers)) }
        object.add("body_bytes", outcome.body.length)
        object.add("body_sha256", Self.hexadecimal(outcome.body.sha256))
        if let decoded = outcome.body.decoded {
            object.add("content_coding", decoded.coding)
            object.add("decoded_bytes", decoded.length)
            object.add("decoded_sha256", Self.hexadecimal(decoded.sha256))
        }
        object.add("complete", outcome.failure?.leavesAnswerWhole ?? true)
        object.add("timings", raw: Self.timings(outcome.timings))
        object.add("tls", raw: outcome.tls.map { Self.tls($0, start: outcome.timings.start) })
        if let handshake { object.add("tcp", raw: Self.tcp(handshake)) }
        add(answer.findings, to: &object)
        object.add("cache", raw: answer.cache.map(Self.cache))
        object.add("cookies", raw: JSONObject.array(answer.cookies.map(Self.cookie)))
        if let security = answer.security {
            var inner = JSONObject()
            for field in security.fields { inner.add(field.name.lowercased(), field.value) }
            object.add("security", raw: inner.line)
        }
        object.add("problems", answer.problems + (outcome.failure.map { [$0.text] } ?? []))
        console.output.write(object.line + "\n")
    }

    private func begin(_ type: String, _ answer: ProbeAnswer) -> JSONObject {
        let outcome = answer.outcome
        var object = JSONObject(type: type)
        object.add("url", "\(answer.url)")
        if answer.url != answer.asked { object.add("asked_url", "\(answer.asked)") }
        switch outcome.endpoint {
        case .tcp(let address, _, let port):
            object.add("addr", "\(address)")
            object.add("port", port)
        case .local(let path):
            object.add("addr", path)
            object.add("port", raw: nil)
        case nil:
            object.add("addr", raw: nil)
            object.add("port", answer.url.port)
        }
        if answer.sequence > 0 { object.add("seq", answer.sequence) }
        object.add("time", WallTime.rfc3339(outcome.timings.start))
        if !answer.redirects.isEmpty {
            object.add(
                "redirects",
                raw: JSONObject.array(
                    answer.redirects.map { hop in
                        var object = JSONObject()
                        object.add("url", "\(hop.url)")
                        object.add("status", hop.status)
                        object.add("location", hop.location)
                        object.add("dropped", hop.dropped)
                        return object.line
                    }))
        }
        return object
    }

    private func failure(_ answer: ProbeAnswer) {
        let failure = answer.outcome.failure
        var object = begin("failure", answer)
        object.add("kind", failure?.kind)
        object.add("message", failure?.text)
        object.add("timings", raw: Self.timings(answer.outcome.timings))
        object.add("tls", raw: answer.outcome.tls.map { Self.tls($0, start: answer.outcome.timings.start) })
        object.add("problems", answer.problems)
        console.output.write(object.line + "\n")
    }

    private func add(_ findings: ProbeFindings, to object: inout JSONObject) {
        object.add("keep_alive", findings.keepsConnection)
        if let found = findings.keepAlive {
            var inner = JSONObject()
            inner.add("requests", found.requests)
            inner.add("ended_by_server", found.endedByCount)
            inner.add("idle_close_ms", raw: found.idle.map(Milliseconds.json))
            inner.add("watched_ms", raw: Milliseconds.json(found.watched))
            object.add("keep_alive_measured", raw: inner.line)
        }
        object.add("methods", raw: findings.methods.map { JSONObject.array($0.methods.map(JSONObject.quoted)) })
        if let found = findings.methods {
            object.add("allow", raw: found.allowed.map { JSONObject.array($0.map(JSONObject.quoted)) })
            object.add(
                "methods_tried",
                raw: JSONObject.array(
                    found.trials.map { trial in
                        JSONObject.array([JSONObject.quoted(trial.method.name), trial.status.map { "\($0)" } ?? "null"])
                    }))
        }
        object.add(
            "intermediaries",
            raw: JSONObject.array(
                findings.intermediaries.map { found in
                    var object = JSONObject()
                    object.add("kind", found.kind.rawValue)
                    object.add("evidence", found.evidence)
                    return object.line
                }))
    }

    func finish(_ summary: ProbeSummary) {
        var object = JSONObject(type: "summary")
        object.add("targets", summary.targets)
        object.add("requests", summary.requests)
        object.add("answered", summary.answered)
        object.add("failed", summary.failed)
        object.add("unresolved", summary.unresolved)
        object.add("problems", summary.problems)
        object.add("elapsed_ms", raw: Milliseconds.json(summary.elapsed))
        object.add("total_ms", raw: Self.roundTrips(summary.trips))
        console.output.write(object.line + "\n")
    }

    // MARK: Parts

    private static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { WireFormat.hexadecimal($0) }.joined() }

    private static func headers(_ fields: [HTTPField]) -> String {
        JSONObject.array(
            fields.map { JSONObject.array([JSONObject.quoted($0.name), JSONObject.quoted($0.value)]) })
    }

    private static func roundTrips(_ trips: RoundTripStatistics) -> String? {
        guard trips.count > 0 else { return nil }
        var item = JSONObject()
        item.add("min", raw: Milliseconds.json(trips.minimum))
        item.add("avg", raw: Milliseconds.json(trips.average))
        item.add("max", raw: Milliseconds.json(trips.maximum))
        item.add("mdev", raw: Milliseconds.json(trips.meanDeviation))
        return item.line
    }

    private static func timings(_ timings: HTTPTimings) -> String {
        var object = JSONObject()
        object.add("dns_ms", raw: timings.name.map(Milliseconds.json))
        object.add("connect_ms", raw: timings.connect.map(Milliseconds.json))
        object.add("tls_ms", raw: timings.secure.map(Milliseconds.json))
        object.add("first_byte_ms", raw: timings.firstByte.map(Milliseconds.json))
        object.add("total_ms", raw: Milliseconds.json(timings.total))
        return object.line
    }

    private static func tls(_ facts: TLSFacts, start: Instant) -> String {
        var object = JSONObject()
        object.add("version", facts.version)
        object.add("cipher", facts.cipher)
        object.add("alpn", facts.applicationProtocol)
        let certificate = facts.certificate
        object.add("subject", certificate?.subject)
        object.add("issuer", certificate?.issuer)
        object.add("names", certificate?.names ?? [])
        object.add("not_before", certificate?.notBefore.map(WallTime.rfc3339(seconds:)))
        object.add("not_after", certificate?.notAfter.map(WallTime.rfc3339(seconds:)))
        object.add("days_left", raw: certificate?.daysLeft(at: start).map { "\($0)" })
        object.add("key", certificate.map { "\($0.keyAlgorithm) \($0.keyBits)" })
        object.add("signature", certificate?.signatureAlgorithm)
        object.add("serial", certificate?.serialNumber)
        object.add("sha256", certificate.map { Self.hexadecimal($0.fingerprint) })
        object.add("chain", facts.chainLength)
        object.add("verified", facts.doubt == nil)
        object.add("doubt", facts.doubt)
        return object.line
    }

    private static func tcp(_ handshake: HandshakeFacts) -> String {
        var object = JSONObject()
        object.add("ttl", handshake.hopLimit)
        object.add("window", handshake.window)
        object.add("tcp_options", SegmentOptions.names(handshake.options))
        object.add("rtt_ms", raw: handshake.roundTrip.map(Milliseconds.json))
        return object.line
    }

    private static func cache(_ judgement: CacheJudgement) -> String {
        var object = JSONObject()
        object.add("max_age", raw: judgement.control.maximumAge.map { "\($0)" })
        object.add("no_store", judgement.forbidsStoring)
        object.add("no_cache", judgement.mustValidate)
        object.add("private", judgement.isPrivate)
        object.add("fresh_seconds", raw: judgement.freshness.map { "\($0)" })
        object.add("source", judgement.source?.rawValue)
        object.add("age", judgement.age)
        object.add("judgement", judgement.text)
        return object.line
    }

    private static func cookie(_ cookie: SetCookie) -> String {
        var object = JSONObject()
        object.add("name", cookie.name)
        object.add("value", cookie.value)
        object.add("secure", cookie.has("secure"))
        object.add("http_only", cookie.has("httponly"))
        object.add("same_site", cookie["samesite"])
        object.add("domain", cookie["domain"])
        object.add("path", cookie["path"])
        object.add("expires", cookie["expires"])
        object.add("max_age", cookie["max-age"])
        return object.line
    }
}

extension Certificate {
    /// Whole days until it ends; negative when it has.
    func daysLeft(at instant: Instant) -> Int64? {
        guard let notAfter else { return nil }
        let left = notAfter - WallTime.nanoseconds(instant) / 1_000_000_000
        return left >= 0 ? left / 86_400 : -((-left + 86_399) / 86_400)
    }
}
