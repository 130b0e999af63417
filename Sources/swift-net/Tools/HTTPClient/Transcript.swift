import SwiftNet

/// A request and its answer byte by byte, with the ends of lines to be seen.
struct Transcript {
    private let console: Console

    init(_ console: Console) { self.console = console }

    func show(_ outcome: HTTPOutcome) {
        if let connect = outcome.timings.connect, let endpoint = outcome.endpoint {
            note("connected to \(Self.text(endpoint)) in \(Milliseconds.short(connect)) ms")
        } else if outcome.isReused {
            note("on the open connection")
        }
        guard outcome.timings.connect != nil || outcome.isReused else { return }
        lines(of: outcome.fetch.bytes + outcome.fetch.heldBody, mark: ">", color: .dim)
        lines(of: outcome.received, mark: "<", color: nil)
        let rest = outcome.receivedCount - outcome.received.count
        if rest > 0 { note("\(rest) bytes more") }
        switch outcome.ending {
        case .closed: note("the server ended the connection")
        case .reset: note("the server broke off the connection")
        case .kept, .left, .none: break
        }
    }

    private func note(_ text: String) { console.output.write(console.painted("* \(text)", .dim) + "\n") }

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
            // A line that never ends is cut where it still can be read.
            let line = rest[..<min(end, rest.startIndex + 4_096)]
            let text = mark + " " + Text.visible(line)
            console.output.write((color.map { console.painted(text, $0) } ?? text) + "\n")
            rest = rest[line.endIndex...]
        }
    }
}
