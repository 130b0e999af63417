/// Puts the fragments of IPv4 datagrams together again (RFC 791, section 3.2; RFC 815).
///
/// Fragments may come in any order. A fragment that came before, byte for
/// byte, changes nothing; every other overlap drops the whole datagram (RFC
/// 5722 asks that of IPv6; here it holds for IPv4 too, for nothing honest
/// overlaps). Memory is bounded: when it is used up, the oldest datagram goes.
public struct IPv4Reassembly: Sendable {
    /// What makes fragments parts of one datagram (RFC 791, section 3.2).
    public struct Key: Hashable, Sendable {
        /// The datagram's source.
        public var source: IPv4Address
        /// The datagram's destination.
        public var destination: IPv4Address
        /// What it carries.
        public var `protocol`: IPProtocol
        /// The sender's number of it.
        public var identification: UInt16
    }

    /// What became of a fragment.
    public enum Outcome: Hashable, Sendable {
        /// More is to come.
        case waiting
        /// The whole datagram: the first fragment's header without its fragment fields, and all data.
        case complete([UInt8])
        /// The datagram is given up, and what comes of it later too, until it is forgotten.
        case dropped(Reason)
        /// This fragment is of a datagram that was given up.
        case ignored
    }

    /// Why a datagram is given up.
    public enum Reason: Error, Hashable, Sendable {
        /// Bytes came twice, and not as an exact copy of a fragment.
        case overlap
        /// The data would end beyond byte 65,535.
        case tooLong
        /// Two fragments disagree on where the datagram ends.
        case contradictoryEnd
        /// A fragment that is not the last has a length that is no multiple of eight, or no data.
        case invalidLength
        /// The header cannot be read, or bytes are missing.
        case malformed
        /// The time is up; time exceeded, code 1, where the first fragment is there (RFC 792).
        case timedOut
        /// Others needed the memory.
        case outOfMemory
    }

    private struct Piece: Sendable {
        var offset: Int
        var data: [UInt8]
        var end: Int { offset + data.count }
    }

    private struct Datagram: Sendable {
        /// Nanoseconds, on the caller's clock.
        var deadline: Int64
        var order: UInt64
        /// In ascending order, none touching another's bytes.
        var pieces: [Piece] = []
        /// Bytes of data, once the last fragment is there.
        var length: Int?
        var header: IPv4Header?
        /// The datagram is given up: its fragments are passed over until the deadline.
        var isDropped = false
        /// Bytes of data in the pieces.
        var byteCount = 0
    }

    private var datagrams: [Key: Datagram] = [:]
    private var counter: UInt64 = 0
    /// Bytes of data that are held.
    public private(set) var heldBytes = 0
    /// Bytes of data that may be held.
    public let memoryLimit: Int
    /// Nanoseconds that a datagram may take from its first fragment on.
    public let lifetime: Int64
    /// Datagrams that may wait at once.
    public let datagramLimit: Int
    /// Pieces that a datagram may have: a full one in pieces of 68 bytes has some 1,400.
    private static let pieceLimit = 8_192

    /// - Parameters:
    ///   - memoryLimit: bytes of data held at once.
    ///   - datagramLimit: datagrams that wait at once.
    ///   - lifetime: nanoseconds; 30 s by default, as Linux has it (RFC 1122 asks for 60 to 120).
    public init(memoryLimit: Int = 4 << 20, datagramLimit: Int = 1_024, lifetime: Int64 = 30_000_000_000) {
        self.memoryLimit = max(memoryLimit, 0)
        self.datagramLimit = max(datagramLimit, 1)
        self.lifetime = lifetime
    }

    /// Datagrams that wait for more, those given up not counted.
    public var waitingCount: Int { datagrams.values.count { !$0.isDropped } }

    /// Takes a datagram in; one that is no fragment is complete at once.
    /// - Parameter now: nanoseconds on any clock that does not go back.
    public mutating func add(_ bytes: RawSpan, now: Int64) -> Outcome {
        guard let view = try? IPv4View(bytes), !view.isTruncated, Int(view.datagramLength) >= view.headerLength else {
            return .dropped(.malformed)
        }
        guard view.moreFragments || view.fragmentOffset != 0 else {
            return .complete(bytes.prefix(view.datagramLength).copied())
        }
        let key = Key(
            source: view.source, destination: view.destination, protocol: view.protocol,
            identification: view.identification)
        if let known = datagrams[key], known.deadline <= now { forget(key) }
        if datagrams[key]?.isDropped == true { return .ignored }
        if datagrams[key] == nil {
            makeRoom()
            counter += 1
            datagrams[key] = Datagram(deadline: now &+ lifetime, order: counter)
        }
        if let reason = insert(view, into: key) {
            giveUp(key)
            return .dropped(reason)
        }
        if let whole = datagrams[key].flatMap(Self.whole) {
            forget(key)
            return .complete(whole)
        }
        return heldBytes > memoryLimit ? shed(key) : .waiting
    }

