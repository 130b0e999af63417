import Diagnostics
import LinuxNet
import PacketEngine
import TLS
import WireFormat

/// The command line of `http-probe` as values.
struct ProbeSettings {
    var urls: [HTTPURL] = []
    var configuration: ProbeConfiguration
    var tls: TLSConfiguration
    var concurrency: Int
    var family: IPAddress.Family?

    init(_ command: HTTPProbeCommand) throws {
        var random = SystemRandomness()
        var made = ProbeConfiguration(seed: random.next())
        made.userAgent = "swift-net/\(SwiftNet.version)"
        try Self.readRequest(command, into: &made)
        try Self.readExaminations(command, into: &made)
        for text in command.resolve { made.places.append(try Self.place(text)) }
        made.localSocket = command.unixSocket
        made.trustsAnybody = command.insecure
        made.refusesErrors = command.fails
        made.timeout =
            try command.deadline.map { try ArgumentValue.duration("-w", $0, atLeast: .milliseconds(1)) }
            ?? made.timeout
        if let text = command.maximumBody {
            made.bodyLimit = try ArgumentValue.integer("--max-body", text, in: 0...1 << 40)
        }
        if command.verbose { made.keptBytes = 256 << 10 }
        if command.output != nil { made.keptBody = min(made.bodyLimit, 1 << 30) }
        configuration = made
        concurrency =
            try command.concurrency.map { try ArgumentValue.integer("--concurrency", $0, in: 1...1_000) } ?? 20
        if command.ipv4, command.ipv6 { throw UsageError("-4 and -6 exclude each other") }
        family = command.ipv4 ? .v4 : command.ipv6 ? .v6 : nil
        tls = try Self.tls(command)
        var texts = command.urls
        for path in command.targetFiles {
            texts += try TextInput.lines(of: path).filter { line in
                !line.utf8.starts(with: "#".utf8) && !line.utf8.allSatisfy { $0 <= 0x20 }
            }
        }
        guard !texts.isEmpty else { throw UsageError("a URL is missing") }
        for text in texts {
            do throws(HTTPURL.Problem) {
                urls.append(try HTTPURL(text))
            } catch {
                throw UsageError("'\(text)' is no URL: \(error)")
            }
        }
        if urls.contains(where: \.hasZone) {
            for interface in try Interface.all() { configuration.zones[interface.name] = interface.index }
        }
        if command.output == "-", command.json { throw UsageError("-o - and --json exclude each other") }
        if command.output != nil, urls.count > 1 || made.count > 1 {
            throw UsageError("-o is for one answer of one URL")
        }
    }

    private static func readRequest(_ command: HTTPProbeCommand, into made: inout ProbeConfiguration) throws {
        if let text = command.method {
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw UsageError("-X: '\(text)' is no method")
            }
            made.method = HTTPMethod(text)
        }
        switch command.version {
        case nil, "1.1": break
        case "1.0": made.version = .http10
        case let text?: throw UsageError("--http: '\(text)' is neither 1.0 nor 1.1")
        }
        for text in command.headers { made.fields.append(try field(text)) }
        if let data = command.data {
            made.body = data.hasPrefix("@") ? try TextInput.bytes(of: String(data.dropFirst())) : Array(data.utf8)
        }
        if let path = command.raw {
            for (option, isThere) in [
                ("-X", command.method != nil), ("-H", !command.headers.isEmpty), ("-d", command.data != nil),
                ("--follow", command.follow),
            ] where isThere {
                throw UsageError("--raw and \(option) exclude each other")
            }
            made.raw = try TextInput.bytes(of: path)
        }
        made.wantsCompression = command.compressed
    }

    private static func readExaminations(_ command: HTTPProbeCommand, into made: inout ProbeConfiguration) throws {
        if command.follow || command.maximumRedirects != nil {
            made.redirects =
                try command.maximumRedirects.map {
                    try ArgumentValue.integer("--max-redirects", $0, in: 0...1_000)
                } ?? 10
        }
        made.examinesMethods = command.methods
        made.examinesIntermediaries = command.intermediaries
        made.keepAlivePatience = try command.keepAlive.map {
            try ArgumentValue.duration("--keep-alive", $0, atMost: .seconds(3_600))
        }
        made.count = try command.count.map { try ArgumentValue.integer("-c", $0, in: 1...Int.max) } ?? 1
        made.interval = try command.interval.map { try ArgumentValue.duration("-i", $0) } ?? made.interval
        made.sharesConnection = command.reuse
    }

    /// `Name: value`, `Name:` and `Name;`, as curl has them.
    private static func field(_ text: String) throws -> (String, String?) {
        guard !text.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
            throw UsageError("-H: a field has one line; --raw sends others")
        }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            if text.hasSuffix(";"), text.count > 1 { return (String(text.dropLast()), "") }
            throw UsageError("-H: '\(text)' is no field: it has no colon")
        }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        return (String(text[..<colon]), value.isEmpty ? nil : String(value))
    }

    /// `HOST:PORT:ADDR`, the address in brackets or not.
    private static func place(_ text: String) throws -> (host: String, port: UInt16, endpoint: StreamEndpoint) {
        let mistake = UsageError("--resolve: '\(text)' is not HOST:PORT:ADDR")
        let parts: [Substring]
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let rest = text[text.index(after: close)...].dropFirst()
            parts = [text[...close]] + rest.split(separator: ":", maxSplits: 1)
        } else {
            parts = text.split(separator: ":", maxSplits: 2)
        }
        guard parts.count == 3, let port = UInt16(parts[1]), port > 0 else { throw mistake }
        let address = parts[2].hasPrefix("[") ? parts[2].dropFirst().dropLast() : parts[2]
        guard let address = IPAddress(address) else { throw mistake }
        return (parts[0].lowercased(), port, .tcp(address, zone: 0, port: port))
    }

    private static func tls(_ command: HTTPProbeCommand) throws -> TLSConfiguration {
        var tls = TLSConfiguration(applicationProtocols: ["http/1.1"])
        if let path = command.authorities { tls.authorities = try InputStream.bytes(ofFile: path) }
        if let text = command.tlsVersions {
            let words = text.split(separator: "-", omittingEmptySubsequences: false)
            let versions = words.compactMap { TLSConfiguration.Version(rawValue: String($0)) }
            guard (1...2).contains(words.count), versions.count == words.count, versions[0] <= versions[words.count - 1]
            else { throw UsageError("--tls: '\(text)' is no range of versions from 1.0 to 1.3") }
            tls.minimumVersion = versions[0]
            tls.maximumVersion = versions[words.count - 1]
        }
        return tls
    }
}
