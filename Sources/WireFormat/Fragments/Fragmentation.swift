/// Fragmentation of a datagram's data (RFC 791, section 2.3; RFC 8200, section 4.5).
public enum Fragmentation {
    /// A fragment of the data.
    public struct Piece: Hashable, Sendable {
        /// The offset of the fragment in the data, in bytes; a multiple of 8.
        public var offset: Int
        /// The length of the fragment, in bytes: a multiple of 8 except for the last.
        public var length: Int
        /// Whether another fragment follows.
        public var moreFragments: Bool

        /// Creates a fragment.
        public init(offset: Int, length: Int, moreFragments: Bool) {
            self.offset = offset
            self.length = length
            self.moreFragments = moreFragments
        }
    }

    /// Returns the fragments of `dataLength` bytes for an MTU of `mtu` bytes.
    /// - Parameters:
    ///   - firstHeaderLength: the header length of the first fragment, in bytes.
    ///   - laterHeaderLength: the header length of the other fragments, in bytes.
    /// - Returns: one fragment if all data fits; nil if not even 8 bytes fit after a header.
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
    /// Fragments an IPv6 packet for an MTU of `mtu` bytes (RFC 8200, section 4.5).
    /// - Parameters:
    ///   - header: the header of the whole packet; its next header is the first one in `payload`.
    ///   - identification: the identification of the packet, unique per packet.
    /// - Returns: packets in order, each with a fragment header; nil if not even 8 bytes fit.
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

    /// The reason for which a datagram cannot be fragmented.
    public enum Refusal: Error, Equatable, Sendable {
        /// The DF flag is set, and the datagram exceeds the MTU.
        case dontFragment
        /// Not even 8 bytes of data fit after the header.
        case mtuTooSmall(Int)
        /// The data would end beyond the maximum total length of 65,535 bytes.
        case tooLong(Int)
        case malformed(ParseError)
    }

    /// Fragments a datagram, which may itself be a fragment, for an MTU of `mtu` bytes.
    ///
    /// The first fragment has all options, the others those with the copied
    /// flag; every header has its own checksum (RFC 791, section 3.2, "An Example
    /// Fragmentation Procedure").
    /// - Returns: whole datagrams in order; the given one if it fits.
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
        // A fragment other than the first contains only copied options already.
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
