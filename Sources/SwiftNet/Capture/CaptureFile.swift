import LinuxProcess
import WireFormat

/// Receives the packets of a capture file.
package protocol CaptureVisitor: ~Copyable {
    /// Receives a packet.
    /// - Returns: Whether to continue with the next packet.
    mutating func visit(_ packet: CapturedPacket, _ bytes: RawSpan) -> Bool

    /// Called before a read that may block.
    /// - Parameters:
    ///   - offset: The number of bytes read so far.
    ///   - percent: Their share of the file, if its size is known.
    mutating func pause(at offset: UInt64, percent: Int?)
}

/// A capture file or a pipe, read through a sliding window: memory use does not depend on the size of the file.
package struct CaptureFile: ~Copyable {
    /// The reason why compressed data cannot be read to its end.
    package enum Failure: Error, CustomStringConvertible {
        /// The input ends within the compressed data.
        case cut
        /// zlib's message.
        case invalid(String)

        package var description: String {
            switch self {
            case .cut: "the gzip data is cut"
            case .invalid(let message): "invalid gzip data: \(message)"
            }
        }
    }

    private var input: CaptureInput
    private let signals: SignalSource
    private var window: [UInt8]
    /// The part of the window that has been read and not consumed.
    private var start = 0
    private var end = 0
    private var wasStopped = false

    /// The window size, in bytes: large enough for few reads, small enough for the cache.
    private static let windowSize = 256 << 10

    package init(path: String) throws(SystemError) {
        let opened = try CaptureInput(path: path)
        signals = try SignalSource()
        input = opened
        window = [UInt8](repeating: 0, count: Self.windowSize)
    }

    /// Passes packets to the visitor, until the visitor stops or the file ends.
    /// - Returns: Whether the file was read to its end.
    /// - Throws: `CaptureError` or `CaptureFile.Failure` if the file is invalid or truncated, `SystemError` if a read
    ///   fails.
    package mutating func read<Visitor: CaptureVisitor & ~Copyable>(for visitor: inout Visitor) throws -> Bool {
        var reader = CaptureReader()
        while true {
            switch try reader.next(window.rawBytes.extracting(start..<end)) {
            case .packet(let packet, let consumed):
                let range = start + packet.range.lowerBound..<start + packet.range.upperBound
                guard visitor.visit(packet, window.rawBytes.extracting(range)) else { return false }
                start += consumed
            case .consumed(let count): start += count
            case .needs(let count):
                let offset = input.offset
                visitor.pause(
                    at: offset, percent: input.size.flatMap { $0 > 0 ? Int(min(offset, $0) * 100 / $0) : nil })
                guard try fill(atLeast: count) else {
                    if wasStopped { return false }
                    if let error = reader.endError(available: end - start) { throw error }
                    return true
                }
            }
        }
    }

    /// Reads until the window has at least `count` bytes; returns false at the end of the file.
    private mutating func fill(atLeast count: Int) throws -> Bool {
        if start > 0 {
            // The rest is usually less than one packet.
            for index in 0..<end - start { window[index] = window[start + index] }
            end -= start
            start = 0
        }
        if count > window.count { window += [UInt8](repeating: 0, count: count - window.count) }
        while end < count {
            switch try input.read(into: &window, from: end, signals: signals) {
            case .bytes(let read): end += read
            case .stopped:
                wasStopped = true
                return false
            case .end: return false
            }
        }
        return true
    }
}
