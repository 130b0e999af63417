import LinuxProcess
import SwiftNet

/// The bodies that -o or -O writes.
final class HTTPBodyOutput {
    private let console: Console
    /// The output of -o; nil for -O.
    private let stream: BufferedOutput?
    private let includesHead: Bool

    /// - Parameter path: The file of -o; nil for files named as in the URLs.
    init(_ console: Console, path: String?, includesHead: Bool) throws {
        self.console = console
        self.includesHead = includesHead
        stream = try path.map { try console.file($0, for: "-o") }
    }

    /// Returns the name of the file that -O writes for a URL: the last segment of its path, as in curl; nil if it has
    /// none.
    static func name(of url: HTTPURL) -> String? {
        let path = url.target.prefix { $0 != "?" }
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return ["", ".", ".."].contains(name) ? nil : name
    }

    /// Writes the body of a response, after its head if requested.
    func write(_ answer: HTTPProbeResponse) {
        guard let head = answer.outcome.head else { return }
        guard let output = stream ?? file(for: answer) else { return }
        if includesHead { output.write(head.encoded()) }
        output.write(answer.outcome.body.decoded?.kept ?? answer.outcome.body.kept)
    }

    /// Creates the file of -O; reports the failure if that is not possible.
    private func file(for answer: HTTPProbeResponse) -> BufferedOutput? {
        guard let name = Self.name(of: answer.asked) else { return nil }
        do {
            return try console.file(name, for: "-O")
        } catch {
            console.skip(ErrorText.reason(error))
            return nil
        }
    }
}
