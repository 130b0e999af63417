import LinuxProcess
import SwiftNet

/// The URLs of a command line, and the options for reaching their servers.
struct HTTPTargets {
    /// Files of URLs.
    var files: [String] = []
    var overrides = EndpointOverrides()
    var proxy = ProxyOptions()
    /// The family of the addresses to connect to; nil for any.
    var family: IPAddress.Family?
    var interface: String?
    /// Returns why a URL of a file stands for too many; nil if it does not.
    var limit: (String) -> String? = { _ in nil }
    /// The URLs of the command line; after `readFiles` also those of the files.
    var urls: [String] = []
    /// Standard input, if its URLs are requested as they are read.
    private(set) var input: TargetInput<String>?

    /// - Throws: `UsageError` if neither a URL nor a file is given.
    mutating func take(operands: [String]) throws {
        urls = operands
        overrides.proxies = try proxy.rules()
        if urls.isEmpty, files.isEmpty { throw HTTPProbeCommand.summary.missingOperand }
    }

    /// Reads the files.
    /// - Parameter readsAhead: Whether standard input is read to its end before the first request.
    mutating func readFiles(_ console: Console, readsAhead: Bool) throws {
        for path in files {
            let file = TargetFile(path: path, option: "--targets")
            guard path == "-", !readsAhead, input == nil else {
                urls += try file.urls(console, problem)
                continue
            }
            input = try file.comingURLs(
                console, missingTarget: HTTPProbeCommand.summary.missingOperand.message, problem)
        }
        guard !urls.isEmpty || input != nil else { throw HTTPProbeCommand.summary.missingOperand }
    }

    /// Returns why a URL of a file cannot be used; nil if it can be used.
    private func problem(_ text: String) -> String? {
        do throws(HTTPURL.Problem) {
            return overrides.allows(try HTTPURL(text), family) ? limit(text) : SystemError.addressFamilyNotFound
        } catch {
            return error.description
        }
    }

    /// Reports problems of standard input, after the run.
    func checkInput(_ console: Console, targets count: Int) throws {
        guard count > 0 else { throw HTTPProbeCommand.summary.missingOperand }
        if let failure = input?.failure { console.skip("--targets: \(failure)") }
    }
}

/// A command that sends requests to URLs.
protocol HTTPCommand: Command {
    var targets: HTTPTargets { get set }
}

extension OptionTable where Owner: HTTPCommand {
    /// Adds the options that select the URLs and the addresses of their servers.
    /// - Parameter tcpOptions: Further options that cannot be used with a Unix domain socket.
    mutating func targets(tcpOptions: [String] = []) {
        list("--targets", value: .file, help: "Read URLs from FILE (- for standard input).") {
            $0.targets.files.append($1)
        }
        list(
            "--resolve", value: .override,
            help: "Connect to ADDR for URLs with this host and port; * matches any host, -HOST:PORT removes an entry."
        ) { $0.targets.overrides.set($1.endpoints, host: $1.host, port: $1.port) }
        list(
            "--connect-to", value: .redirection,
            help: "Connect to HOST2:PORT2 for URLs with HOST1:PORT1; an empty part matches, or keeps, any."
        ) { $0.targets.overrides.redirections.append($1) }
        option(
            "--unix-socket", value: .file, help: "Connect to this Unix domain socket instead of the URL's host.",
            excludes: ["-4", "-6", "-I", "--resolve", "--connect-to", "--pcap", "--explain"] + tcpOptions
        ) { $0.targets.overrides.localSocket = $1 }
        families(\.targets.family, ipv4: "Use only IPv4 addresses.", ipv6: "Use only IPv6 addresses.")
        interface(\.targets.interface, "Connect only through this interface.")
    }
}

extension OptionValue where Value == EndpointOverrides.Redirection {
    /// `HOST1:PORT1:HOST2:PORT2`, each part possibly empty, and addresses of IPv6 in brackets.
    fileprivate static var redirection: Self {
        OptionValue(specification: ValueSpecification(name: "HOST1:PORT1:HOST2:PORT2")) { text in
            var parts: [String] = [""]
            var isInBrackets = false
            for character in text {
                if character == "[" { isInBrackets = true } else if character == "]" { isInBrackets = false }
                if character == ":", !isInBrackets {
                    parts.append("")
                } else {
                    parts[parts.count - 1].append(character)
                }
            }
            guard parts.count == 4, let port = number(parts[1]), let newPort = number(parts[3]) else {
                throw ValueError(expected: "HOST1:PORT1:HOST2:PORT2")
            }
            var newHost: HTTPURL.Host?
            if !parts[2].isEmpty {
                guard let url = try? HTTPURL("http://\(parts[2])/"), url.explicitPort == nil else {
                    throw ValueError(expected: "a host name or address as HOST2")
                }
                newHost = url.host
            }
            return EndpointOverrides.Redirection(
                host: parts[0].isEmpty ? nil : parts[0].lowercased(), port: port, newHost: newHost, newPort: newPort)
        }
    }

    /// Returns a port, `.some(nil)` for an empty one, and nil for an invalid one.
    private static func number(_ text: String) -> UInt16?? {
        if text.isEmpty { return .some(nil) }
        guard let port = UInt16(text), port > 0 else { return nil }
        return .some(port)
    }
}

extension OptionValue where Value == (host: String, port: UInt16, endpoints: [StreamEndpoint]) {
    /// `HOST:PORT:ADDR`, the address in brackets or not. As in curl, an entry without a host or for port 0 applies to no
    /// URL, and text after the port to remove is ignored.
    fileprivate static var override: Self {
        OptionValue(specification: ValueSpecification(name: "HOST:PORT:ADDR,...")) { text in
            let isRemoval = text.hasPrefix("-")
            // As in curl, + marks an entry that expires like a looked-up name, which is never within a run.
            let entry = isRemoval || text.hasPrefix("+") ? text.dropFirst() : text[...]
            let parts: [Substring]
            if entry.hasPrefix("["), let close = entry.firstIndex(of: "]") {
                let rest = entry[entry.index(after: close)...].dropFirst()
                parts = [entry[...close]] + rest.split(separator: ":", maxSplits: 1)
            } else {
                parts = entry.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            }
            guard parts.count == 3 || isRemoval && parts.count == 2, let port = UInt16(parts[1]) else {
                throw ValueError(expected: "HOST:PORT:ADDR,... or -HOST:PORT")
            }
            let host = parts[0].lowercased()
            if isRemoval { return (host, port, []) }
            let addresses = try parts[2].split(separator: ",").map { text in
                let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
                guard let address = IPAddress(isBracketed ? text.dropFirst().dropLast() : text) else {
                    throw ValueError(expected: "HOST:PORT:ADDR,... or -HOST:PORT")
                }
                return ResolvedAddress(address)
            }
            guard !addresses.isEmpty else { throw ValueError(expected: "HOST:PORT:ADDR,... or -HOST:PORT") }
            return (host, port, ConnectionRace.endpoints(addresses, port: port))
        }
    }
}
