/// Writes a pcap file: a header, then records (IETF draft-ietf-opsawg-pcap).
public struct PcapWriter: Sendable {
    /// The byte order of the file.
    public let order: ByteOrder
    /// Whether timestamps are in nanoseconds rather than microseconds.
    public let hasNanoseconds: Bool
    /// The link-layer header type.
    public let linkType: LinkType
    /// The maximum number of bytes per packet in a record.
    public let snapLength: UInt32

    /// Creates a writer, by default for little-endian files with nanoseconds.
    public init(
        linkType: LinkType, order: ByteOrder = .littleEndian, hasNanoseconds: Bool = true,
        snapLength: UInt32 = 262_144
    ) {
        self.linkType = linkType
        self.order = order
        self.hasNanoseconds = hasNanoseconds
        self.snapLength = snapLength
    }

    /// The file header.
    public var header: [UInt8] {
        order.bytes(hasNanoseconds ? PcapReader.nanosecondMagic : PcapReader.microsecondMagic)
            + order.bytes(UInt16(2)) + order.bytes(UInt16(4)) + order.bytes(UInt64(0)) + order.bytes(snapLength)
            + order.bytes(UInt32(linkType.rawValue))
    }

    /// Returns a record.
    /// - Parameters:
    ///   - nanoseconds: the timestamp since 1970-01-01 00:00 UTC; the format ends in 2106.
    ///   - originalLength: the length of the packet on the wire, if longer than `bytes`.
    public func record(_ bytes: RawSpan, nanoseconds: UInt64, originalLength: Int? = nil) -> [UInt8] {
        let kept = bytes.prefix(Int(snapLength))
        let fraction = nanoseconds % 1_000_000_000
        return order.bytes(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000))
            + order.bytes(UInt32(truncatingIfNeeded: hasNanoseconds ? fraction : fraction / 1_000))
            + order.bytes(UInt32(truncatingIfNeeded: kept.byteCount))
            + order.bytes(UInt32(truncatingIfNeeded: originalLength ?? bytes.byteCount)) + kept.copied()
    }
}

/// Parses the records of a pcap file.
struct PcapReader: Sendable {
    static let headerLength = 24
    static let recordHeaderLength = 16
    static let microsecondMagic: UInt32 = 0xA1B2_C3D4
    static let nanosecondMagic: UInt32 = 0xA1B2_3C4D
    /// Alexey Kuznetzov's variant, whose record headers have 8 additional bytes.
    static let modifiedMagic: UInt32 = 0xA1B2_CD34
    /// Navtel's number, for the format of microseconds.
    static let navtelMagic: UInt32 = 0xA12B_3C4D

    struct Order: Sendable {
        var order: ByteOrder
        var hasNanoseconds: Bool
        var recordHeaderLength: Int
    }

    let linkType: LinkType
    private let frameCheckSequenceLength: Int
    private let form: Order
    private let lengthOrder: LengthOrder

    /// The order of the two lengths in a record header. Before version 2.3 the length on the wire is the first; writers
    /// of 2.3 used either order, and the captured length is the smaller one (libpcap, sf-pcap.c).
    private enum LengthOrder { case capturedFirst, originalFirst, smallerIsCaptured }

    /// Returns the format of a file that begins with this number, read in network byte order; nil if unknown.
    static func order(_ magic: UInt32) -> Order? {
        for (order, magic) in [(ByteOrder.bigEndian, magic), (.littleEndian, magic.byteSwapped)] {
            switch magic {
            case microsecondMagic, navtelMagic:
                return Order(order: order, hasNanoseconds: false, recordHeaderLength: recordHeaderLength)
            case nanosecondMagic:
                return Order(order: order, hasNanoseconds: true, recordHeaderLength: recordHeaderLength)
            case modifiedMagic:
                return Order(order: order, hasNanoseconds: false, recordHeaderLength: recordHeaderLength + 8)
            default: break
            }
        }
        return nil
    }

    /// Parses the file header, which must be complete.
    init(_ bytes: RawSpan, _ form: Order) throws(CaptureError) {
        self.form = form
        let major = form.order.read16(bytes, at: 4)
        let minor = form.order.read16(bytes, at: 6)
        switch (major, minor) {
        // 543.0 is that of DG/UX.
        case (2, 0...2), (543, 0): lengthOrder = .originalFirst
        case (2, 3): lengthOrder = .smallerIsCaptured
        case (2, 4): lengthOrder = .capturedFirst
        default: throw CaptureError(.unsupportedVersion(major: major, minor: minor), offset: 4)
        }
        // The highest bits are the length of the frame check sequence in 16-bit words.
        let word = form.order.read32(bytes, at: 20)
        linkType = .inFile(UInt16(truncatingIfNeeded: word))
        frameCheckSequenceLength = word & 0x0400_0000 != 0 ? Int(word >> 28) * 2 : 0
    }

    func next(_ window: RawSpan, offset: UInt64) throws(CaptureError) -> CaptureReader.Step {
        let header = form.recordHeaderLength
        guard window.byteCount >= header else { return .needs(header) }
        var length = Int(form.order.read32(window, at: 8))
        var originalLength = Int(form.order.read32(window, at: 12))
        if lengthOrder == .originalFirst || lengthOrder == .smallerIsCaptured && length > originalLength {
            swap(&length, &originalLength)
        }
        guard length <= CaptureReader.maximumLength else {
            throw CaptureError(.invalidLength(UInt64(length)), offset: offset + 8)
        }
        guard window.byteCount >= header &+ length else { return .needs(header + length) }
        let seconds = Int64(form.order.read32(window, at: 0))
        let fraction = Int64(form.order.read32(window, at: 4))
        return .packet(
            CapturedPacket(
                nanoseconds: seconds &* 1_000_000_000 &+ (form.hasNanoseconds ? fraction : fraction &* 1_000),
                originalLength: originalLength, linkType: linkType, interface: 0,
                frameCheckSequenceLength: frameCheckSequenceLength, direction: nil,
                range: header..<header &+ length),
            consumed: header &+ length)
    }
}
