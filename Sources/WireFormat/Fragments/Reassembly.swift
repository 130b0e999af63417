/// Puts fragments together again (RFC 791, section 3.2; RFC 815; RFC 8200, section 4.5).
///
/// Fragments may come in any order. A fragment that came before, byte for
/// byte, changes nothing; every other overlap drops the whole datagram (RFC
/// 5722 asks that of IPv6; here it holds for IPv4 too, for nothing honest
/// overlaps). Each fragment is copied to its place in the datagram once, and
/// nothing is allocated for it. Memory is bounded: when it is used up, the
/// oldest datagram goes.
public struct Reassembly: Sendable {
    /// What makes fragments parts of one datagram (RFC 791, section 3.2; RFC 8200, section 4.5).
    public struct Key: Hashable, Sendable {
        /// The datagram's source.
        public var source: IPAddress
        /// The datagram's destination.
        public var destination: IPAddress
        /// What it carries; of IPv6, where it does not count, the fragment header's own number.
        public var `protocol`: IPProtocol
        /// The sender's number of it.
        public var identification: UInt32
    }

    /// What became of a fragment.
    public enum Outcome: Hashable, Sendable {
        /// More is to come.
        case waiting
        /// The whole datagram: the first fragment's headers without what is of fragments, and all data.
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
        /// The datagram would be longer than 65,535 bytes.
        case tooLong
        /// Two fragments disagree on where the datagram ends.
        case contradictoryEnd
        /// A fragment that is not the last has a length that is no multiple of eight, or no data.
        case invalidLength
        /// The headers cannot be read, or bytes are missing.
        case malformed
        /// The time is up; time exceeded, code 1, where the first fragment is there (RFC 792, RFC 4443).
        case timedOut
        /// Others needed the memory.
        case outOfMemory
    }

    /// A datagram whose time is up.
    public struct Expired: Hashable, Sendable {
        /// Which it is.
        public var key: Key
        /// As it came: its sender is to be told (RFC 1122, section 3.3.2; RFC 8200, section 4.5).
        public var firstFragment: [UInt8]?
    }

    var table = ReassemblyTable()
    /// Bytes that may be held.
    public let memoryLimit: Int
    /// Nanoseconds that a datagram may take from its first fragment on.
    public let lifetime: Int64
    /// Datagrams that wait at once.
    public let datagramLimit: Int
    /// Bytes of the datagram that was complete last: the next is believed to be like it.
    private var lastLength = 0

    /// - Parameters:
    ///   - memoryLimit: bytes held at once.
    ///   - datagramLimit: datagrams that wait at once.
    ///   - lifetime: nanoseconds; 30 s by default, as Linux has it (RFC 1122 asks for 60 to 120).
    public init(memoryLimit: Int = 4 << 20, datagramLimit: Int = 1_024, lifetime: Int64 = 30_000_000_000) {
        self.memoryLimit = max(memoryLimit, 0)
        self.datagramLimit = max(datagramLimit, 1)
        self.lifetime = lifetime
    }

    /// Bytes that are held: room for data, and where the pieces lie.
    public var heldBytes: Int { table.heldBytes }

    /// Datagrams that wait for more, those given up not counted.
    public var waitingCount: Int { table.datagrams.count { $0.isUsed && !$0.isDropped } }

    /// A fragment, whatever the version of its headers.
    struct Fragment: ~Escapable {
        var key: Key
        /// Of its data in the datagram's.
        var offset: Int
        var moreFragments: Bool
        /// Everything in front of the data.
        var header: RawSpan
        var data: RawSpan

        var end: Int { offset &+ data.byteCount }

        @_lifetime(copy header, copy data)
        init(_ key: Key, offset: Int, moreFragments: Bool, header: RawSpan, data: RawSpan) {
            self.key = key
            self.offset = offset
            self.moreFragments = moreFragments
            self.header = header
            self.data = data
        }
    }

    /// Takes a fragment in.
    /// - Parameters:
    ///   - headerRoom: bytes that the headers of the whole datagram are likely to have.
    ///   - limit: bytes of data that a datagram may have.
    /// - Returns: the place of a datagram that is complete; else what became of the fragment.
    mutating func add(
        _ fragment: borrowing Fragment, headerRoom: Int, limit: Int, now: Int64
    ) -> (place: Int?, outcome: Outcome) {
        var place = table.place(of: fragment.key)
        if let known = place, table.datagrams[known].deadline <= now {
            table.remove(known)
            place = nil
        }
        if place == nil {
            while table.count >= datagramLimit, let oldest = table.oldest { table.remove(oldest) }
            place = table.insert(fragment.key, headerRoom: headerRoom, deadline: now &+ lifetime)
        }
        guard let place, !table.datagrams[place].isDropped else { return (nil, .ignored) }
        if let reason = insert(fragment, into: place, limit: limit) {
            table.giveUp(place)
            return (nil, .dropped(reason))
        }
        if table.datagrams[place].isComplete {
            lastLength = table.datagrams[place].byteCount
            return (place, .waiting)
        }
        while heldBytes > memoryLimit, let oldest = table.oldest {
            table.remove(oldest)
            if oldest == place { return (nil, .dropped(.outOfMemory)) }
        }
        return (nil, .waiting)
    }

    private mutating func insert(_ fragment: borrowing Fragment, into place: Int, limit: Int) -> Reason? {
        let count = fragment.data.byteCount
        guard count > 0, !fragment.moreFragments || count % 8 == 0 else { return .invalidLength }
        guard fragment.end <= limit else { return .tooLong }
        // Room for one like the last, or twice as much as there was, but not where others would have to go for it.
        let likely = max(lastLength, table.datagrams[place].room * 2)
        let room = heldBytes + likely <= memoryLimit / 2 ? max(fragment.end, min(likely, limit)) : fragment.end
        return table.update(place) { $0.insert(fragment, room: room) }
    }

    /// Gives up what waits for too long.
    public mutating func expire(now: Int64) -> [Expired] {
        var late: [Expired] = []
        while let oldest = table.oldest, table.datagrams[oldest].deadline <= now {
            let datagram = table.datagrams[oldest]
            if !datagram.isDropped { late.append(Expired(key: datagram.key, firstFragment: datagram.firstFragment)) }
            table.remove(oldest)
        }
        return late
    }

    /// When `expire` has something to do next; nil when nothing waits.
    public var nextDeadline: Int64? { table.oldest.map { table.datagrams[$0].deadline } }
}
