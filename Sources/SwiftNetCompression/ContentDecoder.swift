/// Decodes the content codings of HTTP incrementally (RFC 9110, section 8.4.1), in memory of a fixed size.
package final class ContentDecoder {
    private var inflater: Inflater?
    private var brotli: BrotliDecoder?
    private var zstd: ZstdDecoder?
    /// Decodes the output of this decoder.
    private let next: ContentDecoder?
    private var hasEnded = false

    /// The codings, in the order of Accept-Encoding.
    package static let codings = ["gzip", "deflate", "br", "zstd"]
    /// The maximum number of codings of one body.
    private static let mostCodings = 4

    /// Returns nil for an unknown coding, for more than 4, and for none.
    /// - Parameter codings: in lower case, in the order in which they were applied.
    package init?(_ codings: ArraySlice<String>) {
        guard let coding = codings.last, codings.count <= Self.mostCodings else { return nil }
        let others = codings.dropLast()
        next = ContentDecoder(others)
        guard others.isEmpty || next != nil else { return nil }
        switch coding {
        case "gzip", "x-gzip": inflater = Inflater(.gzip)
        case "deflate": inflater = Inflater(.deflate)
        case "br": brotli = BrotliDecoder()
        case "zstd": zstd = ZstdDecoder()
        default: return nil
        }
    }

    /// Whether the end of the coded data was reached.
    package var isComplete: Bool { hasEnded && next?.isComplete ?? true }

    /// Decodes bytes and passes the result to `take`, in pieces of at most 32 KiB, until it returns false.
    package func decode(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        guard let next else { return try decodeLast(bytes, take) }
        var failure: DecompressionFailure?
        var isStopped = false
        try decodeLast(bytes) { piece in
            do throws(DecompressionFailure) {
                try next.decode(piece) { decoded in
                    isStopped = !take(decoded)
                    return !isStopped
                }
            } catch {
                failure = error
            }
            return failure == nil && !isStopped
        }
        if let failure { throw failure }
    }

    /// Decodes the coding that was applied last.
    private func decodeLast(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        try inflater?.inflate(bytes, take)
        try brotli?.decode(bytes, take)
        try zstd?.decode(bytes, take)
        hasEnded = inflater?.isComplete ?? brotli?.isComplete ?? zstd?.isComplete ?? false
    }
}
