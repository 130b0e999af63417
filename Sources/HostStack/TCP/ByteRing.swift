import WireFormat

/// A byte queue in a circular buffer that grows up to a limit.
/// Bytes may also be stored beyond the end, and become part of the queue when the gap before them is filled.
struct ByteRing: Sendable {
    private var storage: [UInt8] = []
    private var head = 0
    /// The number of bytes in the queue.
    private(set) var count = 0
    /// The maximum number of bytes in the queue.
    let limit: Int

    private static let firstCapacity = 4_096

    init(limit: Int) { self.limit = max(limit, 1) }

    /// The free space, in bytes.
    var room: Int { limit - count }

    /// Appends the bytes that fit, from the start of `bytes`.
    /// - Returns: the number of appended bytes.
    mutating func append(_ bytes: RawSpan) -> Int {
        let taken = min(bytes.byteCount, room)
        put(bytes.prefix(taken), at: count)
        count += taken
        return taken
    }

    /// Stores bytes at an offset from the start, which may be beyond the end; bytes beyond the limit are ignored.
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

    /// Adds `length` bytes that were stored beyond the end to the queue.
    mutating func extend(by length: Int) { count = min(count + length, limit) }

    /// Copies bytes from an offset; the range must be in the queue.
    @_lifetime(target: copy target)
    func copy(_ length: Int, from offset: Int, into target: inout MutableRawSpan, at index: Int) {
        let length = min(length, count - offset)
        guard length > 0 else { return }
        let start = (head + offset) & (storage.count - 1)
        let first = min(length, storage.count - start)
        let bytes = storage.rawBytes
        target.copy(bytes.extracting(start..<start + first), at: index)
        if first < length { target.copy(bytes.extracting(0..<length - first), at: index + first) }
    }

    /// Removes bytes at the start.
    mutating func removeFirst(_ length: Int) {
        let length = min(length, count)
        count -= length
        head = storage.isEmpty ? 0 : (head + length) & (storage.count - 1)
    }

    /// Calls `body` with the first contiguous bytes and removes the number of bytes that it returns.
    mutating func withFirst(_ body: (RawSpan) -> Int) {
        guard count > 0 else { return }
        let length = min(count, storage.count - head)
        let storage = storage
        let taken = body(storage.rawBytes.extracting(head..<head + length))
        removeFirst(min(max(taken, 0), length))
    }

    /// Frees the memory.
    mutating func release() {
        storage = []
        head = 0
        count = 0
    }

    /// Grows the buffer to at least `wanted` bytes; bytes stored beyond the end are kept.
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
