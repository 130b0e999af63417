/// How a datagram's data is cut for a link (RFC 791, section 2.3; RFC 8200, section 4.5).
public enum Fragmentation {
    /// One piece of the data.
    public struct Piece: Hashable, Sendable {
        /// Where the piece begins in the data, in bytes; a multiple of 8.
        public var offset: Int
        /// Bytes of the piece: a multiple of 8 in all but the last.
        public var length: Int
        /// Whether another piece follows.
        public var moreFragments: Bool

        /// A piece of these bounds.
        public init(offset: Int, length: Int, moreFragments: Bool) {
            self.offset = offset
            self.length = length
            self.moreFragments = moreFragments
        }
    }

    /// The pieces of `dataLength` bytes for links that take packets of `mtu` bytes.
    /// - Parameters:
    ///   - firstHeaderLength: bytes of the header before the first piece.
    ///   - laterHeaderLength: bytes of the headers before the others.
    /// - Returns: one piece when all fits; nil when not even eight bytes fit behind a header.
    public static func pieces(
        dataLength: Int, mtu: Int, firstHeaderLength: Int, laterHeaderLength: Int
    ) -> [Piece]? {
        guard dataLength > mtu - firstHeaderLength else {
            return [Piece(offset: 0, length: dataLength, moreFragments: false)]
        }
        var pieces: [Piece] = []
        var offset = 0
        while offset < dataLength {
            let room = (mtu - (offset == 0 ? firstHeaderLength : laterHeaderLength)) & ~7
            guard room >= 8 else { return nil }
            let isLast = dataLength - offset <= mtu - (offset == 0 ? firstHeaderLength : laterHeaderLength)
            let length = isLast ? dataLength - offset : room
            pieces.append(Piece(offset: offset, length: length, moreFragments: !isLast))
            offset += length
        }
        return pieces
    }
}

extension Fragmentation {
    /// Cuts what follows an IPv6 header for links that take packets of `mtu` bytes (RFC 8200, section 4.5).
    /// - Parameters:
    ///   - header: of the whole packet; its next header is what `payload` begins with.
    ///   - identification: the sender's number of the packet, another one for each.
    /// - Returns: packets in order, each with a fragment header; nil when not even eight bytes fit.
    public static func fragments(
        of header: IPv6Header, _ payload: [UInt8], mtu: Int, identification: UInt32
    ) -> [[UInt8]]? {
        let headers = IPv6View.headerLength + 8
        let pieces = pieces(
            dataLength: payload.count, mtu: mtu, firstHeaderLength: headers, laterHeaderLength: headers)
        return pieces?.map { piece in
            var own = header
            own.nextHeader = .fragment
            own.payloadLength = UInt16(truncatingIfNeeded: 8 + piece.length)
            let fragment = IPv6ExtensionHeader.fragment(
                offset: UInt16(truncatingIfNeeded: piece.offset / 8), reserved: 0, moreFragments: piece.moreFragments,
                identification: identification)
            return own.encoded() + fragment.encoded(nextHeader: header.nextHeader)
                + payload[piece.offset..<piece.offset + piece.length]
        }
    }

    /// Why a datagram cannot be cut.
    public enum Refusal: Error, Equatable, Sendable {
        /// Don't-fragment is set, and the datagram is larger than the MTU.
        case dontFragment
        /// Not even eight bytes of data fit behind the header.
        case mtuTooSmall(Int)
        /// The data would end beyond the 65,535 bytes that a total length can say.
        case tooLong(Int)
        case malformed(ParseError)
    }

    /// Cuts a datagram, itself perhaps a fragment, for links that take packets of `mtu` bytes.
    ///
    /// The first piece carries all options, the others those with the copied
    /// flag; every header has its own checksum (RFC 791, section 3.2, "An Example
    /// Fragmentation Procedure").
    /// - Returns: whole datagrams in order; the one that was given when it fits.
    public static func fragments(of datagram: [UInt8], mtu: Int) throws(Refusal) -> [[UInt8]] {
        let header: IPv4Header
        let data: [UInt8]
        do throws(ParseError) {
            let view = try IPv4View(datagram.rawBytes)
            guard !view.isTruncated else {
                throw ParseError(
                    layer: .ipv4, field: "totalLength", offset: 2,
                    reason: .truncated(needed: Int(view.totalLength), available: datagram.count))
            }
            header = IPv4Header(view)
            data = view.payload.copied()
        } catch {
            throw .malformed(error)
        }
        let start = Int(header.fragmentOffset) * 8
        guard start + data.count + header.byteCount <= Int(UInt16.max) else { throw .tooLong(start + data.count) }
        if header.byteCount + data.count <= mtu { return [Array(datagram.prefix(header.byteCount + data.count))] }
        guard !header.dontFragment else { throw .dontFragment }
        var later = header
        // A later fragment has copied its options already.
        if start == 0 { later.options = header.options.copiedIntoFragments }
        guard
            let pieces = pieces(
                dataLength: data.count, mtu: mtu, firstHeaderLength: header.byteCount,
                laterHeaderLength: later.byteCount)
        else { throw .mtuTooSmall(mtu) }
        return pieces.map { piece in
            var fragment = piece.offset == 0 ? header : later
            fragment.headerChecksum = nil
            fragment.fragmentOffset = UInt16(truncatingIfNeeded: (start + piece.offset) / 8)
            fragment.moreFragments = piece.moreFragments || header.moreFragments
            fragment.totalLength = UInt16(truncatingIfNeeded: fragment.byteCount + piece.length)
            return fragment.encoded() + data[piece.offset..<piece.offset + piece.length]
        }
    }
}
