import SwiftNet
import SwiftNetHTTP2
import SwiftNetTLS

/// Prints a request and its response as sent and received, with visible line ends.
struct Transcript {
    private let console: Console

    init(_ console: Console) { self.console = console }

    func show(_ outcome: HTTPOutcome) {
        for attempt in outcome.attempts { if let text = Self.failure(of: attempt) { note(text) } }
        if let connect = outcome.timings.connect, let endpoint = outcome.endpoint {
            note("connected to \(Self.text(endpoint)) in \(Milliseconds.short(connect)) ms")
        } else if outcome.isReused {
            note("connection reused")
        }
        for message in outcome.proxyMessages {
            lines(of: message.bytes, mark: message.isSent ? ">" : "<", color: .dim)
        }
        if let time = outcome.timings.proxy, let proxy = outcome.fetch.origin.proxy?.proxy {
            note("through the proxy \(Text.escaped("\(proxy)")) in \(Milliseconds.short(time)) ms")
        }
        if case .proxy = outcome.failure { return }
        if let tls = outcome.tls, !outcome.isReused { show(tls) }
        guard outcome.isSent else { return }
        if outcome.frames.isEmpty {
            lines(of: outcome.fetch.bytes + outcome.fetch.heldBody, mark: ">", color: .dim)
        } else {
            for frame in outcome.frames { show(frame) }
        }
        lines(of: outcome.received, mark: "<", color: nil)
        let rest = outcome.receivedCount - outcome.received.count
        if rest > 0 { note("\(rest) more bytes") }
        switch outcome.ending {
        case .closed: note("connection closed by the server")
        case .reset: note("connection reset by the server")
        case .kept, .left, .none: break
        }
    }

    /// Prints the protocols of ALPN and the chain of certificates.
    private func show(_ tls: TLSFacts) {
        if !tls.offeredProtocols.isEmpty {
            let selected = tls.applicationProtocol.map { "selected \(Text.escaped($0))" } ?? "none selected"
            note("ALPN: offered \(tls.offeredProtocols.joined(separator: ", ")); \(selected)")
        }
        for (number, certificate) in tls.chain.enumerated() {
            let dates = [certificate.notBefore, certificate.notAfter].map { $0.map(WallTime.rfc3339(seconds:)) ?? "?" }
            note(
                "certificate \(number): \(Text.escaped(certificate.subject)), by \(Text.escaped(certificate.issuer)), "
                    + "\(dates.joined(separator: " to ")), SHA-256 \(hexadecimal(certificate.fingerprint))")
        }
        if tls.requestsCertificate { note("the server requests a client certificate") }
    }

    /// Prints a frame of HTTP/2 and its fields.
    private func show(_ frame: HTTP2Frame) {
        let mark = frame.isOutbound ? ">" : "<"
        note("\(mark) \(Text.escaped("\(frame)"))")
        guard case .fields(let fields) = frame.contents else { return }
        for field in fields {
            let line = "\(mark) \(Text.escaped("\(field.name): \(field.value)"))"
            console.output.write((frame.isOutbound ? console.painted(line, .dim) : line) + "\n")
        }
    }

    private func note(_ text: String) { console.output.write(console.painted("* \(text)", .dim) + "\n") }

    /// Describes an attempt that did not become the connection.
    private static func failure(of attempt: ConnectAttempt) -> String? {
        let time = "\(Milliseconds.short(attempt.time)) ms"
        return switch attempt.result {
        case .connected: nil
        case .failed(let failure): "\(text(attempt.endpoint)): \(failure) after \(time)"
        case .abandoned: "\(text(attempt.endpoint)): no reply in \(time)"
        }
    }

    private static func text(_ endpoint: StreamEndpoint) -> String {
        switch endpoint {
        case .tcp(let address, _, let port): "\(address) port \(port)"
        case .local(let path): Text.escaped(path)
        }
    }

    private func lines(of bytes: [UInt8], mark: String, color: Console.Color?) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 10).map { $0 + 1 } ?? rest.endIndex
            // A very long line is broken.
            let line = rest[..<min(end, rest.startIndex + 4_096)]
            let text = mark + " " + Text.visible(line)
            console.output.write((color.map { console.painted(text, $0) } ?? text) + "\n")
            rest = rest[line.endIndex...]
        }
    }
}
