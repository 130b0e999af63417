/// How a datagram's data is cut for a link (RFC 791, section 2.3; RFC 8200, section 4.5).
public enum Fragmentation {
    /// One piece of the data.
    public struct Piece: Hashable, Sendable {
        /// Where the piece begins in the data, in bytes; a multiple of 8.
        public var offset: Int
        /// Bytes of the piece: a multiple of 8 in all but the last.
        public var length: Int
        public var moreFragments: Bool

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
