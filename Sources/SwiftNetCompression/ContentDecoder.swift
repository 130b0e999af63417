/// Decodes a content coding of HTTP incrementally (RFC 9110, section 8.4.1), in memory of a fixed size.
package struct ContentDecoder: ~Copyable {
    private var inflater: Inflater?
    private var brotli: BrotliDecoder?
    private var zstd: ZstdDecoder?

    /// The codings, in the order of Accept-Encoding.
    package static let codings = ["gzip", "deflate", "br", "zstd"]

    /// Returns nil for an unknown coding.
    /// - Parameter coding: in lower case.
    package init?(_ coding: String) {
        switch coding {
        case "gzip", "x-gzip": inflater = Inflater(.gzip)
        case "deflate": inflater = Inflater(.deflate)
        case "br": brotli = BrotliDecoder()
        case "zstd": zstd = ZstdDecoder()
        default: return nil
        }
    }

    /// Whether the end of the coded data was reached.
    package private(set) var isComplete = false

    /// Decodes bytes and passes the result to `take`, in pieces of at most 32 KiB, until it returns false.
    package mutating func decode(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        try inflater?.inflate(bytes, take)
        try brotli?.decode(bytes, take)
        try zstd?.decode(bytes, take)
        isComplete = inflater?.isComplete ?? brotli?.isComplete ?? zstd?.isComplete ?? false
    }
}
