import PacketEngine
import SwiftNetTLS
import WireFormat

/// A client with at most one connection and one request at a time.
final class HTTPClient {
    private enum State {
        case idle
        case resolving(String)
        case connecting
        case securing
        case exchanging
        case waiting(until: Instant)
        case watching(until: Instant)
    }

    /// The upper half of its stream numbers.
    private let number: UInt64
    private var streamCount: UInt64 = 0
    private var state = State.idle
    private(set) var stream: StreamIdentifier?
    private var origin: HTTPOrigin?
    private var session: TLSSession?
    private var endpoint: StreamEndpoint?
    private var localPort: UInt16?
    /// Addresses not tried yet.
    private var others: ArraySlice<ResolvedAddress> = []
    private var tryDeadline: Instant?

    private var outcome: HTTPOutcome?
    private var reader = HTTPResponseReader(method: .get)
    private var collector: HTTPBodyCollector?
    private var hasBegunBody = false
    private var phaseStart = Instant(nanoseconds: 0)
    private var heldUntil: Instant?
    /// The time until which to wait for the rest of a first line that is not HTTP.
    private var lineDeadline: Instant?
    private var hasEnded = false
    private var text: [UInt8] = []

    /// Requests to the port.
    var requests: [StreamRequest] = []
    private var result: HTTPResult?

    init(number: Int) { self.number = UInt64(number) << 32 }

    /// Returns the number of the client that a stream belongs to.
    static func number(of stream: StreamIdentifier) -> Int? { Int(exactly: stream.number >> 32) }

    /// Returns the result of the last step, once.
    func takeResult() -> HTTPResult? {
        defer { result = nil }
        return result
    }

    // MARK: Steps

    func wait(until instant: Instant) { state = .waiting(until: instant) }

    func watch(until instant: Instant, at now: Instant) {
        phaseStart = now
        guard stream != nil else {
            result = .watched(closedAfter: .zero)
            return
        }
        state = .watching(until: instant)
    }

    func begin(_ fetch: HTTPFetch, _ context: () throws(TLSFailure) -> TLSContext, at now: Instant) {
        var begun = HTTPOutcome(fetch: fetch, timings: HTTPTimings(start: now))
        reader = HTTPResponseReader(method: fetch.method, limits: fetch.limits)
        collector = HTTPBodyCollector(kept: fetch.keptBody, limit: fetch.limits.body)
        hasBegunBody = false
        lineDeadline = nil
        phaseStart = now
        if fetch.mayReuse, stream != nil, origin == fetch.origin {
            begun.isReused = true
            begun.endpoint = endpoint
            begun.localPort = localPort
            begun.tls = session?.facts
            outcome = begun
            send(at: now)
            return
        }
        leave()
        endpoint = nil
        outcome = begun
        origin = fetch.origin
        session = nil
        if let name = fetch.origin.secureName {
            do throws(TLSFailure) {
                session = try TLSSession(try context(), host: name, isAddress: fetch.origin.isAddress)
            } catch {
                finish(.secure(error), at: now)
                return
            }
        }
        switch fetch.origin.endpoint {
        case .name(let name, _):
            state = .resolving(name)
            requests.append(.resolve(name))
        case .endpoint(let endpoint):
            connect(to: endpoint, at: now)
        }
    }

    private func connect(to endpoint: StreamEndpoint, at now: Instant) {
        streamCount += 1
        let identifier = StreamIdentifier(number | streamCount)
        stream = identifier
        self.endpoint = endpoint
        outcome?.endpoint = endpoint
        hasEnded = false
        phaseStart = now
        tryDeadline = nil
        if !others.isEmpty, let outcome {
            // While other addresses are left, each has a share of the time.
            let left = outcome.timings.start + outcome.fetch.timeout - now
            tryDeadline = now + Nanoseconds(min(left.count / Int64(others.count + 1), 2_000_000_000))
        }
        state = .connecting
        requests.append(.open(identifier, endpoint))
    }

    /// Tries the next address; returns false if there is none.
    private func connectToNext(at now: Instant) -> Bool {
        guard let next = others.popFirst(), case .name(_, let port) = origin?.endpoint else { return false }
        leave()
        connect(to: .tcp(next.address, zone: next.zone, port: port), at: now)
        return true
    }

    /// Closes the connection.
    func leave() {
        if let stream { requests.append(.close(stream)) }
        stream = nil
    }

    // MARK: Port events

    func resolved(_ name: String, _ answer: Result<[ResolvedAddress], NameFailure>, asked: Instant, at now: Instant) {
        guard case .resolving(name) = state else { return }
        outcome?.timings.start = asked
        outcome?.timings.name = now - asked
        switch answer {
        case .failure(let failure): finish(.name(failure), at: now)
        case .success(let addresses):
            others = addresses[...]
            if !connectToNext(at: now) { finish(.name(NameFailure("no address")), at: now) }
        }
    }

