import CBrotli

/// Decompresses brotli incrementally (RFC 7932). The memory is bounded by its window, 16 MiB at most.
struct BrotliDecoder: ~Copyable {
    private let state: OpaquePointer?
    private var output = [UInt8](repeating: 0, count: 1 << 15)
    /// Whether the end of the compressed data was reached.
    private(set) var isComplete = false

    init() { state = BrotliDecoderCreateInstance(nil, nil, nil) }

    deinit { BrotliDecoderDestroyInstance(state) }

    /// Decompresses bytes and passes the result to `take`, in pieces of at most 32 KiB, until it returns false.
    mutating func decode(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        guard let state else { throw DecompressionFailure(message: "brotli: out of memory") }
        let input = bytes.withUnsafeBytes { Array($0) }
        var offset = 0
        while !isComplete {
            var (left, room) = (input.count - offset, output.count)
            let result = input.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    var next = input.baseAddress.map { $0 + offset }
                    var free = output.baseAddress
                    return BrotliDecoderDecompressStream(state, &left, &next, &room, &free, nil)
                }
            }
            offset = input.count - left
            let count = output.count - room
            if count > 0, !take(output.span.bytes.extracting(first: count)) { return }
            switch result {
            case BROTLI_DECODER_RESULT_SUCCESS: isComplete = true
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: continue
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return
            default:
                let text = BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state)).map { String(cString: $0) }
                throw DecompressionFailure(message: "brotli: \(text ?? "error")")
            }
        }
    }
}
