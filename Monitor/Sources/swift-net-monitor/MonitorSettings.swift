import Foundation
import LinuxProcess
import MonitorCore
import MonitorWeb
import SwiftNet

/// Everything that the command line and the configuration file decide.
struct MonitorSettings {
    var checks: [Check] = []
    var listen = WebServer.Address.tcp(host: "127.0.0.1", port: 9_430)
    /// The database; nil for the usual file.
    var store: String?
    var keepsHistory = true
    var retention = Retention()
    var tokenFile: String?
    var isPublic = false
    var hosts: [String] = []
    var onEvent: String?

    /// The least size of a database.
    static let leastSize: Int64 = 1_000_000

    static func address(_ text: String) -> WebServer.Address? {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            return path.isEmpty || path.utf8.count > 107 ? nil : .local(path: path)
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : .tcp(host: host, port: Int(port))
    }

    init() {}

    /// Reads the configuration file, applies the command line, and checks the result.
    init(_ options: Options) throws {
        if let path = options.config { try ConfigurationFile.read(path, into: &self) }
        try options.apply(to: &self)
        try check()
    }

    /// The file of the history, by the XDG Base Directory Specification if no other is given.
    var storePath: String {
        if let store { return store }
        let home = CurrentProcess.environment("HOME") ?? ""
        let state = CurrentProcess.environment("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (state ?? home + "/.local/state") + "/swift-net/monitor.sqlite"
    }

    /// Who may read the page.
    func access() throws(Monitor.Failure) -> Access {
        var access = Access(hosts: Set(hosts.map { $0.lowercased() }))
        guard let tokenFile else { return access }
        guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
            throw Monitor.Failure(description: "\(tokenFile): cannot be read")
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (16...256).contains(token.utf8.count), token.utf8.allSatisfy(Self.isTokenByte) else {
            throw Monitor.Failure(
                description: "\(tokenFile): expected a token of 16 to 256 letters, digits and the signs -._~+/=",
                hints: ["Make one: head -c 24 /dev/urandom | base64"])
        }
        access.token = token
        return access
    }

    /// RFC 6750, section 2.1.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        return isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~+/=".utf8.contains(byte)
    }

    /// Throws if the page would be open to everybody without anybody having said so.
    func check() throws(CheckProblem) {
        guard !checks.isEmpty else {
            throw CheckProblem(subject: "no targets", reason: "give some on the command line or in --config FILE")
        }
        guard checks.count <= Check.limit else {
            throw CheckProblem(subject: "\(checks.count) targets", reason: "expected at most \(Check.limit)")
        }
        var names: Set<String> = []
        for check in checks where !names.insert(check.name).inserted {
            throw CheckProblem(subject: check.name, reason: "two targets have this name")
        }
        for check in checks {
            if let front = check.behind, !names.contains(front) || front == check.name {
                throw CheckProblem(subject: check.name, reason: "is behind '\(front)', which is no other target")
            }
            guard Check.intervals.contains(check.interval) else {
                throw CheckProblem(subject: check.name, reason: "the interval is not from 100 ms to a day")
            }
            guard check.timeout >= .milliseconds(1), check.timeout <= .seconds(60) else {
                throw CheckProblem(subject: check.name, reason: "the timeout is not from 1 ms to a minute")
            }
            if check.kind == .ping {
                do throws(SwiftNetError) { try MonitorPing.check(check.target) } catch {
                    throw CheckProblem(subject: check.name, reason: Self.reason(error, about: check.target))
                }
            }
        }
        if case .tcp(let host, _) = listen, !Self.isLoopback(host), tokenFile == nil, !isPublic {
            throw CheckProblem(
                subject: "--listen \(host)",
                reason: "others can reach this address: give --token-file FILE, or --public-read-only")
        }
    }

    private static func reason(_ error: SwiftNetError, about target: String) -> String {
        let text = error.description
        return text.hasPrefix(target + ": ") ? String(text.dropFirst(target.count + 2)) : text
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        if let address = IPv4Address(host) { return address.isLoopback }
        return IPv6Address(host).map { $0 == .loopback } ?? false
    }
}
