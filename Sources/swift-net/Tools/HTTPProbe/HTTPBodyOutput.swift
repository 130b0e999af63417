import LinuxProcess
import SwiftNet

/// The bodies that -o or -O writes.
final class HTTPBodyOutput {
    private let console: Console
    /// The output of -o; nil for -O.
    private let stream: BufferedOutput?
    private let includesHead: Bool
    /// The names of the files that -O has written.
    private var names: Set<String> = []

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

    /// Writes the body of a response, after its head and those of the redirects if requested.
    func write(_ answer: HTTPProbeResponse) {
        let outcome = answer.outcome
        // As in curl, the file keeps its contents if the request fails without a body, or by its status.
        if case .status = outcome.failure { return }
        guard outcome.hasResponse, outcome.failure == nil || outcome.body.length > 0,
            let output = stream ?? file(for: answer)
        else { return }
        if includesHead {
            for hop in answer.redirects { output.write(hop.head.encoded()) }
            if let head = outcome.head { output.write(head.encoded()) }
        }
        output.write(outcome.body.decoded?.kept ?? outcome.body.kept)
        // An empty body truncates the file too.
        output.flush()
    }

    /// Creates the file of -O; reports the failure if that is not possible.
    private func file(for answer: HTTPProbeResponse) -> BufferedOutput? {
        guard let name = Self.name(of: answer.asked) else { return nil }
        guard names.insert(name).inserted else {
            console.skip("-O: \(answer.asked): another URL has the same file name: \(name)")
            return nil
        }
        do {
            return try console.file(name, for: "-O")
        } catch {
            console.skip(ErrorText.reason(error))
            return nil
        }
    }
}
