import PacketEngine
import WireFormat

/// One request and its response, on a connection that may still be opened for it.
final class HTTPExchange {
    var outcome: HTTPOutcome
    /// Whether the outcome is complete.
    private(set) var isFinished = false
    private(set) var connection: HTTPConnection?
    /// Whether it needs a connection of its own, or another one.
    private(set) var needsConnection = false
    /// The stream of HTTP/2 while it is open.
    var stream: Int32?
    /// Whether the server refused the request once, on another connection.
    var wasRefused = false
    private var isSent = false
    var reader: HTTPResponseReader
    var collector: HTTPBodyCollector?
    private var hasBegunBody = false
    private(set) var heldUntil: Instant?
    /// The time until which to wait for the rest of a first line that is not HTTP.
    private var lineDeadline: Instant?

    /// - Parameter sink: receives the body, if the fetch wants that.
    init(_ fetch: HTTPFetch, sink: (any HTTPBodySink)? = nil, at now: Instant) {
        outcome = HTTPOutcome(fetch: fetch, timings: HTTPTimings(start: now))
        reader = HTTPResponseReader(method: fetch.method, limits: fetch.limits)
        var relay: HTTPBodyRelay?
        if let sink, let delivery = fetch.delivery {
            relay = HTTPBodyRelay(delivery, to: sink, demandsStatusLine: fetch.demandsStatusLine)
        }
        collector = HTTPBodyCollector(fetch, relay: relay)
    }

    /// Sends the request on a connection, as soon as that is open.
    func use(_ connection: HTTPConnection, at now: Instant) {
        self.connection = connection
        needsConnection = false
        outcome.isReused = !connection.add(self)
        if connection.isOpen { send(at: now) }
    }

    /// Leaves the connection before the request was processed; the client finds another one.
    func reconnect() {
        connection?.remove(self)
        connection = nil
        stream = nil
        isSent = false
        heldUntil = nil
        needsConnection = true
    }

    /// The phase that a timeout or a disconnect interrupts.
    var phase: HTTPFailure.Phase {
        isSent ? reader.isEmpty ? .answer : .body : connection?.phase ?? .name
    }

    /// The start of the exchange: for a new connection, that of the lookup or the connection.
    var start: Instant {
        guard let connection, !outcome.isReused else { return outcome.timings.start }
        return connection.timings.start
    }

    // MARK: Sending

    func connected(at now: Instant) {
        guard !isSent, let connection else { return }
        if outcome.fetch.demandsTrust, let doubt = connection.tls?.doubt {
            connection.refuse()
            finish(.untrusted(doubt), at: now)
        } else {
            send(at: now)
        }
    }

    private func send(at now: Instant) {
        guard let connection else { return }
        isSent = true
        if let http2 = connection.http2 {
            http2.send(self, at: now)
        } else {
            connection.send(outcome.fetch.bytes)
        }
        if !outcome.fetch.heldBody.isEmpty {
            heldUntil = now + HTTPFetch.patience
        } else if outcome.fetch.endsSending {
            connection.endSending()
        }
    }

    func sendHeldBody() {
        heldUntil = nil
        if let http2 = connection?.http2 {
            http2.sendHeldBody(of: self)
        } else {
            connection?.send(outcome.fetch.heldBody)
        }
    }

    // MARK: Connection events

    func received(_ bytes: RawSpan, at now: Instant) {
        guard isSent else {
            connection?.close(at: now)
            return
        }
        if reader.isEmpty { outcome.timings.firstByte = now - start }
        keep(bytes)
        let interimBefore = reader.interim.count
        let taken = reader.take(bytes) { head, piece in
            if !hasBegunBody, let head { collector?.begin(head) }
            hasBegunBody = true
            collector?.take(piece)
        }
        if reader.isComplete { outcome.excess += bytes.byteCount - taken }
        if heldUntil != nil, reader.interim.count > interimBefore { sendHeldBody() }
        if let bytes = foreignOpening, shows(bytes, at: now) {
            finish(.notHTTP(bytes), at: now)
            return
        }
        if isBodyUnwanted {
            finish(.stopped, at: now)
        } else if reader.isFinished || isBodyRejected {
            finish(reader.isComplete ? nil : .malformed, at: now)
        }
    }

    /// Whether the body is too long or cannot be decoded.
    var isBodyRejected: Bool { collector?.isRejected ?? false }

    /// Whether the sink wants no more of the body.
    var isBodyUnwanted: Bool { collector?.isStopped ?? false }

    func ended(at now: Instant) {
        let phase = phase
        reader.end()
        finish(reader.isComplete ? nil : .closed(phase), at: now)
    }

    func failed(_ failure: HTTPFailure, at now: Instant) {
        if isSent { reader.end(isCut: failure.isCut) }
        finish(failure, at: now)
    }

