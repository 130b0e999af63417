/// Reassembles fragmented datagrams (RFC 791, section 3.2; RFC 815; RFC 8200, section 4.5).
///
/// Fragments may arrive in any order. An exact duplicate of a fragment
/// is ignored; every other overlap drops the whole datagram (RFC
/// 5722 requires that for IPv6; it is applied to IPv4 too, because correct senders
/// never overlap fragments). Each fragment is copied once into the datagram, and
/// needs no allocation. Memory is bounded: when it is used up, the
/// oldest datagram is dropped.
public struct Reassembly: Sendable {
    /// The fields that identify the fragments of one datagram (RFC 791, section 3.2; RFC 8200, section 4.5).
    public struct Key: Hashable, Sendable {
        /// The source address.
        public var source: IPAddress
        /// The destination address.
        public var destination: IPAddress
        /// The protocol; for IPv6, which does not use it, the number of the fragment header.
        public var `protocol`: IPProtocol
        /// The identification.
        public var identification: UInt32
    }

    /// The result of adding a fragment.
    public enum Outcome: Hashable, Sendable {
        /// The datagram is incomplete.
        case waiting
        /// The complete datagram: the first fragment's headers without fragment fields, and all data.
        case complete([UInt8])
        /// The fragment was dropped, or the whole datagram; the reason says which.
        case dropped(Reason)
        /// The fragment belongs to a datagram that was dropped, or it has no data although more fragments follow.
        case ignored
    }

    /// The reason for which a fragment or a datagram was dropped. Later fragments of a dropped datagram are ignored until
    /// it expires.
    public enum Reason: Error, Hashable, Sendable {
        /// A fragment overlaps another without being its exact duplicate.
        case overlap
        /// The datagram would be longer than 65,535 bytes: the fragment is dropped, or the datagram if the length of
        /// its first fragment's header is the reason.
        case tooLong
        /// Two fragments disagree on the end of the datagram.
        case contradictoryEnd
        /// Fragments with and without ECN: the datagram is dropped, because congestion could not be reported
        /// (RFC 3168, section 5.3).
        case contradictoryECN
        /// The fragment is dropped: its length is not a multiple of 8 although more fragments follow, or it is the last
        /// and has no data.
        case invalidLength
        /// The fragment is dropped: its headers cannot be parsed, or bytes are missing.
        case malformed
        /// The reassembly timeout; a time exceeded error, code 1, is due if the first fragment was received (RFC 792,
        /// RFC 4443).
        case timedOut
        /// The memory was needed for other datagrams.
        case outOfMemory
    }

    /// A datagram whose reassembly timed out.
    public struct Expired: Hashable, Sendable {
        /// The datagram's key.
        public var key: Key
        /// The first fragment as received, for the ICMP error (RFC 1122, section 3.3.2; RFC 8200, section 4.5).
        public var firstFragment: [UInt8]?
    }

    var table = ReassemblyTable()
    /// The maximum memory, in bytes.
    public let memoryLimit: Int
    /// The reassembly timeout, in nanoseconds from the first fragment received.
    public let lifetime: Int64
    /// The maximum number of incomplete datagrams.
    public let datagramLimit: Int
    /// The length of the last complete datagram, which is the estimate for the next.
    private var lastLength = 0

    /// - Parameters:
    ///   - memoryLimit: the maximum memory, in bytes.
    ///   - datagramLimit: the maximum number of incomplete datagrams.
    ///   - lifetime: the timeout, in nanoseconds; 30 s by default, as in Linux (RFC 1122 recommends 60 to 120 s).
    public init(memoryLimit: Int = 4 << 20, datagramLimit: Int = 1_024, lifetime: Int64 = 30_000_000_000) {
        self.memoryLimit = max(memoryLimit, 0)
        self.datagramLimit = max(datagramLimit, 1)
        self.lifetime = lifetime
    }

    /// The memory in use, in bytes: data buffers and fragment lists.
    public var heldBytes: Int { table.heldBytes }

