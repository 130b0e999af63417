import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// The format of --write-out: text with the variables of curl, such as `%{http_code}` and `%header{server}`.
struct WriteOut {
    private enum Piece {
        case text(String)
        case variable(Variable)
        case header(String)
        /// What follows goes to standard error, or to standard output again.
        case stream(isErrors: Bool)
        /// What follows is written only after a failure.
        case onError
    }

    /// The variables, by curl's names.
    enum Variable: String {
        case contentType = "content_type"
        case errorMessage = "errormsg"
        case exitCode = "exitcode"
        case fileName = "filename_effective"
        case headerJSON = "header_json"
        case httpCode = "http_code"
        case responseCode = "response_code"
        case connectCode = "http_connect"
        case httpVersion = "http_version"
        case localIP = "local_ip"
        case localPort = "local_port"
        case method
        case connects = "num_connects"
        case headers = "num_headers"
        case redirects = "num_redirects"
        case retries = "num_retries"
        case redirectURL = "redirect_url"
        case referer
        case remoteIP = "remote_ip"
        case remotePort = "remote_port"
        case scheme
        case downloaded = "size_download"
        case headSize = "size_header"
        case requestSize = "size_request"
        case uploaded = "size_upload"
        case speed = "speed_download"
        case verification = "ssl_verify_result"
        case connectTime = "time_connect"
        case nameTime = "time_namelookup"
        case secureTime = "time_appconnect"
        case readyTime = "time_pretransfer"
        case redirectTime = "time_redirect"
        case firstByteTime = "time_starttransfer"
        case totalTime = "time_total"
        case url
        case effectiveURL = "url_effective"
        case urlNumber = "urlnum"
    }

    private let pieces: [Piece]