    func opened(_ opening: StreamOpening, at now: Instant) {
        guard case .connecting = state else { return }
        // Time before the start was spent preparing the request, not on the network.
        if outcome?.timings.name == nil { outcome?.timings.start = opening.began }
        outcome?.timings.connect = now - opening.began
        localPort = opening.local?.port
        outcome?.localPort = localPort
        others = []
        phaseStart = now
        if session != nil {
            state = .securing
            secure(at: now)
        } else {
            send(at: now)
        }
    }

    func received(_ bytes: RawSpan, at now: Instant) {
        guard session != nil else {
            take(bytes, at: now)
            return
        }
        session?.receive(bytes)
        if case .securing = state { secure(at: now) }
        if session?.isEstablished == true { readSession(at: now) }
    }

    private func secure(at now: Instant) {
        do throws(TLSFailure) {
            try session?.advance()
        } catch {
            flushSession()
            finish(hasEnded ? .closed(.secure) : .secure(error), at: now)
            return
        }
        flushSession()
        guard session?.isEstablished == true else { return }
        outcome?.timings.secure = now - phaseStart
        let facts = session?.facts
        outcome?.tls = facts
        if outcome?.fetch.demandsTrust == true, let doubt = facts?.doubt {
            session?.endSending()
            flushSession()
            finish(.untrusted(doubt), at: now)
        } else {
            send(at: now)
        }
    }

    private func flushSession() {
        guard let stream, let output = session?.takeOutput(), !output.isEmpty else { return }
        requests.append(.send(stream, output))
    }

    private func readSession(at now: Instant) {
        if text.isEmpty { text = [UInt8](repeating: 0, count: 1 << 14) }
        while stream != nil {
            do throws(TLSFailure) {
                switch try session?.read(into: &text) {
                case .bytes(let count): take(text.rawBytes.prefix(count), at: now)
                case .ended:
                    flushSession()
                    ended(at: now)
                    return
                case .starved, nil:
                    flushSession()
                    return
                }
            } catch {
                finish(.secure(error), at: now)
                return
            }
        }
    }

    private func take(_ bytes: RawSpan, at now: Instant) {
        guard case .exchanging = state, outcome != nil else {
            // Unsolicited data on an open connection makes it unusable for further requests.
            if case .watching = state { return }
            leave()
            return
        }
        if reader.isEmpty, let start = outcome?.timings.start { outcome?.timings.firstByte = now - start }
        keep(bytes)
        let interimBefore = reader.interim.count
        let taken = reader.take(bytes) { head, piece in
            if !hasBegunBody, let head { collector?.begin(head) }
            hasBegunBody = true
            collector?.take(piece)
        }
        outcome?.excess += bytes.byteCount - taken
        if heldUntil != nil, reader.interim.count > interimBefore { sendHeldBody() }
        if let bytes = foreignOpening, shows(bytes, at: now) {
            finish(.notHTTP(bytes), at: now)
            return
        }
        if reader.isFinished { finish(reader.isComplete ? nil : .malformed, at: now) }
    }

    /// Returns the beginning of a response that is not HTTP/1, if HTTP/1 is required; nil if it is HTTP/1.
    private var foreignOpening: [UInt8]? {
        guard outcome?.fetch.demandsStatusLine == true else { return nil }
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
        if let patience = outcome?.fetch.linePatience { lineDeadline = now + patience }
        return false
    }

    private func keep(_ bytes: RawSpan) {
        guard var current = outcome.take() else { return }
        current.receivedCount += bytes.byteCount
        let room = current.fetch.keptBytes - current.received.count
        if room > 0 { current.received += bytes.prefix(room).copied() }
        outcome = current
    }

    func ended(at now: Instant) {
        hasEnded = true
        switch state {
        case .connecting, .securing:
            session?.endReceiving()
            if case .securing = state { secure(at: now) }
            if case .securing = state { finish(.closed(.secure), at: now) }
        case .exchanging:
            let wasEmpty = reader.isEmpty
            reader.end()
            finish(reader.isComplete ? nil : .closed(wasEmpty ? .answer : .body), at: now)
        case .watching:
            closeWatched(at: now)
        case .idle, .resolving, .waiting:
            leave()
        }
    }