    /// Adds a fragment's data; the reason why that ends the datagram, if it does.
    private mutating func insert(_ view: borrowing IPv4View, into key: Key) -> Reason? {
        guard var datagram = datagrams[key] else { return nil }
        let offset = Int(view.fragmentOffset) * 8
        let data = view.payload.copied()
        let end = offset + data.count
        guard view.moreFragments ? data.count % 8 == 0 && !data.isEmpty : !data.isEmpty else { return .invalidLength }
        guard end <= Int(UInt16.max) - IPv4View.minimumHeaderLength else { return .tooLong }
        if !view.moreFragments {
            if let length = datagram.length, length != end { return .contradictoryEnd }
            datagram.length = end
        }
        if let length = datagram.length, end > length || (datagram.pieces.last?.end ?? 0) > length {
            return .contradictoryEnd
        }
        // Where the piece would stand: everything before it begins before it.
        var low = 0
        var high = datagram.pieces.count
        while low < high {
            let middle = (low + high) / 2
            if datagram.pieces[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        if low < datagram.pieces.count, datagram.pieces[low].offset == offset, datagram.pieces[low].data == data {
            datagrams[key] = datagram
            return nil
        }
        if low > 0, datagram.pieces[low - 1].end > offset { return .overlap }
        if low < datagram.pieces.count, datagram.pieces[low].offset < end { return .overlap }
        guard datagram.pieces.count < Self.pieceLimit else { return .outOfMemory }
        if offset == 0 { datagram.header = IPv4Header(view) }
        datagrams[key] = nil
        datagram.pieces.insert(Piece(offset: offset, data: data), at: low)
        datagram.byteCount += data.count
        datagrams[key] = datagram
        heldBytes += data.count
        return nil
    }

    /// The datagram put together, once every byte of it is there.
    private static func whole(_ datagram: Datagram) -> [UInt8]? {
        guard let length = datagram.length, var header = datagram.header, datagram.byteCount == length,
            header.byteCount + length <= Int(UInt16.max)
        else { return nil }
        header.moreFragments = false
        header.fragmentOffset = 0
        header.headerChecksum = nil
        header.totalLength = UInt16(truncatingIfNeeded: header.byteCount + length)
        return datagram.pieces.reduce(into: header.encoded()) { $0 += $1.data }
    }

    /// The oldest datagrams go until the rest fits; what is left of this one's chances.
    private mutating func shed(_ key: Key) -> Outcome {
        while heldBytes > memoryLimit, let oldest = oldest(where: { !$0.pieces.isEmpty }) {
            forget(oldest)
            if oldest == key { return .dropped(.outOfMemory) }
        }
        return .waiting
    }

    private mutating func makeRoom() {
        while datagrams.count >= datagramLimit, let oldest = oldest(where: { _ in true }) { forget(oldest) }
    }

    private func oldest(where isMeant: (Datagram) -> Bool) -> Key? {
        datagrams.filter { isMeant($0.value) }.min { $0.value.order < $1.value.order }?.key
    }

    private mutating func giveUp(_ key: Key) {
        guard var datagram = datagrams[key] else { return }
        heldBytes -= datagram.byteCount
        datagram.pieces = []
        datagram.byteCount = 0
        datagram.header = nil
        datagram.isDropped = true
        datagrams[key] = datagram
    }

    private mutating func forget(_ key: Key) {
        guard let datagram = datagrams.removeValue(forKey: key) else { return }
        heldBytes -= datagram.byteCount
    }

    /// Gives up what waits for too long.
    /// - Returns: each datagram, and the header of its first fragment where that is
    ///   there: its sender is to be told (RFC 792; RFC 1122, section 3.3.2).
    public mutating func expire(now: Int64) -> [(key: Key, firstHeader: IPv4Header?)] {
        let late = datagrams.filter { $0.value.deadline <= now }
        for key in late.keys { forget(key) }
        return late.filter { !$0.value.isDropped }.map { ($0.key, $0.value.header) }
    }

    /// When `expire` has something to do next; nil when nothing waits.
    public var nextDeadline: Int64? { datagrams.values.map(\.deadline).min() }
}