    /// The number of incomplete datagrams, without dropped ones.
    public var waitingCount: Int { table.datagrams.count { $0.isUsed && !$0.isDropped } }

    /// A fragment, independent of the IP version.
    struct Fragment: ~Escapable {
        var key: Key
        /// The offset of its data in the datagram's data.
        var offset: Int
        var moreFragments: Bool
        /// The ECN field (RFC 3168, section 5), 0 to 3.
        var ecn: UInt8
        /// The bytes before the data.
        var header: RawSpan
        var data: RawSpan

        var end: Int { offset &+ data.byteCount }

        @_lifetime(copy header, copy data)
        init(_ key: Key, offset: Int, moreFragments: Bool, ecn: UInt8, header: RawSpan, data: RawSpan) {
            self.key = key
            self.offset = offset
            self.moreFragments = moreFragments
            self.ecn = ecn & 3
            self.header = header
            self.data = data
        }
    }

    /// Adds a fragment.
    /// - Parameters:
    ///   - headerRoom: the expected length of the whole datagram's headers, in bytes.
    ///   - limit: the maximum length of a datagram's data, in bytes.
    /// - Returns: the index of a datagram that is complete; otherwise the result for the fragment.
    mutating func add(
        _ fragment: borrowing Fragment, headerRoom: Int, limit: Int, now: Int64
    ) -> (index: Int?, outcome: Outcome) {
        let count = fragment.data.byteCount
        if count == 0, fragment.moreFragments { return (nil, .ignored) }
        guard count > 0, !fragment.moreFragments || count % 8 == 0 else { return (nil, .dropped(.invalidLength)) }
        guard fragment.end <= limit else { return (nil, .dropped(.tooLong)) }
        var index = table.index(of: fragment.key)
        if let known = index, table.datagrams[known].deadline <= now {
            table.remove(known)
            index = nil
        }
        if index == nil {
            while table.count >= datagramLimit, let oldest = table.oldest { table.remove(oldest) }
            index = table.insert(fragment.key, headerRoom: headerRoom, deadline: now &+ lifetime)
        }
        guard let index, !table.datagrams[index].isDropped else { return (nil, .ignored) }
        if let reason = insert(fragment, into: index, limit: limit) {
            table.giveUp(index)
            return (nil, .dropped(reason))
        }
        if table.datagrams[index].isComplete {
            guard table.datagrams[index].isECNConsistent else {
                table.giveUp(index)
                return (nil, .dropped(.contradictoryECN))
            }
            lastLength = table.datagrams[index].byteCount
            return (index, .waiting)
        }
        while heldBytes > memoryLimit, let oldest = table.oldest {
            table.remove(oldest)
            if oldest == index { return (nil, .dropped(.outOfMemory)) }
        }
        return (nil, .waiting)
    }

    private mutating func insert(_ fragment: borrowing Fragment, into index: Int, limit: Int) -> Reason? {
        // Space for a datagram like the last one, or twice the current space, unless others would be dropped for it.
        let likely = max(lastLength, table.datagrams[index].room * 2)
        let room = heldBytes + likely <= memoryLimit / 2 ? max(fragment.end, min(likely, limit)) : fragment.end
        return table.update(index) { $0.insert(fragment, room: room) }
    }

    /// Drops datagrams whose reassembly has timed out, and returns them.
    public mutating func expire(now: Int64) -> [Expired] {
        var late: [Expired] = []
        while let oldest = table.oldest, table.datagrams[oldest].deadline <= now {
            let datagram = table.datagrams[oldest]
            if !datagram.isDropped { late.append(Expired(key: datagram.key, firstFragment: datagram.firstFragment)) }
            table.remove(oldest)
        }
        return late
    }

    /// The time of the next expiry; nil if no datagram is incomplete.
    public var nextDeadline: Int64? { table.oldest.map { table.datagrams[$0].deadline } }
}
