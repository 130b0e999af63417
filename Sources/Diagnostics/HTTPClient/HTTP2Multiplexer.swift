import PacketEngine
import SwiftNetHTTP2
import WireFormat

/// The HTTP/2 session of a connection, and the exchanges that share it.
final class HTTP2Multiplexer {
    private unowned let connection: HTTPConnection
    private var session: HTTP2Session
    private var exchanges: [Int32: HTTPExchange] = [:]
    /// The code and the text of the server's GOAWAY.
    private var goAway: HTTP2Failure?
    /// Whether the server refused a request, which is then sent on another connection.
    private var isRefusing = false
    /// The frames of the connection that no exchange has recorded yet.
    private var unclaimed: [HTTP2Frame] = []
    /// The first bytes received.
    private var opening: [UInt8] = []

    init(_ connection: HTTPConnection, reportsFrames: Bool) throws(HTTP2Failure) {
        self.connection = connection
        var configuration = HTTP2Configuration()
        configuration.reportsFrames = reportsFrames
        session = try HTTP2Session(configuration)
        connection.flushLater()
    }

    /// Whether another request can be sent.
    var acceptsExchange: Bool { !isRefusing && session.acceptsRequests }

    // MARK: Requests

    func send(_ exchange: HTTPExchange, at now: Instant) {
        let fetch = exchange.outcome.fetch
        let request = HTTP2Request(fetch)
        do throws(HTTP2Failure) {
            let stream = try session.submit(
                request.fields, body: request.body, endsStream: fetch.heldBody.isEmpty)
            exchange.stream = stream
            exchanges[stream] = exchange
            process(at: now)
        } catch {
            refuse(exchange, error, at: now)
        }
        connection.flushLater()
    }

    func sendHeldBody(of exchange: HTTPExchange) {
        guard let stream = exchange.stream else { return }
        session.send(exchange.outcome.fetch.heldBody, on: stream)
        connection.flushLater()
    }

    /// Removes an exchange, and resets its stream unless that is closed.
    func remove(_ exchange: HTTPExchange) {
        guard let stream = exchange.stream else { return }
        exchange.stream = nil
        exchanges[stream] = nil
        session.cancel(stream)
        connection.flushLater()
    }

    /// A request that the server did not process is sent again once (RFC 9113, section 8.7).
    private func refuse(_ exchange: HTTPExchange, _ failure: HTTP2Failure, at now: Instant) {
        isRefusing = true
        if exchange.wasRefused {
            exchange.failed(.http2("request refused by the server: \(goAway ?? failure)"), at: now)
        } else {
            exchange.wasRefused = true
            exchange.reconnect()
        }
    }

    /// Announces the end of the connection.
    func close() { session.close() }

    // MARK: Connection events

    /// Returns the bytes to send.
    func takeOutput() -> [UInt8] { session.takeOutput() }

    /// Processes received bytes.
    /// - Returns: the failure of the connection, if any.
    func receive(_ bytes: RawSpan, at now: Instant) -> String? {
        if opening.count < 64 { opening += bytes.prefix(64 - opening.count).copied() }
        var failure: HTTP2Failure?
        do throws(HTTP2Failure) { try session.receive(bytes) } catch { failure = error }
        process(at: now)
        connection.flushLater()
        guard let failure else { return nil }
        guard !session.hasSettings else { return "\(failure)" }
        let line = opening.prefix { $0 >= 0x20 && $0 < 0x7F }
        return line.isEmpty
            ? "\(failure)" : "the server does not speak HTTP/2: \(String(decoding: line, as: UTF8.self))"
    }

    func ended(at now: Instant) {
        for exchange in ordered {
            if let goAway, goAway.code != .noError {
                exchange.failed(.http2("connection closed by the server: \(goAway)"), at: now)
            } else {
                exchange.ended(at: now)
            }
        }
    }

    func fail(_ failure: HTTPFailure, at now: Instant) {
        for exchange in ordered {
            if case .reset = failure {
                exchange.failed(.reset(exchange.phase), at: now)
            } else {
                exchange.failed(failure, at: now)
            }
        }
    }

    private var ordered: [HTTPExchange] { exchanges.sorted { $0.key < $1.key }.map(\.value) }

    private func process(at now: Instant) {
        // An exchange that ends uses the session.
        var events: [HTTP2Event] = []
        session.drain { events.append($0) }
        for event in events {
            switch event {
            case .head(let stream, let status, let fields):
                exchanges[stream]?.received(HTTPHead(http2Status: status, fields: fields), at: now)
            case .data(let stream, let bytes): exchanges[stream]?.received(data: bytes, at: now)
            case .trailers(let stream, let fields): exchanges[stream]?.outcome.trailers = fields
            case .ended(let stream): exchanges[stream]?.streamEnded(at: now)
            case .reset(let stream, let failure, let byServer):
                guard let exchange = exchanges[stream] else { continue }
                if failure.code == .refusedStream, exchange.reader.isEmpty {
                    refuse(exchange, failure, at: now)
                } else {
                    exchange.failed(
                        .http2(byServer ? "stream reset by the server: \(failure)" : "\(failure)"), at: now)
                }
            case .goAway(_, let failure): goAway = failure
            case .settings: break
            case .frame(let frame): show(frame)
            }
        }
    }

    /// Frames of the connection belong to the oldest exchange.
    private func show(_ frame: HTTP2Frame) {
        guard let exchange = exchanges[frame.stream] ?? (frame.stream == 0 ? ordered.first : nil) else {
            if frame.stream == 0, unclaimed.count < HTTPOutcome.mostFrames { unclaimed.append(frame) }
            return
        }
        exchange.outcome.frames += unclaimed
        unclaimed = []
        if exchange.outcome.frames.count < HTTPOutcome.mostFrames { exchange.outcome.frames.append(frame) }
    }
}

extension HTTPOutcome {
    static let mostFrames = 1_000
}

extension HTTPExchange {
    /// Processes the head of an interim or final HTTP/2 response.
    func received(_ head: HTTPHead, at now: Instant) {
        if reader.isEmpty { outcome.timings.firstByte = now - start }
        reader.take(head)
        if reader.head != nil {
            collector?.begin(head)
        } else if heldUntil != nil {
            sendHeldBody()
        }
        if reader.isFinished { finish(.malformed, at: now) }
    }

    /// Processes a part of the body of an HTTP/2 response.
    func received(data bytes: [UInt8], at now: Instant) {
        keep(bytes.rawBytes)
        _ = reader.take(bytes.rawBytes) { _, piece in collector?.take(piece) }
        if isBodyUnwanted {
            finish(.stopped, at: now)
        } else if reader.isFinished || isBodyRejected {
            finish(.malformed, at: now)
        }
    }

    /// The HTTP/2 response is complete.
    func streamEnded(at now: Instant) {
        reader.endStream(trailers: outcome.trailers)
        finish(nil, at: now)
    }
}
