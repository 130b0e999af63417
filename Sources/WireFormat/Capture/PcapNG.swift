/// Builds the blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng), little-endian
/// with nanosecond timestamps; `CaptureReader` reads it. Write the section header once, an interface block for
/// every interface, then packets.
public enum PcapNG {
    /// The direction of a packet (option epb_flags).
    public enum Direction: UInt32, Sendable {
        case inbound = 1
        case outbound = 2
    }

    /// Returns a section header block; `application` names the capturing program.
    public static func sectionHeader(application: String) -> [UInt8] {
        block(0x0A0D_0D0A) { body in
            body.append(littleEndian: UInt32(0x1A2B_3C4D))
            body.append(littleEndian: UInt16(1))
            body.append(littleEndian: UInt16(0))
            body.append(littleEndian: UInt64.max)
            appendOption(4, Array(application.utf8), to: &body)
            appendOption(0, [], to: &body)
        }
    }

    /// Returns an interface description block; interfaces are numbered in the order of their blocks, from 0.
    /// - Parameters:
    ///   - name: the name of the interface.
    ///   - linkType: the link-layer header type of its packets.
    ///   - snapLength: the maximum number of bytes kept per packet; 0 is no limit.
    ///   - frameCheckSequenceLength: the length of the frame check sequence at the end of its packets.
    public static func interface(
        name: String, linkType: LinkType, snapLength: UInt32 = 0, frameCheckSequenceLength: UInt8 = 0
    ) -> [UInt8] {
        block(1) { body in
            body.append(littleEndian: linkType.rawValue)
            body.append(littleEndian: UInt16(0))
            body.append(littleEndian: snapLength)
            appendOption(2, Array(name.utf8), to: &body)
            // if_tsresol: timestamps are in units of 10^-9 seconds.
            appendOption(9, [9], to: &body)
            if frameCheckSequenceLength > 0 { appendOption(13, [frameCheckSequenceLength], to: &body) }
            appendOption(0, [], to: &body)
        }
    }

    /// Returns an enhanced packet block.
    /// - Parameters:
    ///   - nanoseconds: the timestamp since 1970-01-01 00:00 UTC.
    ///   - originalLength: the length of the packet on the wire, if longer than `bytes`.
    public static func packet(
        _ bytes: RawSpan, interface: UInt32, nanoseconds: UInt64, originalLength: Int? = nil,
        direction: Direction? = nil
    ) -> [UInt8] {
        block(6) { body in
            body.append(littleEndian: interface)
            body.append(littleEndian: UInt32(truncatingIfNeeded: nanoseconds >> 32))
            body.append(littleEndian: UInt32(truncatingIfNeeded: nanoseconds))
            body.append(littleEndian: UInt32(truncatingIfNeeded: bytes.byteCount))
            body.append(littleEndian: UInt32(truncatingIfNeeded: originalLength ?? bytes.byteCount))
            body += bytes.copied()
            pad(&body)
            if let direction {
                appendOption(2, littleEndianBytes(direction.rawValue), to: &body)
                appendOption(0, [], to: &body)
            }
        }
    }

    private static func block(_ type: UInt32, _ fill: (inout [UInt8]) -> Void) -> [UInt8] {
        var body: [UInt8] = []
        fill(&body)
        let length = UInt32(truncatingIfNeeded: body.count + 12)
        return littleEndianBytes(type) + littleEndianBytes(length) + body + littleEndianBytes(length)
    }

    private static func appendOption(_ code: UInt16, _ value: [UInt8], to body: inout [UInt8]) {
        body.append(littleEndian: code)
        body.append(littleEndian: UInt16(truncatingIfNeeded: value.count))
        body += value
        pad(&body)
    }

    /// Pads to a 32-bit boundary, on which every part of a block begins.
    private static func pad(_ body: inout [UInt8]) {
        while body.count % 4 != 0 { body.append(0) }
    }

    private static func littleEndianBytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
        for index in 0..<(value.bitWidth / 8) { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
}
