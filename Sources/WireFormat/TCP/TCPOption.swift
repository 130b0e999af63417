/// The options of a TCP header (RFC 9293, section 3.2).
public typealias TCPOptions = OptionList<TCPOption>

/// An option of a TCP header (RFC 9293, section 3.2; IANA TCP option kinds).
public enum TCPOption: HeaderOption {
    /// Kind 0.
    case endOfOptionList
    /// Kind 1.
    case noOperation
    /// Kind 2 (RFC 9293, section 3.7.1): the maximum segment size that the sender accepts, in bytes.
    case maximumSegmentSize(UInt16)
    /// Kind 3 (RFC 7323, section 2): the window is shifted left by this number, 0 to 14.
    case windowScale(UInt8)
    /// Kind 4 (RFC 2018, section 2).
    case selectiveAcknowledgmentPermitted
    /// Kind 5 (RFC 2018, section 3): ranges received out of order.
    case selectiveAcknowledgment([TCPSequenceRange])
    /// Kind 8 (RFC 7323, section 3): the sender's timestamp, and an echo of the peer's.
    case timestamps(value: UInt32, echoReply: UInt32)
    /// Kind 30 (RFC 8684): the subtype is in the highest 4 bits of the data.
    case multipath([UInt8])
    /// Kind 34 (RFC 7413): empty to request a cookie.
    case fastOpen(cookie: [UInt8])
    /// An unknown option, or one whose data is invalid for its kind.
    case unknown(kind: UInt8, data: [UInt8])

    /// The option kind.
    public var kind: UInt8 {
        switch self {
        case .endOfOptionList: Kind.endOfOptionList
        case .noOperation: Kind.noOperation
        case .maximumSegmentSize: Kind.maximumSegmentSize
        case .windowScale: Kind.windowScale
        case .selectiveAcknowledgmentPermitted: Kind.selectiveAcknowledgmentPermitted
        case .selectiveAcknowledgment: Kind.selectiveAcknowledgment
        case .timestamps: Kind.timestamps
        case .multipath: Kind.multipath
        case .fastOpen: Kind.fastOpen
        case .unknown(let kind, _): kind
        }
    }

    /// The option kinds.
    public enum Kind {
        /// RFC 9293, section 3.2.
        public static let endOfOptionList: UInt8 = 0
        /// RFC 9293, section 3.2.
        public static let noOperation: UInt8 = 1
        /// RFC 9293, section 3.7.1.
        public static let maximumSegmentSize: UInt8 = 2
        /// RFC 7323, section 2.
        public static let windowScale: UInt8 = 3
        /// RFC 2018, section 2.
        public static let selectiveAcknowledgmentPermitted: UInt8 = 4
        /// RFC 2018, section 3.
        public static let selectiveAcknowledgment: UInt8 = 5
        /// RFC 7323, section 3.
        public static let timestamps: UInt8 = 8
        /// RFC 8684, section 3.
        public static let multipath: UInt8 = 30
        /// RFC 7413, section 4.1.1.
        public static let fastOpen: UInt8 = 34
    }

    /// The maximum window scale (RFC 7323, section 2.3).
    public static let maximumWindowScale: UInt8 = 14

    public var byteCount: Int {
        switch self {
        case .endOfOptionList, .noOperation: 1
        case .maximumSegmentSize: 4
        case .windowScale: 3
        case .selectiveAcknowledgmentPermitted: 2
        case .selectiveAcknowledgment(let blocks): 2 + 8 * blocks.count
        case .timestamps: 10
        case .multipath(let data), .fastOpen(let data), .unknown(_, let data): 2 + data.count
        }
    }

    public var endsList: Bool { self == .endOfOptionList }

    public static func parse(_ bytes: RawSpan) -> (option: TCPOption, length: Int)? {
        let kind = bytes.byte(at: 0)
        if kind == Kind.endOfOptionList { return (.endOfOptionList, 1) }
        if kind == Kind.noOperation { return (.noOperation, 1) }
        guard bytes.byteCount >= 2 else { return nil }
        let length = Int(bytes.byte(at: 1))
        guard length >= 2, length <= bytes.byteCount else { return nil }
        let data = bytes.extracting(2..<length)
        let option: TCPOption =
            switch (kind, data.byteCount) {
            case (Kind.maximumSegmentSize, 2): .maximumSegmentSize(data.bigEndian16(at: 0))
            case (Kind.windowScale, 1): .windowScale(data.byte(at: 0))
            case (Kind.selectiveAcknowledgmentPermitted, 0): .selectiveAcknowledgmentPermitted
            case (Kind.selectiveAcknowledgment, let count) where count % 8 == 0:
                .selectiveAcknowledgment(
                    (0..<count / 8).map {
                        TCPSequenceRange(start: data.bigEndian32(at: 8 * $0), end: data.bigEndian32(at: 8 * $0 + 4))
                    })
            case (Kind.timestamps, 8):
                .timestamps(value: data.bigEndian32(at: 0), echoReply: data.bigEndian32(at: 4))
            case (Kind.multipath, 1...): .multipath(data.copied())
            case (Kind.fastOpen, _): .fastOpen(cookie: data.copied())
            default: .unknown(kind: kind, data: data.copied())
            }
        return (option, length)
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(kind, at: offset)
        guard byteCount > 1 else { return }
        bytes.setByte(UInt8(truncatingIfNeeded: byteCount), at: offset + 1)
        switch self {
        case .endOfOptionList, .noOperation, .selectiveAcknowledgmentPermitted: break
        case .maximumSegmentSize(let size): bytes.setBigEndian16(size, at: offset + 2)
        case .windowScale(let shift): bytes.setByte(shift, at: offset + 2)
        case .selectiveAcknowledgment(let blocks):
            for (index, block) in blocks.enumerated() {
                bytes.setBigEndian32(block.start, at: offset + 2 + 8 * index)
                bytes.setBigEndian32(block.end, at: offset + 6 + 8 * index)
            }
        case .timestamps(let value, let echoReply):
            bytes.setBigEndian32(value, at: offset + 2)
            bytes.setBigEndian32(echoReply, at: offset + 6)
        case .multipath(let data), .fastOpen(let data), .unknown(_, let data): bytes.copy(data, at: offset + 2)
        }
    }
}

extension TCPOption {
    /// The name and the value in a few words: `mss 1460`, `nop`, `sack-permitted`, `sack 2`, `timestamps`,
    /// `window-scale 7`; nil for the end of the list.
    public var name: String? {
        switch self {
        case .endOfOptionList: nil
        case .noOperation: "nop"
        case .maximumSegmentSize(let size): "mss \(size)"
        case .windowScale(let shift): "window-scale \(shift)"
        case .selectiveAcknowledgmentPermitted: "sack-permitted"
        case .selectiveAcknowledgment(let blocks): "sack \(blocks.count)"
        case .timestamps: "timestamps"
        case .multipath: "mptcp"
        case .fastOpen: "fast-open"
        case .unknown(let kind, _): "kind \(kind)"
        }
    }
}

extension OptionList where Option == TCPOption {
    /// The names of the options in order, without the end of the list.
    public var names: [String] { list.compactMap(\.name) }
}

/// A block of a selective acknowledgment (RFC 2018, section 3).
public struct TCPSequenceRange: Hashable, Sendable {
    /// The sequence number of the first byte.
    public var start: UInt32
    /// The sequence number after the last byte.
    public var end: UInt32

    /// Creates a range from `start` up to, but not including, `end`.
    public init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }
}
