import LinuxProcess
import SwiftNet

/// Who wants the packets of a capture file.
protocol CaptureVisitor: ~Copyable {
    /// Takes a packet; false when no more are wanted.
    mutating func visit(_ packet: CapturedPacket, _ bytes: RawSpan) -> Bool

    /// The window has to be filled, which may take as long as the writer of a pipe likes.
    /// - Parameters:
    ///   - offset: bytes of the file read so far.
    ///   - percent: their share of the file, where its size is known.
    mutating func pause(at offset: UInt64, percent: Int?)
}

/// A capture file or a pipe as a window that moves over it: memory does not grow with the file.
struct CaptureFile: ~Copyable {
    private let input: BufferedInput
    private let signals: SignalSource
    private var window: [UInt8]
    /// What of the window has been read and not been consumed.
    private var start = 0
    private var end = 0
    private var wasStopped = false

    /// Large enough that few reads are needed, small enough to stay in the cache.
    private static let windowSize = 256 << 10

    init(path: String) throws(SystemError) {
        let opened = try BufferedInput(path: path, for: "FILE")
        signals = try SignalSource()
        input = opened
        window = [UInt8](repeating: 0, count: Self.windowSize)
    }

    /// Hands every packet to the visitor, until that has enough or the file ends.
    /// - Returns: whether the file was read to its end.
    ///
    /// Throws `CaptureError` where it cannot be read further, `SystemError` where the system cannot.
    mutating func read<Visitor: CaptureVisitor & ~Copyable>(for visitor: inout Visitor) throws -> Bool {
        var reader = CaptureReader()
        while true {
            switch try reader.next(window.rawBytes.extracting(start..<end)) {
            case .packet(let packet, let consumed):
                let range = start + packet.range.lowerBound..<start + packet.range.upperBound
                guard visitor.visit(packet, window.rawBytes.extracting(range)) else { return false }
                start += consumed
            case .consumed(let count): start += count
            case .needs(let count):
                let offset = reader.offset
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

    /// Reads until so many bytes are in the window; false at the end of the file.
    private mutating func fill(atLeast count: Int) throws -> Bool {
        if start > 0 {
            // Mostly less than one packet.
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