    /// - Throws: `UsageError` for a variable that does not exist: curl writes nothing for it.
    init(_ format: String) throws {
        var pieces: [Piece] = []
        var text = ""
        var rest = format[...]
        func finish() {
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
        }
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, let meant = ["n": "\n", "r": "\r", "t": "\t"][next] {
                rest.removeFirst()
                text += meant
            } else if character == "%", rest.hasPrefix("%") {
                rest.removeFirst()
                text += "%"
            } else if character == "%", rest.hasPrefix("{") || rest.hasPrefix("header{"),
                let end = rest.firstIndex(of: "}")
            {
                let isHeader = rest.hasPrefix("header{")
                let name = String(rest[..<end].dropFirst(isHeader ? 7 : 1))
                rest = rest[rest.index(after: end)...]
                finish()
                pieces.append(isHeader ? .header(name) : try Self.piece(name))
            } else {
                text.append(character)
            }
        }
        finish()
        self.pieces = pieces
    }

    private static func piece(_ name: String) throws -> Piece {
        switch name {
        case "stderr": return .stream(isErrors: true)
        case "stdout": return .stream(isErrors: false)
        case "onerror": return .onError
        default:
            guard let variable = Variable(rawValue: name) else {
                throw UsageError("--write-out: unknown variable '\(name)' (see swift-net-http-probe(8))")
            }
            return .variable(variable)
        }
    }

    /// Writes the text of a response.
    /// - Parameter file: The name of the file with its body.
    func write(_ answer: HTTPProbeResponse, file: String?, to console: Console) {
        var stream = console.output
        for piece in pieces {
            switch piece {
            case .text(let text): stream.write(text)
            case .variable(let variable): stream.write(Self.value(variable, answer, file: file))
            case .header(let name): stream.write(Text.escaped(answer.outcome.head?[name] ?? ""))
            case .stream(let isErrors): stream = isErrors ? console.errors : console.output
            case .onError: if answer.outcome.failure == nil { return }
            }
        }
    }

    private static func value(_ variable: Variable, _ answer: HTTPProbeResponse, file: String?) -> String {
        let outcome = answer.outcome
        let head = outcome.head
        let timings = outcome.timings
        // As in curl, all times but the total are measured from the start of the last request of a redirect chain.
        let named = timings.name ?? .zero
        let connected = named + (timings.connect ?? .zero)
        let secured = connected + (timings.proxy ?? .zero) + (timings.secure ?? .zero)
        switch variable {
        case .contentType: return Text.escaped(head?["Content-Type"] ?? "")
        case .errorMessage: return outcome.failureText.map(Text.escaped) ?? ""
        case .exitCode: return outcome.failure.map { $0.isNameFailure ? "2" : "1" } ?? "0"
        case .fileName: return file.map(Text.escaped) ?? ""
        case .headerJSON: return headerJSON(head)
        case .httpCode, .responseCode: return zeroPadded("\(outcome.status ?? 0)", to: 3)
        case .connectCode:
            let isHTTP = outcome.fetch.origin.proxy?.proxy.kind.isHTTP == true
            return zeroPadded("\(isHTTP ? outcome.proxyStatus ?? 0 : 0)", to: 3)
        case .httpVersion: return version(head)
        case .localIP: return outcome.localAddress.map { "\($0)" } ?? ""
        case .localPort: return "\(outcome.localPort ?? 0)"
        case .method: return outcome.fetch.method.name
        case .connects: return "\(answer.chain.connections)"
        case .headers: return "\(head?.fields.count ?? 0)"
        case .redirects: return "\(answer.redirects.count)"
        case .retries: return "\(answer.retries)"
        case .redirectURL:
            return outcome.location.flatMap { try? answer.url.resolving($0) }.map { Text.escaped("\($0)") } ?? ""
        case .referer: return Text.escaped(HTTPHead(outcome.fetch.bytes.rawBytes)["Referer"] ?? "")
        case .remoteIP:
            if case .tcp(let address, _, _)? = outcome.endpoint { return "\(address)" }
            return ""
        case .remotePort:
            if case .tcp(_, _, let port)? = outcome.endpoint { return "\(port)" }
            return "0"
        case .scheme: return answer.url.scheme.rawValue.uppercased()
        case .downloaded: return "\(outcome.body.length)"
        case .headSize: return "\(answer.chain.headBytes)"
        case .requestSize: return "\(answer.chain.requestBytes)"
        case .uploaded:
            guard outcome.isSent else { return "0" }
            let bytes = outcome.fetch.bytes
            return "\(bytes.count - HTTPHead(bytes.rawBytes).byteCount + outcome.fetch.heldBody.count)"
        case .speed:
            let seconds = Double(timings.total.count) / 1e9
            return seconds > 0 ? "\(Int(Double(outcome.body.length) / seconds))" : "0"
        case .verification: return "\(outcome.tls?.doubtCode ?? 0)"
        case .nameTime: return seconds(named)
        case .connectTime: return seconds(timings.connect == nil ? .zero : connected)
        case .secureTime: return seconds(timings.secure == nil ? .zero : secured)
        case .readyTime: return seconds(secured)
        case .redirectTime: return seconds(answer.chain.time - timings.total)
        case .firstByteTime: return seconds(timings.firstByte ?? .zero)
        case .totalTime: return seconds(answer.chain.time)
        case .url: return Text.escaped("\(answer.asked)")
        case .effectiveURL: return Text.escaped("\(answer.url)")
        case .urlNumber: return "\(answer.number)"
        }
    }

    /// Seconds with six decimals.
    private static func seconds(_ time: Nanoseconds) -> String { Milliseconds.decimal(time.count / 1_000, places: 6) }

    private static func version(_ head: HTTPHead?) -> String {
        guard case .status(let line)? = head?.start else { return "0" }
        return line.version.number
    }

    /// The fields as a JSON object of arrays, with names in lower case, as in curl.
    private static func headerJSON(_ head: HTTPHead?) -> String {
        var names: [String] = []
        for field in head?.fields ?? [] where !names.contains(field.name.lowercased()) {
            names.append(field.name.lowercased())
        }
        let members = names.map { name in
            let values = (head?.values(name) ?? []).map(string).joined(separator: ",")
            return "\(string(name)):[\(values)]"
        }
        return "{" + members.joined(separator: ",\n") + "\n}"
    }

    private static func string(_ text: String) -> String {
        var buffer = TextBuffer()
        buffer.append(jsonString: text)
        return buffer.text()
    }
}
