/// A packet of a capture file: what is said of it, and where its bytes lie.
public struct CapturedPacket: Hashable, Sendable {
    /// When it was captured, in nanoseconds since 1970-01-01 00:00 UTC; nil where the file does not say.
    public var nanoseconds: Int64?
    /// Bytes it had on the wire.
    public var originalLength: Int
    /// What the packet begins with.
    public var linkType: LinkType
    /// Number of the interface in a pcapng file; 0 in pcap.
    public var interface: UInt32
    /// Bytes of the frame check sequence at its end: 0 or, rarely, 4.
    public var frameCheckSequenceLength: Int
    /// Whether it came or went; nil where the file does not say.
    public var direction: PcapNG.Direction?
    /// Where its bytes lie in those that were given to the reader.
    public var range: Range<Int>
}

/// Why a file cannot be read as a capture, or not further.
public struct CaptureError: Error, Equatable, Sendable {
    /// What can be wrong.
    public enum Reason: Equatable, Sendable {
        /// Neither pcap nor pcapng begins so.
        case notACapture(magic: UInt32)
        case unsupportedVersion(major: UInt16, minor: UInt16)
        /// A length that no capture has.
        case invalidLength(UInt64)
        /// A packet of an interface that the file has not described.
        case unknownInterface(UInt32)
        /// The file ends in the middle of something.
        case truncated(available: Int)
    }

    /// What is wrong.
    public var reason: Reason
    /// Where in the file, in bytes from its start.
    public var offset: UInt64

    /// An error of these parts; a reader at the start of a file.
    public init(_ reason: Reason, offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }
}

extension CaptureError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .notACapture(let magic):
            "neither pcap nor pcapng: it begins with 0x" + hexadecimal32(magic)
        case .unsupportedVersion(let major, let minor): "version \(major).\(minor) of the format is not known"
        case .invalidLength(let length): "a length of \(length) at byte \(offset) cannot be right"
        case .unknownInterface(let number):
            "the packet at byte \(offset) is of interface \(number), which the file does not describe"
        case .truncated(available: 0): "the file is empty"
        case .truncated(let available):
            "the file is cut: it ends \(available) bytes into what begins at byte \(offset)"
        }
    }

    private func hexadecimal32(_ value: UInt32) -> String {
        (0..<4).map { hexadecimal(UInt8(truncatingIfNeeded: value >> (24 - 8 * $0))) }.joined()
    }
}

/// Reads pcap and pcapng files from bytes that come piece by piece.
///
/// The caller holds a window of the file, hands it to `next` and drops what
/// was consumed; the reader keeps only what the file says of its interfaces.
public struct CaptureReader: Sendable {
    /// What was read.
    public enum Step: Hashable, Sendable {
        /// A packet; `consumed` bytes are done with once it is.
        case packet(CapturedPacket, consumed: Int)
        /// Something else that is done with.
        case consumed(Int)
        /// The window must hold so many bytes.
        case needs(Int)
    }

    private enum Format: Sendable {
        case unknown
        case pcap(PcapReader)
        case pcapng(PcapNGReader)
    }

    private var format = Format.unknown
    /// Bytes of the file before the window.
    public private(set) var offset: UInt64 = 0

    /// The longest record that is believed: no link has packets of more.
    static let maximumLength = 1 << 24

    /// An error of these parts; a reader at the start of a file.
    public init() {}

    /// What the file's packets begin with, as far as it has said that: the
    /// first interface's in a pcapng file.
    public var linkType: LinkType? {
        switch format {
        case .unknown: nil
        case .pcap(let reader): reader.linkType
        case .pcapng(let reader): reader.interfaces.first?.linkType
        }
    }

    /// Reads one thing from the start of the window.
    public mutating func next(_ window: RawSpan) throws(CaptureError) -> Step {
        let step: Step
        switch format {
        case .pcap(let reader): step = try reader.next(window, offset: offset)
        case .pcapng(var reader):
            // Taken out and put back, so that the reader's arrays have one owner.
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

    /// What is wrong with a file that ends with `available` bytes of the window unread; nil when none are.
    public func endError(available: Int) -> CaptureError? {
        if case .unknown = format, offset == 0 { return CaptureError(.truncated(available: available), offset: 0) }
        return available == 0 ? nil : CaptureError(.truncated(available: available), offset: offset)
    }
}

/// The order of the bytes in a capture file.
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

    /// The bytes of an integer in this order.
    func bytes(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        let count = value.bitWidth / 8
        return (0..<count).map {
            UInt8(truncatingIfNeeded: value >> (8 * (self == .littleEndian ? $0 : count - 1 - $0)))
        }
    }
}
