import LinuxProcess
import SwiftNet

/// The bodies that -o or -O writes, while they arrive.
final class HTTPBodyOutput: HTTPBodySink {
    /// The file of the body of one URL.
    private struct Body {
        /// Nil if it cannot be created.
        var file: BufferedOutput?
        /// The attempt whose body it has; nil if nothing was written.
        var attempt: Int?
    }

    private let console: Console
    /// The output of -o; nil for -O.
    private let stream: BufferedOutput?
    private let includesHead: Bool
    private let statuses: StatusFilter
    /// The files by the numbers of the URLs.
    private var bodies: [Int: Body] = [:]
    /// The names of the files that -O has written.
    private var names: Set<String> = []

    init(_ console: Console, _ command: HTTPProbeCommand) throws {
        self.console = console
        includesHead = command.includesHead
        statuses = command.statuses
        stream = try command.output.map { try console.file($0, for: "-o", isCreatedLater: true) }
    }

    /// Returns the name of the file that -O writes for a URL: the last segment of its path, as in curl; nil if it has
    /// none.
    static func name(of url: HTTPURL) -> String? {
        let path = url.target.prefix { $0 != "?" }
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return ["", ".", ".."].contains(name) ? nil : name
    }

    /// Whether the run has a purpose: -O may write other files after one that failed.
    var isWritable: Bool { stream?.isOpen ?? true }

    /// Whether the reader of standard output did not read the body to its end.
    var isCut: Bool { !isWritable }

    /// Shows what has arrived to the reader of -o.
    func flush() {
        if stream?.hasUnwritten == true { stream?.flush() }
    }

    func take(_ bytes: RawSpan, of delivery: HTTPBodyDelivery, after head: HTTPHead?) -> Bool {
        guard statuses.prints(head?.statusCode) else { return true }
        let output = begin(delivery.number, delivery.attempt, delivery.url, delivery.redirects, head)
        output?.write(bytes)
        return output?.isOpen ?? true
    }

    /// Writes the rest of a body when its response is known to be the last one.
    func finish(_ answer: HTTPProbeResponse) {
        let outcome = answer.outcome
        if let begun = bodies[answer.number]?.attempt, begun != answer.attempt {
            // As in curl, nothing remains of an attempt before.
            bodies[answer.number]?.file?.restart()
            bodies[answer.number]?.attempt = nil
        }
        // As in curl, the file keeps its contents if the request fails without a body, or by its status.
        if case .status = outcome.failure { return }
        let isBegun = bodies[answer.number]?.attempt != nil
        guard outcome.hasResponse,
            outcome.failure == nil || isBegun || !outcome.body.withheld.isEmpty
                || includesHead && outcome.body.length > 0,
            let output = begin(
                answer.number, answer.attempt, answer.asked, answer.redirects.map(\.head), outcome.head)
        else { return }
        output.write(outcome.body.withheld)
        // An empty body truncates the file too.
        output.flush()
    }

    /// Returns the file of a URL, which has the heads of the responses if requested; nil if it cannot be created.
    private func begin(
        _ number: Int, _ attempt: Int, _ url: HTTPURL, _ redirects: [HTTPHead], _ head: HTTPHead?
    ) -> BufferedOutput? {
        var body = bodies[number] ?? Body(file: stream ?? file(for: url))
        guard let output = body.file, body.attempt != attempt else {
            bodies[number] = body
            return body.file
        }
        if body.attempt != nil { output.restart() }
        body.attempt = attempt
        bodies[number] = body
        guard includesHead else { return output }
        for redirect in redirects { output.write(redirect.encoded()) }
        if let head { output.write(head.encoded()) }
        return output
    }

    /// Creates the file of -O; reports the failure if that is not possible.
    private func file(for url: HTTPURL) -> BufferedOutput? {
        guard let name = Self.name(of: url) else { return nil }
        guard names.insert(name).inserted else {
            console.skip("-O: \(url): another URL has the same file name: \(name)")
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
