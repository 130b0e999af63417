import LinuxProcess
import SwiftNet
import SwiftNetTLS

/// Checks of combined options, and values from files.
extension HTTPProbeCommand {
    mutating func check(_ arguments: ParsedArguments) throws {
        if arguments.operands.isEmpty, targets.files.isEmpty, let interface = targets.interface {
            throw UsageError("no URL given: -I \(interface) names an interface (a HEAD request: --head)")
        }
        try targets.take(operands: arguments.operands)
        targets.limit = { [ports = probe.ports] in HTTPTargetList.count(of: $0, ports: ports).problem }
        probe.request.overrides = targets.overrides
        probe.family = targets.family
        probe.interface = targets.interface
        let parallel = probe.request.parallel
        probe.request.interval = interval ?? (parallel > 1 ? .zero : probe.request.interval)
        probe.concurrency = max(probe.concurrency, parallel)
        if writesBody, probe.request.count != 1 {
            throw UsageError("\(output == nil ? "-O" : "-o") cannot be used with -c \(probe.request.count)")
        }
        if let format = writeOut {
            let text =
                format.hasPrefix("@")
                ? String(
                    decoding: try TextInput.bytes(of: String(format.dropFirst()), for: "--write-out"), as: UTF8.self)
                : format
            writeOutFormat = try WriteOut(text)
        }
        try readFiles()
        probe.request.userAgent = "swift-net/\(CommandTree.version)"
        probe.request.redirects = maximumRedirects ?? (follows ? HTTPProbeConfiguration.usualRedirects : 0)
        if general.isVerbose { probe.request.keptBytes = 256 << 10 }
        probe.request.deliversBodies = writesBody
        // The reason for which an accepted certificate is not trusted is looked for only where it is printed: that reads CA
        // certificates.
        probe.tls.verifiesCertificates =
            !probe.request.trustsAnybody || general.isVerbose || general.isJSON || writeOut != nil
        // Only JSON has the hashes.
        probe.request.hashesBodies = general.isJSON
        if stack == .user { probe.stack = .user(try userStack()) }
    }

    private mutating func readFiles() throws {
        probe.request.fields = try fields.flatMap { try $0.fields() }
        if let referer { probe.request.fields.append(("Referer", referer)) }
        if let userAgent { probe.request.fields.append(("User-Agent", userAgent.isEmpty ? nil : userAgent)) }
        try body.apply(to: &probe.request)
        if probe.request.fields.isChunked, probe.request.body != nil, probe.request.version == .http10 {
            throw UsageError("HTTP/1.0 has no chunks: -H 'Transfer-Encoding: chunked' requires --http 1.1")
        }
        if !cookies.isEmpty { probe.request.fields.append(("Cookie", cookies.joined(separator: "; "))) }
        if !cookieFiles.isEmpty || cookieOutput != nil { probe.request.cookieJar = try CookieJar.read(cookieFiles) }
        probe.request.raw = try rawFile.map { try TextInput.bytes(of: $0, for: "--raw", limit: TextInput.bodyLimit) }
        probe.tls.authorities = try authorityFile.map { try BufferedInput.bytes(ofFile: $0, for: "--cacert") }
        probe.tls.clientCertificate = try certificateFile.map(clientCertificate)
    }

    private func clientCertificate(in file: String) throws -> ClientCertificate {
        let certificates = try BufferedInput.bytes(ofFile: file, for: "--cert")
        let key = try keyFile.map { try BufferedInput.bytes(ofFile: $0, for: "--key") }
        let passphrase = try passphraseFile.map { try TextInput.lines(of: $0, for: "--pass-file").first ?? "" }
        do throws(ClientCertificate.Problem) {
            return try ClientCertificate(certificates: certificates, key: key, passphrase: passphrase)
        } catch {
            let source = error.isOfKey ? keyFile.map { "--key: \($0)" } : nil
            throw UsageError("\(source ?? "--cert: \(file)"): \(error)")
        }
    }

