import Diagnostics
import PacketEngine
import WireFormat

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
            let text = mark + " " + Self.visible(line)
            console.output.write((color.map { console.painted(text, $0) } ?? text) + "\n")
            rest = rest[line.endIndex...]
        }
    }

    /// Text as it is, ends of lines as `\r\n`, other control bytes and what is no UTF-8 as `\xNN`.
    static func visible(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        var rest = bytes
        while let byte = rest.first {
            switch byte {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 9: text += "\\t"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 0
                if length > 0, let letters = String(validating: rest.prefix(length), as: UTF8.self),
                    rest.prefix(length).count == length
                {
                    text += Text.escaped(letters)
                    rest = rest.dropFirst(length)
                    continue
                }
                let digits = String(byte, radix: 16)
                text += "\\x" + (byte < 16 ? "0" : "") + digits
            }
            rest = rest.dropFirst()
        }
        return text
    }
}
