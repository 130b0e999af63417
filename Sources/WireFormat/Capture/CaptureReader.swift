/// The metadata of a packet in a capture file, and the range of its bytes.
public struct CapturedPacket: Hashable, Sendable {
    /// The timestamp, in nanoseconds since 1970-01-01 00:00 UTC; nil if the file has none.
    public var nanoseconds: Int64?
    /// The length of the packet on the wire, in bytes.
    public var originalLength: Int
    /// The link-layer header type.
    public var linkType: LinkType
    /// The interface number in a pcapng file; 0 in pcap.
    public var interface: UInt32
    /// The length of the frame check sequence at the end of the packet: usually 0, else 4.
    public var frameCheckSequenceLength: Int
    /// The direction; nil if the file does not state it.
    public var direction: PcapNG.Direction?
    /// The range of the packet's bytes in the window passed to the reader.
    public var range: Range<Int>
}

/// The reason for which a capture file cannot be read, or cannot be read further.
public struct CaptureError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The file is neither pcap nor pcapng.
        case notACapture(magic: UInt32)
        case unsupportedVersion(major: UInt16, minor: UInt16)
        /// An invalid length.
        case invalidLength(UInt64)
        /// A packet refers to an interface that the file has not described.
        case unknownInterface(UInt32)
        /// The file ends within a header or packet.
        case truncated(available: Int)
    }

    /// What is wrong.
    public var reason: Reason
    /// The offset from the start of the file, in bytes.
    public var offset: UInt64

    /// Creates an error.
    public init(_ reason: Reason, offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }
}

extension CaptureError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .notACapture(let magic):
            "neither pcap nor pcapng: it begins with 0x" + hexadecimal(magic, digits: 8)
        case .unsupportedVersion(let major, let minor): "unsupported format version \(major).\(minor)"
        case .invalidLength(let length): "invalid length \(length) at byte \(offset)"
        case .unknownInterface(let number):
            "the packet at byte \(offset) refers to an undescribed interface \(number)"
        case .truncated(available: 0): "the file is empty"
        case .truncated(let available):
            "the file is cut: only \(available) bytes of the record at byte \(offset)"
        }
    }
}

/// Parses pcap and pcapng files incrementally.
///
/// The caller keeps a window of the file, passes it to `next` and removes the
/// consumed bytes; the reader keeps only the descriptions of interfaces.
public struct CaptureReader: Sendable {
    /// The result of a step.
    public enum Step: Hashable, Sendable {
        /// A packet; `consumed` bytes can be removed once it was processed.
        case packet(CapturedPacket, consumed: Int)
        /// Something else; the number of consumed bytes.
        case consumed(Int)
        /// The window must contain at least this number of bytes.
        case needs(Int)
    }

    private enum Format: Sendable {
        case unknown
        case pcap(PcapReader)
        case pcapng(PcapNGReader)
    }

    private var format = Format.unknown
    /// The number of bytes of the file before the window.
    public private(set) var offset: UInt64 = 0

    /// The maximum length of a record; no link has longer packets.
    static let maximumLength = 1 << 24

    /// Creates a reader at the start of a file.
    public init() {}

    /// The link-layer header type of the file, once known: in a pcapng file, that
    /// of the first interface.
    public var linkType: LinkType? {
        switch format {
        case .unknown: nil
        case .pcap(let reader): reader.linkType
        case .pcapng(let reader): reader.interfaces.first?.linkType
        }
    }

    /// Parses the next item at the start of the window.
    public mutating func next(_ window: RawSpan) throws(CaptureError) -> Step {
        let step: Step
        switch format {
        case .pcap(let reader): step = try reader.next(window, offset: offset)
        case .pcapng(var reader):
            // Moved out and back, so that the reader's arrays are uniquely referenced.
            format = .unknown
            defer { format = .pcapng(reader) }
            step = try reader.next(window, offset: offset)
        case .unknown: step = try recognize(window)
        }
        switch step {
        case .packet(_, let consumed), .consumed(let consumed): offset += UInt64(consumed)
        case .needs: break
        }
        return step
    }

    private mutating func recognize(_ window: RawSpan) throws(CaptureError) -> Step {
        guard window.byteCount >= 4 else { return .needs(4) }
        let magic = window.bigEndian32(at: 0)
        if magic == PcapNGReader.sectionHeaderType {
            format = .pcapng(PcapNGReader())
            return .consumed(0)
        }
        guard let order = PcapReader.order(magic) else { throw CaptureError(.notACapture(magic: magic), offset: 0) }
        guard window.byteCount >= PcapReader.headerLength else { return .needs(PcapReader.headerLength) }
        format = .pcap(try PcapReader(window, order))
        return .consumed(PcapReader.headerLength)
    }

    /// Returns the error if the file ends with `available` unread bytes in the window; nil if none are left.
    public func endError(available: Int) -> CaptureError? {
        if case .unknown = format, offset == 0 { return CaptureError(.truncated(available: available), offset: 0) }
        return available == 0 ? nil : CaptureError(.truncated(available: available), offset: offset)
    }
}

/// The byte order of a capture file.
public enum ByteOrder: Sendable, Hashable {
    case bigEndian, littleEndian

    @inlinable
    func read16(_ bytes: RawSpan, at offset: Int) -> UInt16 {
        let value = bytes.bigEndian16(at: offset)
        return self == .bigEndian ? value : value.byteSwapped
    }

    @inlinable
    func read32(_ bytes: RawSpan, at offset: Int) -> UInt32 {
        let value = bytes.bigEndian32(at: offset)
        return self == .bigEndian ? value : value.byteSwapped
    }

    @inlinable
    func read64(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        let value = bytes.bigEndian64(at: offset)
        return self == .bigEndian ? value : value.byteSwapped
    }

    /// Returns the bytes of an integer in this order.
    func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        let count = value.bitWidth / 8
        return (0..<count).map {
            UInt8(truncatingIfNeeded: value >> (8 * (self == .littleEndian ? $0 : count - 1 - $0)))
        }
    }
}
