import SwiftNetCompression
import SwiftNetTLS
import WireFormat

/// Collects a body in pieces: counts and digests it, keeps its beginning, and decodes known content codings, up to a
/// limit. Its pieces go to a sink, if one wants them.
struct HTTPBodyCollector: ~Copyable {
    private var body = HTTPBody()
    /// Nil if no hash is wanted.
    private var digest: SHA256?
    private let mostKept: Int
    private let mostDecoded: Int
    private var decoder: ContentDecoder?
    private var decodedDigest: SHA256?
    private var decoded: HTTPBody.Decoded?
    private(set) var problems: [HTTPProblem] = []
    private var relay: HTTPBodyRelay?

    /// - Parameter relay: receives the decoded body; nil for none.
    init(_ fetch: HTTPFetch, relay: HTTPBodyRelay?) {
        mostKept = fetch.keptBody
        mostDecoded = fetch.limits.body
        digest = fetch.hashesBody ? SHA256() : nil
        self.relay = relay
    }

    /// Whether the body is too long or cannot be decoded.
    var isRejected: Bool { problems.contains(where: \.isFatal) }

    /// Whether the sink wants no more of it.
    var isStopped: Bool { relay?.isStopped ?? false }

    /// Reads the content codings from the head (RFC 9110, section 8.4), and the transfer codings before the chunks
    /// (RFC 9112, section 7).
    mutating func begin(_ head: HTTPHead) {
        relay?.begin(head)
        let content = head.list("Content-Encoding").map { $0.lowercased() }.filter { $0 != "identity" }
        let transfer = head.list("Transfer-Encoding").map { $0.lowercased() }.filter { $0 != "chunked" }
        let codings = content + transfer
        guard !codings.isEmpty else { return }
        decoder = ContentDecoder(codings[...])
        guard decoder != nil else {
            if !transfer.isEmpty || relay?.requiresDecoding == true { relay?.drop() }
            problems.append(
                transfer.isEmpty
                    ? .unknownContentCoding(content.joined(separator: ", "))
                    : .unknownTransferCoding(transfer.joined(separator: ", ")))
            return
        }
        decoded = HTTPBody.Decoded(coding: codings.joined(separator: ", "))
        decodedDigest = digest == nil ? nil : SHA256()
    }

    mutating func take(_ bytes: RawSpan) {
        digest?.update(bytes)
        body.length += bytes.byteCount
        if body.kept.count < mostKept { body.kept += bytes.prefix(mostKept - body.kept.count).copied() }
        if decoded == nil { relay?.take(bytes) } else { decode(bytes) }
    }

    private mutating func decode(_ bytes: RawSpan) {
        guard let current = decoder, var text = decoded else { return }
        decoder = nil
        var isTooLong = false
        do throws(DecompressionFailure) {
            try current.decode(bytes) { piece in
                let fitting = piece.prefix(mostDecoded - text.length)
                decodedDigest?.update(fitting)
                text.length += fitting.byteCount
                relay?.take(fitting)
                if text.kept.count < mostKept { text.kept += fitting.prefix(mostKept - text.kept.count).copied() }
                isTooLong = fitting.byteCount < piece.byteCount
                return !isTooLong && !isStopped
            }
            if isTooLong {
                problems.append(.bodyTooLong(limit: mostDecoded))
            } else {
                decoder = current
            }
        } catch {
            problems.append(.invalidContentCoding(error.message))
        }
        decoded = text
    }

    /// Returns the body.
    /// - Parameter isComplete: whether the body was received to its end.
    consuming func finish(isComplete: Bool) -> (body: HTTPBody, problems: [HTTPProblem]) {
        var body = body
        var problems = problems
        if let digest { body.sha256 = digest.finish() }
        if let relay { body.withheld = relay.withheld }
        if var decoded {
            if isComplete, body.length > 0, let decoder, !decoder.isComplete {
                problems.append(.invalidContentCoding("unexpected end of data"))
            }
            if let decodedDigest { decoded.sha256 = decodedDigest.finish() }
            body.decoded = decoded
        }
        return (body, problems)
    }
}
