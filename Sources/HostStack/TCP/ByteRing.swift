import WireFormat

/// Bytes that come in at one end and go out at the other, in memory that grows up to a limit and is used again.
///
/// Bytes may also be put beyond the end, and taken in when the gap before them is closed.
struct ByteRing: Sendable {
    private var storage: [UInt8] = []
    private var head = 0
    /// Bytes that are in it.
    private(set) var count = 0
    /// Bytes that may be in it.
    let limit: Int

    private static let firstCapacity = 4_096

    init(limit: Int) { self.limit = max(limit, 1) }

    /// Bytes that still fit.
    var room: Int { limit - count }

    /// Takes what fits, from the start.
    /// - Returns: how many bytes that were.
    mutating func append(_ bytes: RawSpan) -> Int {
        let taken = min(bytes.byteCount, room)
        put(bytes.prefix(taken), at: count)
        count += taken
        return taken
    }

    /// Puts bytes at an offset from the first, perhaps beyond the last; what does not fit is left out.
    mutating func put(_ bytes: RawSpan, at offset: Int) {
        let length = min(bytes.byteCount, limit - offset)
        guard length > 0, offset >= 0 else { return }
        reserve(offset + length)
        let start = (head + offset) & (storage.count - 1)
        let first = min(length, storage.count - start)
        storage.withMutableBytes { target in
            target.copy(bytes.prefix(first), at: start)
            if first < length { target.copy(bytes.dropping(first).prefix(length - first), at: 0) }
        }
    }

    /// Bytes that were put beyond the end are in it now.
    mutating func extend(by length: Int) { count = min(count + length, limit) }

    /// Copies bytes from an offset on; both must lie in it.
    @_lifetime(target: copy target)
    func copy(_ length: Int, from offset: Int, into target: inout MutableRawSpan, at place: Int) {
        let length = min(length, count - offset)
        guard length > 0 else { return }
        let start = (head + offset) & (storage.count - 1)
        let first = min(length, storage.count - start)
        let bytes = storage.rawBytes
        target.copy(bytes.extracting(start..<start + first), at: place)
        if first < length { target.copy(bytes.extracting(0..<length - first), at: place + first) }
    }

    /// Forgets bytes at the start.
    mutating func removeFirst(_ length: Int) {
        let length = min(length, count)
        count -= length
        head = storage.isEmpty ? 0 : (head + length) & (storage.count - 1)
    }

    /// Lends the bytes up to the next one that is elsewhere in memory, and forgets as many of them as were taken.
    mutating func withFirst(_ body: (RawSpan) -> Int) {
        guard count > 0 else { return }
        let length = min(count, storage.count - head)
        let storage = storage
        let taken = body(storage.rawBytes.extracting(head..<head + length))
        removeFirst(min(max(taken, 0), length))
    }

    /// Gives the memory back.
    mutating func release() {
        storage = []
        head = 0
        count = 0
    }

    /// Memory for so many bytes; what is beyond the end moves with what is before it.
    private mutating func reserve(_ wanted: Int) {
        guard wanted > storage.count else { return }
        var capacity = max(storage.count, Self.firstCapacity)
        while capacity < wanted { capacity *= 2 }
        var larger = [UInt8](repeating: 0, count: capacity)
        let old = storage
        if !old.isEmpty {
            let (head, first) = (head, old.count - head)
            larger.withMutableBytes { target in
                target.copy(old.rawBytes.extracting(head..<old.count), at: 0)
                target.copy(old.rawBytes.extracting(0..<head), at: first)
            }
        }
        storage = larger
        head = 0
    }
}
