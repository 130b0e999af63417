import SwiftNetCompression
import SwiftNetTLS
import WireFormat

/// Takes a body in piece by piece: counts, digests, keeps the first of it, and
/// decodes it where its coding is known, within a bound.
struct HTTPBodyCollector: ~Copyable {
    private var body = HTTPBody()
    private var digest = SHA256()
    private let mostKept: Int
    private let mostDecoded: Int
    private var inflater: Inflater?
    private var decodedDigest = SHA256()
    private var decoded: HTTPBody.Decoded?
    private(set) var problems: [HTTPProblem] = []

    /// - Parameters:
    ///   - kept: so many bytes of it, coded and decoded, are kept.
    ///   - limit: so many bytes may come out of the decoding.
    init(kept: Int, limit: Int) {
        mostKept = kept
        mostDecoded = limit
    }

    /// Reads from the head how the body is coded (RFC 9110, section 8.4).
    mutating func begin(_ head: HTTPHead) {
        let codings = head.list("Content-Encoding").map { $0.lowercased() }.filter { $0 != "identity" }
        guard let coding = codings.first else { return }
        switch (codings.count, coding) {
        case (1, "gzip"), (1, "x-gzip"): inflater = Inflater(.gzip)
        case (1, "deflate"): inflater = Inflater(.deflate)
        default:
            problems.append(.unknownContentCoding(codings.joined(separator: ", ")))
            return
        }
        decoded = HTTPBody.Decoded(coding: coding)
    }

    mutating func take(_ bytes: RawSpan) {
        digest.update(bytes)
        body.length += bytes.byteCount
        if body.kept.count < mostKept { body.kept += bytes.prefix(mostKept - body.kept.count).copied() }
        decode(bytes)
    }

    private mutating func decode(_ bytes: RawSpan) {
        guard var current = inflater.take() else { return }
        guard var text = decoded else { return }
        var isTooLong = false
        do throws(Inflater.Failure) {
            try current.inflate(bytes) { piece in
                let fitting = piece.prefix(mostDecoded - text.length)
                decodedDigest.update(fitting)
                text.length += fitting.byteCount
                if text.kept.count < mostKept { text.kept += fitting.prefix(mostKept - text.kept.count).copied() }
                isTooLong = fitting.byteCount < piece.byteCount
                return !isTooLong
            }
            if isTooLong {
                problems.append(.bodyTooLong(limit: mostDecoded))
            } else {
                inflater = consume current
            }
        } catch {
            problems.append(.invalidContentCoding(error.message))
        }
        decoded = text
    }

    /// The whole.
    /// - Parameter isComplete: no more would have come.
    consuming func finish(isComplete: Bool) -> (body: HTTPBody, problems: [HTTPProblem]) {
        var body = body
        var problems = problems
        body.sha256 = digest.finish()
        if var decoded {
            if isComplete, body.length > 0, let inflater, !inflater.isComplete {
                problems.append(.invalidContentCoding("it ends before the coded text does"))
            }
            decoded.sha256 = decodedDigest.finish()
            body.decoded = decoded
        }
        return (body, problems)
    }
}
