/// Incomplete datagrams, by key and by age.
struct ReassemblyTable: Sendable {
    private(set) var datagrams: [PartialDatagram] = []
    private var indices: [Reassembly.Key: Int] = [:]
    private var free: [Int] = []
    /// The memory of all datagrams, in bytes.
    private(set) var heldBytes = 0
    /// The datagram of the last fragment: the next fragment usually belongs to it too.
    private var recent = 0
    /// The oldest datagram; `older` and `newer` link the datagrams by age, because all have the same lifetime.
    private(set) var oldest: Int?
    private var newest: Int?

    var count: Int { indices.count }

    mutating func index(of key: Reassembly.Key) -> Int? {
        if recent < datagrams.count, datagrams[recent].isUsed, datagrams[recent].key == key { return recent }
        guard let index = indices[key] else { return nil }
        recent = index
        return index
    }

    mutating func insert(_ key: Reassembly.Key, headerRoom: Int, deadline: Int64) -> Int {
        let datagram = PartialDatagram(key, headerRoom: headerRoom, deadline: deadline, older: newest)
        let index: Int
        if let old = free.popLast() {
            index = old
            datagrams[index] = datagram
        } else {
            index = datagrams.count
            datagrams.append(datagram)
        }
        if let newest { datagrams[newest].newer = index } else { oldest = index }
        newest = index
        indices[key] = index
        recent = index
        return index
    }

    mutating func update<Result>(_ index: Int, _ change: (inout PartialDatagram) -> Result) -> Result {
        let before = datagrams[index].heldBytes
        defer { heldBytes += datagrams[index].heldBytes - before }
        return change(&datagrams[index])
    }

    /// Drops a datagram; its later fragments are ignored until it expires.
    mutating func giveUp(_ index: Int) {
        update(index) {
            $0.release()
            $0.isDropped = true
        }
    }

    mutating func remove(_ index: Int) {
        update(index) { $0.release() }
        let (older, newer) = (datagrams[index].older, datagrams[index].newer)
        if let older { datagrams[older].newer = newer } else { oldest = newer }
        if let newer { datagrams[newer].older = older } else { newest = older }
        indices[datagrams[index].key] = nil
        datagrams[index].isUsed = false
        free.append(index)
    }
}

/// A datagram of which fragments were received.
struct PartialDatagram: Sendable {
    /// The range of a fragment in the datagram's data.
    struct Piece: Sendable {
        var offset: UInt32
        var end: UInt32
    }

    let key: Reassembly.Key
    /// The expiry time, in nanoseconds on the caller's clock.
    let deadline: Int64
    var older: Int?
    var newer: Int?
    var isUsed = true
    /// Whether the datagram was dropped.
    var isDropped = false
    /// Space for the headers, and the data after it.
    private var bytes: [UInt8] = []
    private let headerRoom: Int
    /// In ascending order, without overlap.
    private var pieces: [Piece] = []
    /// The number of data bytes received.
    private(set) var byteCount = 0
    /// The total length of the data, once the last fragment was received.
    private var length: Int?
    /// The bytes before the first fragment's data, and the length of that data.
    private(set) var header: [UInt8] = []
    private var firstLength = 0
    /// The values of the ECN field that fragments have: bit N is set for value N.
    private var ecnValues: UInt8 = 0

    /// The maximum number of fragments: 8,192 for a full datagram in fragments of 8 bytes.
    private static let pieceLimit = 8_192

    init(_ key: Reassembly.Key, headerRoom: Int, deadline: Int64, older: Int?) {
        self.key = key
        self.headerRoom = headerRoom
        self.deadline = deadline
        self.older = older
    }

    var isComplete: Bool { byteCount == length && !header.isEmpty }
    /// Whether any fragment experienced congestion (CE).
    var hasCongestion: Bool { ecnValues & 0b1000 != 0 }
    /// Whether not only some of the fragments are Not-ECT; Linux accepts the same combinations.
    var isECNConsistent: Bool { ecnValues & 1 == 0 || ecnValues == 1 }
    /// The space for data, in bytes.
    var room: Int { max(bytes.count - headerRoom, 0) }
    var heldBytes: Int { bytes.count + pieces.count * MemoryLayout<Piece>.stride + header.count }

    /// The first fragment as received.
    var firstFragment: [UInt8]? {
        header.isEmpty ? nil : header + bytes[headerRoom..<headerRoom + firstLength]
    }

    /// Copies a fragment's data into the datagram; returns the reason if the datagram has to be dropped.
    /// - Parameter room: the space for data to allocate, in bytes: at least what the fragment needs.
    mutating func insert(_ fragment: borrowing Reassembly.Fragment, room: Int) -> Reassembly.Reason? {
        let (offset, end) = (fragment.offset, fragment.end)
        if !fragment.moreFragments {
            if let length, length != end { return .contradictoryEnd }
            length = end
        }
        if let length, max(end, Int(pieces.last?.end ?? 0)) > length { return .contradictoryEnd }
        // The index of the new piece: all before it begin earlier. Most fragments arrive in order.
        var low = pieces.count
        if let last = pieces.last, Int(last.offset) >= offset {
            low = 0
            var high = pieces.count
            while low < high {
                let middle = (low + high) / 2
                if Int(pieces[middle].offset) < offset { low = middle + 1 } else { high = middle }
            }
        }
        if low < pieces.count, Int(pieces[low].offset) == offset, Int(pieces[low].end) == end,
            fragment.data.firstDifference(
                from: bytes.rawBytes.dropping(headerRoom + offset), start: 0, end: end - offset) == nil
        {
            return nil
        }
        if low > 0, Int(pieces[low - 1].end) > offset { return .overlap }
        if low < pieces.count, Int(pieces[low].offset) < end { return .overlap }
        guard pieces.count < Self.pieceLimit else { return .outOfMemory }
        if bytes.count < headerRoom + end {
            let needed = headerRoom + max(room, end)
            bytes.reserveCapacity(needed)
            bytes.append(contentsOf: repeatElement(0, count: needed - bytes.count))
        }
        bytes.withMutableBytes { $0.copy(fragment.data, at: headerRoom + offset) }
        pieces.insert(Piece(offset: UInt32(truncatingIfNeeded: offset), end: UInt32(truncatingIfNeeded: end)), at: low)
        byteCount += end - offset
        ecnValues |= 1 << fragment.ecn
        if offset == 0 {
            header = fragment.header.copied()
            firstLength = end
        }
        return nil
    }

    /// Returns the datagram with `header` in front; the data is moved out.
    mutating func take(_ header: [UInt8]) -> [UInt8] {
        var whole: [UInt8] = []
        swap(&whole, &bytes)
        let count = byteCount
        release()
        if whole.count > headerRoom + count { whole.removeLast(whole.count - headerRoom - count) }
        if header.count == headerRoom {
            whole.withMutableBytes { $0.copy(header, at: 0) }
        } else {
            whole.replaceSubrange(0..<headerRoom, with: header)
        }
        return whole
    }

    mutating func release() {
        bytes = []
        pieces = []
        header = []
        byteCount = 0
        length = nil
    }
}