    private func userStack() throws -> UserStack {
        guard let source else { throw UsageError("--stack user requires --source") }
        var stack = UserStack(source.address, prefixLength: source.prefixLength)
        stack.gateway = gateway
        stack.checksAddress = checksAddress
        return stack
    }

    /// Whether bodies are written.
    var writesBody: Bool { output != nil || usesRemoteName }

    private static func hasRemoteName(_ text: String) -> Bool {
        // An invalid URL is reported as such.
        guard let url = try? HTTPURL(text) else { return true }
        return HTTPBodyOutput.name(of: url) != nil
    }

    func run(_ console: Console) throws -> Int32 {
        var command = self
        try command.targets.readFiles(console, readsAhead: output != nil)
        if usesRemoteName, let url = command.targets.urls.first(where: { !Self.hasRemoteName($0) }) {
            throw UsageError("-O: '\(url)' has no file name")
        }
        let counts = command.targets.urls.lazy.map { HTTPTargetList.count(of: $0, ports: probe.ports).number }
        if output != nil, command.targets.urls.count > 1 || counts.contains(where: { $0 > 1 }) {
            throw UsageError("-o cannot be used with several URLs")
        }
        return try HTTPProbeRun(command: command, console: console).run()
    }
}

extension OptionValue where Value == HTTPMethod {
    static var method: Self {
        OptionValue(specification: ValueSpecification(name: "METHOD")) { text in
            let method = HTTPMethod(text)
            guard method.isSendable else { throw ValueError(expected: "printable characters without spaces") }
            return method
        }
    }
}

extension OptionValue where Value == [ClosedRange<Int>] {
    /// `200,301,400-499`.
    static var statusCodes: Self {
        OptionValue(specification: ValueSpecification(name: "CODES")) { text in
            try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, 0 <= first,
                    first <= last, last <= 999
                else { throw ValueError(expected: "status codes such as 200,301,400-499") }
                return first...last
            }
        }
    }
}

extension OptionValue where Value == Double {
    /// A rate of requests per second, also below 1.
    static var requestRate: Self {
        OptionValue(specification: ValueSpecification(name: "N")) { text in
            let range = HTTPProbe.Configuration.rates
            guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }), let rate = Double(text),
                range.contains(rate)
            else { throw ValueError(expected: "\(range.lowerBound) to \(Int(range.upperBound))") }
            return rate
        }
    }
}

extension OptionValue where Value == PortSet {
    /// `80,443,8000-8100`.
    static var portSet: Self {
        OptionValue(specification: ValueSpecification(name: "PORTS")) { text in
            guard let ports = try? PortSet(text), !ports.contains(0) else {
                throw ValueError(expected: "ports from 1 to 65535 and ranges, such as 80,443,8000-8100")
            }
            return ports
        }
    }
}

extension OptionValue where Value == ClosedRange<TLSConfiguration.Version> {
    /// `1.2`, or `1.0-1.2`.
    static var tlsVersions: Self {
        OptionValue(specification: ValueSpecification(name: "VERSIONS")) { text in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            let versions = parts.compactMap { TLSConfiguration.Version(rawValue: String($0)) }
            guard let first = versions.first, let last = versions.last, versions.count == parts.count,
                parts.count <= 2, first <= last
            else { throw ValueError(expected: "1.0 to 1.3, or a range such as 1.0-1.2") }
            return first...last
        }
    }
}

extension OptionValue where Value == (address: IPAddress, prefixLength: Int?) {
    /// `ADDR`, or `ADDR/LEN`.
    static var source: Self {
        OptionValue(specification: ValueSpecification(name: "ADDR[/LEN]")) { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let length = parts.count == 2 ? Int(parts[1]) : nil
            guard parts.count <= 2, let address = IPAddress(parts[0]), parts.count == 1 || length != nil else {
                throw ValueError(expected: "an IP address, or ADDR/LEN")
            }
            return (address, length)
        }
    }
}
