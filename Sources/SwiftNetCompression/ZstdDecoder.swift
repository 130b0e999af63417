import CZstd

/// Decompresses Zstandard incrementally (RFC 8878), with a window of at most 8 MiB (RFC 9659).
struct ZstdDecoder: ~Copyable {
    private let stream: OpaquePointer?
    private var output = [UInt8](repeating: 0, count: 1 << 15)
    /// Whether the last frame ended; another one may follow.
    private(set) var isComplete = false

    init() {
        stream = ZSTD_createDStream()
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 23)
    }

    deinit { ZSTD_freeDStream(stream) }

    /// Decompresses bytes and passes the result to `take`, in pieces of at most 32 KiB, until it returns false.
    mutating func decode(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        guard let stream else { throw DecompressionFailure(message: "zstd: out of memory") }
        let input = bytes.withUnsafeBytes { Array($0) }
        var offset = 0
        var isFull = false
        // Output may remain after all input was consumed.
        while offset < input.count || isFull {
            var count = 0
            let result = input.withUnsafeBytes { input in
                output.withUnsafeMutableBytes { output in
                    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: offset)
                    var destination = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                    let result = ZSTD_decompressStream(stream, &destination, &source)
                    (offset, count) = (source.pos, destination.pos)
                    return result
                }
            }
            if ZSTD_isError(result) != 0 {
                throw DecompressionFailure(message: "zstd: \(String(cString: ZSTD_getErrorName(result)))")
            }
            isFull = count == output.count
            isComplete = result == 0
            if count > 0, !take(output.span.bytes.extracting(first: count)) { return }
        }
    }
}
