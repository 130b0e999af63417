import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// The command line of `http-probe` as values.
struct ProbeSettings {
    let targets: HTTPTargets
    let configuration: HTTPProbe.Configuration

    init(_ command: HTTPProbeCommand, _ console: Console) throws {
        var configuration = HTTPProbe.Configuration()
        var made = configuration.request
        made.userAgent = "swift-net/\(CommandTree.version)"
        try Self.readRequest(command, into: &made)
        try Self.readExaminations(command, into: &made)
        targets = try HTTPTargets(command.targets, readsAhead: command.output != nil, console)
        configuration.family = targets.family
        configuration.interface = command.targets.interface
        made.places = targets.places
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
        configuration.request = made
        if let text = command.concurrency {
            configuration.concurrency = try ArgumentValue.integer("--concurrency", text, in: 1...1_000)
        }
        try Self.readTLS(command, into: &configuration.tls)
        configuration.stack = try Self.stack(command)
        configuration.keepsHandshakes = command.tcp
        configuration.reportsSegments = command.segments
        self.configuration = configuration
        if command.output != nil, targets.urls.count > 1 || made.count > 1 {
            throw UsageError("-o is for one answer of one URL")
        }
    }

    private static func stack(_ command: HTTPProbeCommand) throws -> TCPStack {
        switch command.stack {
        case "user":
            if command.tcp { throw UsageError("--tcp is of the kernel's TCP; --segments shows all of our own") }
            return .user(try userStack(command))
        case "kernel":
            for (option, isGiven) in [
                ("--source", command.source != nil), ("--gateway", command.gateway != nil),
                ("--no-check", command.skipsCheck),
            ] where isGiven {
                throw UsageError("\(option) is of --stack user")
            }
            return .kernel
        case let text: throw UsageError("--stack: '\(text)' is neither kernel nor user")
        }
    }

    private static func userStack(_ command: HTTPProbeCommand) throws -> UserStack {
        guard let source = command.source else {
            throw UsageError("--stack user: --source says which address it is to have")
        }
        let parts = source.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]), parts.count <= 2 else {
            throw UsageError("--source: '\(source)' is no address")
        }
        var stack = UserStack(address, prefixLength: parts.count == 2 ? Int(parts[1]) : nil)
        if parts.count == 2, stack.prefixLength == nil {
            throw UsageError("--source: '\(source)' needs the length of its prefix, ADDR/LEN")
        }
        stack.gateway = try command.gateway.map { text in
            guard let gateway = IPAddress(text) else { throw UsageError("--gateway: '\(text)' is no address") }
            return gateway
        }
        stack.checksAddress = !command.skipsCheck
        return stack
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
            made.body =
                data.hasPrefix("@") ? try TextInput.bytes(of: String(data.dropFirst()), for: "-d") : Array(data.utf8)
        }
        if let path = command.raw {
            for (option, isThere) in [
                ("-X", command.method != nil), ("-H", !command.headers.isEmpty), ("-d", command.data != nil),
                ("--follow", command.follow), ("--max-redirects", command.maximumRedirects != nil),
                ("--location-trusted", command.trustsRedirects),
            ] where isThere {
                throw UsageError("--raw and \(option) exclude each other")
            }
            made.raw = try TextInput.bytes(of: path, for: "--raw")
        }
        made.wantsCompression = command.compressed
    }

    private static func readExaminations(_ command: HTTPProbeCommand, into made: inout ProbeConfiguration) throws {
        made.trustsRedirects = command.trustsRedirects
        if command.follow || command.trustsRedirects || command.maximumRedirects != nil {
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

    private static func readTLS(_ command: HTTPProbeCommand, into tls: inout TLSConfiguration) throws {
        if let path = command.authorities { tls.authorities = try BufferedInput.bytes(ofFile: path, for: "--cacert") }
        if let text = command.tlsVersions {
            let words = text.split(separator: "-", omittingEmptySubsequences: false)
            let versions = words.compactMap { TLSConfiguration.Version(rawValue: String($0)) }
            guard (1...2).contains(words.count), versions.count == words.count, versions[0] <= versions[words.count - 1]
            else { throw UsageError("--tls: '\(text)' is no range of versions from 1.0 to 1.3") }
            tls.minimumVersion = versions[0]
            tls.maximumVersion = versions[words.count - 1]
        }
    }
}
