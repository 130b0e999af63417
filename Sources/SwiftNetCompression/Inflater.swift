import CZlib

/// Decompresses gzip and deflate incrementally, in memory of a
/// fixed size (RFC 1950, 1951, 1952).
package struct Inflater: ~Copyable {
    /// The format of the compressed data.
    package enum Format: Sendable {
        /// RFC 1952; several members are concatenated.
        case gzip
        /// RFC 1950, as HTTP defines it (RFC 9110, section 8.4.1.2), or raw RFC 1951, as some servers send it.
        case deflate
    }

    private let format: Format
    /// zlib keeps a pointer to the stream, which must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasBegun = false
    private var output = [UInt8](repeating: 0, count: 1 << 15)
    /// Whether the end of the compressed data was reached; later bytes are not part of it.
    package private(set) var isComplete = false

    package init(_ format: Format) {
        self.format = format
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
    }

    deinit {
        if hasBegun { inflateEnd(stream) }
        stream.deallocate()
    }

    /// Decompresses bytes and passes the result to `take`, in pieces of at most 32 KiB, until it returns false.
    package mutating func inflate(_ bytes: RawSpan, _ take: (RawSpan) -> Bool) throws(DecompressionFailure) {
        guard bytes.byteCount > 0 else { return }
        if !hasBegun { try begin(with: bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)) }
        // zlib's input pointer is not const, although it does not write to the input.
        var input = bytes.withUnsafeBytes { Array($0) }
        var offset = 0
        while offset < input.count {
            let inputCount = input.count
            let result = input.withUnsafeMutableBufferPointer { input in
                output.withUnsafeMutableBufferPointer { output in
                    stream.pointee.next_in = input.baseAddress.map { $0 + offset }
                    stream.pointee.avail_in = UInt32(clamping: input.count - offset)
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    return CZlib.inflate(stream, Z_NO_FLUSH)
                }
            }
            offset = inputCount - Int(stream.pointee.avail_in)
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0, !take(output.span.bytes.extracting(first: count)) { return }
            switch result {
            case Z_OK: continue
            case Z_BUF_ERROR where count == 0: return
            case Z_BUF_ERROR: continue
            case Z_STREAM_END:
                isComplete = true
                guard format == .gzip, offset < input.count, input[offset] == 0x1F else { return }
                inflateReset(stream)
                isComplete = false
            default:
                throw DecompressionFailure(
                    message: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
            }
        }
        // Output that remains after all input was consumed.
        while !isComplete, stream.pointee.avail_out == 0 {
            let result = output.withUnsafeMutableBufferPointer { output in
                stream.pointee.avail_in = 0
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                return CZlib.inflate(stream, Z_NO_FLUSH)
            }
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0, !take(output.span.bytes.extracting(first: count)) { return }
            if result == Z_STREAM_END { isComplete = true }
            if result != Z_OK { return }
        }
    }

    private mutating func begin(with first: UInt8) throws(DecompressionFailure) {
        let windowBits: Int32 =
            switch format {
            case .gzip: 15 + 16
            // A zlib header begins with compression method 8 in the low 4 bits.
            case .deflate: first & 0x0F == 8 ? 15 : -15
            }
        guard czlib_inflate_init(stream, windowBits) == Z_OK else {
            throw DecompressionFailure(message: "zlib: out of memory")
        }
        hasBegun = true
    }
}
