/// Datagrams that are being put together, by their keys and by their age.
struct ReassemblyTable: Sendable {
    private(set) var datagrams: [PartialDatagram] = []
    private var index: [Reassembly.Key: Int] = [:]
    private var free: [Int] = []
    /// Bytes of all of them.
    private(set) var heldBytes = 0
    /// Whose fragment came last: the next one is mostly of the same datagram.
    private var recent = 0
    /// The oldest and the newest, linked by `older` and `newer`: all live equally long.
    private(set) var oldest: Int?
    private var newest: Int?

    var count: Int { index.count }

    mutating func place(of key: Reassembly.Key) -> Int? {
        if recent < datagrams.count, datagrams[recent].isUsed, datagrams[recent].key == key { return recent }
        guard let place = index[key] else { return nil }
        recent = place
        return place
    }

    mutating func insert(_ key: Reassembly.Key, headerRoom: Int, deadline: Int64) -> Int {
        let datagram = PartialDatagram(key, headerRoom: headerRoom, deadline: deadline, older: newest)
        let place: Int
        if let old = free.popLast() {
            place = old
            datagrams[place] = datagram
        } else {
            place = datagrams.count
            datagrams.append(datagram)
        }
        if let newest { datagrams[newest].newer = place } else { oldest = place }
        newest = place
        index[key] = place
        recent = place
        return place
    }

    mutating func update<Result>(_ place: Int, _ change: (inout PartialDatagram) -> Result) -> Result {
        let before = datagrams[place].heldBytes
        defer { heldBytes += datagrams[place].heldBytes - before }
        return change(&datagrams[place])
    }

    /// What comes of it is passed over until its time is up.
    mutating func giveUp(_ place: Int) {
        update(place) {
            $0.release()
            $0.isDropped = true
        }
    }

    mutating func remove(_ place: Int) {
        update(place) { $0.release() }
        let (older, newer) = (datagrams[place].older, datagrams[place].newer)
        if let older { datagrams[older].newer = newer } else { oldest = newer }
        if let newer { datagrams[newer].older = older } else { newest = older }
        index[datagrams[place].key] = nil
        datagrams[place].isUsed = false
        free.append(place)
    }
}

/// A datagram of which fragments have come.
struct PartialDatagram: Sendable {
    /// Where a fragment's data lies in the datagram's.
    struct Piece: Sendable {
        var offset: UInt32
        var end: UInt32
    }

    let key: Reassembly.Key
    /// Nanoseconds, on the caller's clock.
    let deadline: Int64
    var older: Int?
    var newer: Int?
    var isUsed = true
    /// It is given up.
    var isDropped = false
    /// Room for the headers, and the data at its place behind it.
    private var bytes: [UInt8] = []
    private let headerRoom: Int
    /// In ascending order, none touching another's bytes.
    private var pieces: [Piece] = []
    /// Bytes of data that have come.
    private(set) var byteCount = 0
    /// Bytes of data, once the last fragment is there.
    private var length: Int?
    /// What stood in front of the first fragment's data, and how much data that was.
    private(set) var header: [UInt8] = []
    private var firstLength = 0

    /// Pieces that a datagram may have: a full one in pieces of eight bytes has 8,192.
    private static let pieceLimit = 8_192

    init(_ key: Reassembly.Key, headerRoom: Int, deadline: Int64, older: Int?) {
        self.key = key
        self.headerRoom = headerRoom
        self.deadline = deadline
        self.older = older
    }

    var isComplete: Bool { byteCount == length && !header.isEmpty }
    /// Bytes that have a place.
    var room: Int { max(bytes.count - headerRoom, 0) }
    var heldBytes: Int { bytes.count + pieces.count * MemoryLayout<Piece>.stride + header.count }

    /// The first fragment as it came.
    var firstFragment: [UInt8]? {
        header.isEmpty ? nil : header + bytes[headerRoom..<headerRoom + firstLength]
    }

    /// Puts a fragment's data to its place; the reason why that ends the datagram, if it does.
    /// - Parameter room: bytes of data that there is to be room for: as many as the fragment needs, or more.
    mutating func insert(_ fragment: borrowing Reassembly.Fragment, room: Int) -> Reassembly.Reason? {
        let (offset, end) = (fragment.offset, fragment.end)
        if !fragment.moreFragments {
            if let length, length != end { return .contradictoryEnd }
            length = end
        }
        if let length, max(end, Int(pieces.last?.end ?? 0)) > length { return .contradictoryEnd }
        // Where the piece would stand: everything before it begins before it. Most come in order.
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
        if offset == 0 {
            header = fragment.header.copied()
            firstLength = end
        }
        return nil
    }

    /// The datagram with `header` in front; nothing is left here.
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
