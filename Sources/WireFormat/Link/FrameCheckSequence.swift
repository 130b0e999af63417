/// The frame check sequence of an Ethernet frame: a CRC-32 over all preceding
/// bytes (IEEE 802.3, clause 3.2.9). Captures rarely contain it.
public struct FrameCheckSequence: Hashable, Sendable {
    /// The length of the sequence, in bytes.
    public static let byteCount = 4

    private var remainder: UInt32 = .max

    /// Creates the CRC of zero bytes.
    public init() {}

    /// Adds bytes in the order in which they are sent.
    public mutating func add(_ bytes: RawSpan) {
        var value = remainder
        for offset in 0..<bytes.byteCount {
            value = value >> 8 ^ Self.table[Int(truncatingIfNeeded: (value ^ UInt32(bytes.byte(at: offset))) & 0xFF)]
        }
        remainder = value
    }

    /// The CRC as a number; it is sent in little-endian byte order.
    public var value: UInt32 { ~remainder }

    /// Returns the CRC of `bytes`.
    public static func of(_ bytes: RawSpan) -> UInt32 {
        var sequence = FrameCheckSequence()
        sequence.add(bytes)
        return sequence.value
    }

    /// Verifies the frame check sequence in the last 4 bytes; `.unchecked` if there are fewer than 4.
    public static func state(ofFrame bytes: RawSpan) -> ChecksumState {
        guard bytes.byteCount >= byteCount else { return .unchecked }
        let covered = bytes.byteCount - byteCount
        return of(bytes.prefix(covered)) == bytes.bigEndian32(at: covered).byteSwapped ? .correct : .incorrect
    }

    /// Returns the frame with its CRC appended.
    public static func appended(to frame: [UInt8]) -> [UInt8] {
        let value = of(frame.rawBytes)
        return frame + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// The remainder of every byte for the reflected polynomial 0xEDB88320.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
}