    func keep(_ bytes: RawSpan) {
        outcome.receivedCount += bytes.byteCount
        let room = outcome.fetch.keptBytes - outcome.received.count
        if room > 0 { outcome.received += bytes.prefix(room).copied() }
    }

    // MARK: Other protocols

    /// Returns the beginning of a response that is not HTTP/1, if HTTP/1 is required; nil if it is HTTP/1.
    private var foreignOpening: [UInt8]? {
        guard outcome.fetch.demandsStatusLine else { return nil }
        if reader.isHeadless { return reader.unrecognized }
        if let head = reader.head, head.end != nil, case .status(let line) = head.start, line.code == nil {
            return head.startLine.bytes
        }
        return nil
    }

    /// Whether enough of a non-HTTP response was received to show it: its first line, or bytes that are not text.
    private func shows(_ bytes: [UInt8], at now: Instant) -> Bool {
        if reader.head != nil || bytes.count >= 512 { return true }
        let text = bytes.drop { $0 == 13 || $0 == 10 }
        if text.contains(where: { $0 < 0x20 && $0 != 9 && $0 != 13 && $0 != 10 }) || text.contains(10) { return true }
        lineDeadline = now + outcome.fetch.linePatience
        return false
    }

    // MARK: Timers and end

    /// Runs timers that are due, and returns when the next one fires.
    func advance(at now: Instant) -> Instant? {
        if let heldUntil, now >= heldUntil { sendHeldBody() }
        if let lineDeadline, now >= lineDeadline, let bytes = foreignOpening {
            finish(.notHTTP(bytes), at: now)
            return nil
        }
        let limit =
            isSent
            ? outcome.fetch.timeout : min(outcome.fetch.connectTimeout ?? outcome.fetch.timeout, outcome.fetch.timeout)
        let deadline = start + limit
        guard now < deadline else {
            let phase = phase
            if isSent { reader.end(isCut: true) }
            let failure = HTTPFailure.timeout(phase)
            finish(isSent ? failure : connection?.located(failure) ?? failure, at: now)
            return nil
        }
        return Instant.earliest(deadline, Instant.earliest(heldUntil, lineDeadline))
    }

    /// Ends the exchange; its connection stays open only if the response and the server allow it.
    func finish(_ failure: HTTPFailure?, at now: Instant) {
        guard !isFinished else { return }
        isFinished = true
        outcome.failure = failure
        switch failure {
        case nil, .closed(.answer), .closed(.body), .reset, .malformed:
            if let bytes = foreignOpening { outcome.failure = .notHTTP(bytes) }
        default: break
        }
        outcome.interim = reader.interim
        outcome.head = reader.head
        outcome.framing = reader.framing
        outcome.trailers = reader.trailers
        outcome.problems += reader.problems
        if let collector = collector.take() {
            let (body, problems) = collector.finish(isComplete: reader.isComplete)
            outcome.body = body
            outcome.problems += problems
            if outcome.failure == nil, problems.contains(where: \.isFatal) { outcome.failure = .malformed }
        }
        if case .notHTTP = outcome.failure {
            outcome.head = nil
            outcome.body = HTTPBody()
        }
        release(at: now)
        outcome.timings.total = now - outcome.timings.start
    }

    /// Records how the connection was made and how it ended, and closes it if it cannot be kept.
    private func release(at now: Instant) {
        guard let connection else { return }
        let wasConnected = outcome.isReused || connection.timings.connect != nil
        let isKept =
            outcome.failure == nil && outcome.fetch.keepsConnection && connection.isOpen && !connection.hasEnded
            && outcome.excess == 0 && heldUntil == nil && outcome.head?.keepsConnection == true
            && outcome.framing != .untilClose && connection.http2?.acceptsExchange != false
        if !wasConnected {
            outcome.ending = .none
        } else if connection.hasEnded {
            outcome.ending = .closed
        } else if connection.isReset {
            outcome.ending = .reset
        } else {
            outcome.ending = isKept ? .kept : .left
        }
        connection.remove(self)
        // Other requests may use an HTTP/2 connection, and wait for one.
        if !isKept, connection.userCount <= 1 { connection.close(at: now) }
        outcome.endpoint = connection.endpoint
        outcome.tls = connection.tls
        if connection.tls != nil { outcome.ticketCount = connection.layers.last?.ticketCount ?? 0 }
        outcome.localPort = connection.localPort
        outcome.localAddress = connection.localAddress
        outcome.proxyStatus = connection.proxyStatus
        if case .proxy(_, let failure) = outcome.failure { outcome.proxyStatus = failure.status }
        if !outcome.isReused {
            outcome.attempts = connection.attempts
            outcome.timings.start = connection.timings.start
            outcome.timings.name = connection.timings.name
            outcome.timings.connect = connection.timings.connect
            outcome.timings.proxy = connection.timings.proxy
            outcome.timings.secure = connection.timings.secure
            outcome.proxyMessages = connection.proxyMessages
        }
        self.connection = nil
    }
}
