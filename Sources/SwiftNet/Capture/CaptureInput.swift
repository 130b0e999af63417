import LinuxProcess
import SwiftNetCompression
import WireFormat

/// The bytes of a capture file or a pipe, decompressed if they begin like gzip (RFC 1952, section 2.3.1).
struct CaptureInput: ~Copyable {
    private let input: BufferedInput
    private var inflater = Inflater(.gzip)
    /// The input as read: until it is recognized, and if it is compressed.
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var start = 0
    private var end = 0
    private var isRecognized = false
    private var isCompressed = false
    /// A failure to report after the bytes before it.
    private var failure: CaptureFile.Failure?
    /// The number of bytes read from the file so far.
    private(set) var offset: UInt64 = 0

    /// The number of compressed bytes that are decompressed at once: it bounds the output to 1,032 times as much.
    private static let step = 1 << 12

    init(path: String) throws(SystemError) { input = try BufferedInput(path: path, for: "FILE") }

    /// The size of a regular file, in bytes; nil for other inputs.
    var size: UInt64? { input.size }

    /// Reads into `window`, from `position` on; decompressed bytes may make it longer.
    /// - Throws: `CaptureFile.Failure` after the last valid byte, `SystemError` if a read fails.
    mutating func read(
        into window: inout [UInt8], from position: Int, signals: borrowing SignalSource
    ) throws -> BufferedInput.Outcome {
        if !isRecognized {
            while end < 2 {
                let outcome = try input.read(into: &buffer, from: end, signals: signals)
                guard case .bytes(let count) = outcome else {
                    if outcome == .stopped || end == 0 { return outcome }
                    break
                }
                end += count
                offset += UInt64(count)
            }
            isRecognized = true
            isCompressed = end >= 2 && buffer[0] == 0x1F && buffer[1] == 0x8B
        }
        if isCompressed { return try readCompressed(into: &window, from: position, signals: signals) }
        if start < end {
            let count = end - start
            Self.put(buffer.rawBytes.extracting(start..<end), into: &window, at: position)
            start = end
            return .bytes(count)
        }
        let outcome = try input.read(into: &window, from: position, signals: signals)
        if case .bytes(let count) = outcome { offset += UInt64(count) }
        return outcome
    }

    private mutating func readCompressed(
        into window: inout [UInt8], from position: Int, signals: borrowing SignalSource
    ) throws -> BufferedInput.Outcome {
        var position = position
        let first = position
        while position == first {
            if let failure { throw failure }
            if start == end {
                switch try input.read(into: &buffer, from: 0, signals: signals) {
                case .bytes(let count):
                    (start, end) = (0, count)
                    offset += UInt64(count)
                case .stopped: return .stopped
                case .end:
                    guard inflater.isComplete else { throw CaptureFile.Failure.cut }
                    return .end
                }
            }
            let piece = Array(buffer[start..<min(start + Self.step, end)])
            start += piece.count
            do {
                try inflater.inflate(piece.rawBytes) { bytes in
                    Self.put(bytes, into: &window, at: position)
                    position += bytes.byteCount
                    return true
                }
            } catch {
                failure = .invalid(error.message)
            }
        }
        return .bytes(position - first)
    }

    private static func put(_ bytes: RawSpan, into window: inout [UInt8], at position: Int) {
        let missing = position + bytes.byteCount - window.count
        if missing > 0 { window += [UInt8](repeating: 0, count: missing) }
        window.withMutableBytes { $0.copy(bytes, at: position) }
    }
}