    func failed(_ failure: StreamFailure, at now: Instant) {
        stream = nil
        switch state {
        case .connecting:
            if !connectToNext(at: now) { finish(.connection(failure), at: now) }
        case .securing:
            finish(failure == .reset ? .reset(.secure) : .connection(failure), at: now)
        case .exchanging:
            let phase: HTTPFailure.Phase = reader.isEmpty ? .answer : .body
            reader.end()
            finish(failure == .reset ? .reset(phase) : .connection(failure), at: now)
        case .watching: closeWatched(at: now)
        case .idle, .resolving, .waiting: break
        }
    }

    private func closeWatched(at now: Instant) {
        leave()
        state = .idle
        result = .watched(closedAfter: now - phaseStart)
    }

    // MARK: Sending and closing

    private func send(at now: Instant) {
        guard let outcome, let stream else { return }
        state = .exchanging
        transmit(outcome.fetch.bytes)
        if !outcome.fetch.heldBody.isEmpty {
            heldUntil = now + HTTPFetch.patience
        } else if outcome.fetch.endsSending {
            session?.endSending()
            flushSession()
            requests.append(.endSending(stream))
        }
    }

    private func sendHeldBody() {
        heldUntil = nil
        transmit(outcome?.fetch.heldBody ?? [])
    }

    private func transmit(_ bytes: [UInt8]) {
        guard let stream else { return }
        if session == nil {
            requests.append(.send(stream, bytes))
        } else {
            // If the session accepts no more data, the received data shows why.
            try? session?.write(bytes)
            flushSession()
        }
    }

    /// Cancels the current step.
    func stop(at now: Instant) {
        switch state {
        case .idle: break
        case .waiting:
            state = .idle
            result = .waited
        case .watching:
            state = .idle
            result = .watched(closedAfter: nil)
        default: finish(.stopped, at: now)
        }
    }

    private func finish(_ failure: HTTPFailure?, at now: Instant) {
        guard var outcome else { return }
        var failure = failure
        switch failure {
        case nil, .closed(.answer), .closed(.body), .reset, .malformed:
            if let bytes = foreignOpening { failure = .notHTTP(bytes) }
        default: break
        }
        outcome.failure = failure
        outcome.timings.total = now - outcome.timings.start
        outcome.interim = reader.interim
        outcome.head = reader.head
        outcome.framing = reader.framing
        outcome.trailers = reader.trailers
        outcome.problems += reader.problems
        if let collector = collector.take() {
            let (body, problems) = collector.finish(isComplete: reader.isComplete)
            outcome.body = body
            outcome.problems += problems
        }
        if case .notHTTP = failure {
            outcome.head = nil
            outcome.body = HTTPBody()
        }
        let isKept =
            failure == nil && outcome.fetch.keepsConnection && !hasEnded && stream != nil && outcome.excess == 0
            && heldUntil == nil
            && outcome.head?.keepsConnection == true && outcome.framing != .untilClose
        if endpoint == nil || outcome.timings.connect == nil && !outcome.isReused {
            outcome.ending = .none
        } else if hasEnded {
            outcome.ending = .closed
        } else if stream == nil {
            outcome.ending = .reset
        } else {
            outcome.ending = isKept ? .kept : .left
        }
        if !isKept { leave() }
        heldUntil = nil
        others = []
        state = .idle
        self.outcome = nil
        result = .fetched(outcome)
    }

    // MARK: Timers

    /// Runs timers that are due, and returns when the next one fires.
    func advance(at now: Instant) -> Instant? {
        switch state {
        case .idle: return nil
        case .waiting(let until):
            guard now >= until else { return until }
            state = .idle
            result = .waited
            return nil
        case .watching(let until):
            guard now >= until else { return until }
            state = .idle
            result = .watched(closedAfter: nil)
            return nil
        case .resolving: return timeOut(.name, at: now)
        case .connecting:
            if let tryDeadline, now >= tryDeadline, connectToNext(at: now) { return self.tryDeadline }
            return earlier(timeOut(.connect, at: now), tryDeadline)
        case .securing: return timeOut(.secure, at: now)
        case .exchanging:
            if let heldUntil, now >= heldUntil { sendHeldBody() }
            if let lineDeadline, now >= lineDeadline, let bytes = foreignOpening {
                finish(.notHTTP(bytes), at: now)
                return nil
            }
            return earlier(earlier(timeOut(reader.isEmpty ? .answer : .body, at: now), heldUntil), lineDeadline)
        }
    }

    private func timeOut(_ phase: HTTPFailure.Phase, at now: Instant) -> Instant? {
        guard let outcome else { return nil }
        let deadline = outcome.timings.start + outcome.fetch.timeout
        guard now >= deadline else { return deadline }
        reader.end()
        finish(.timeout(phase), at: now)
        return nil
    }

    private func earlier(_ left: Instant?, _ right: Instant?) -> Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
