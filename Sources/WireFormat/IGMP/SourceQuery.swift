/// The part of an IGMPv3 or MLDv2 query after the group (RFC 3376, section
/// 4.1; RFC 3810, section 5.1; the two differ only in the address length).
public struct SourceQuery<Address: WireAddress>: Hashable, Sendable {
    /// The 4 reserved bits, the S flag and the querier's robustness variable in one byte.
    public var flags: UInt8
    /// The querier's query interval code, in seconds.
    public var queryInterval: TimeCode8
    /// The queried sources; empty for all.
    public var sources: [Address]

    /// Creates the source part of a query.
    public init(
        suppressesRouterProcessing: Bool = false, robustness: UInt8 = 2,
        queryInterval: TimeCode8 = .init(rawValue: 125),
        sources: [Address] = []
    ) {
        flags = (suppressesRouterProcessing ? 8 : 0) | min(robustness, 7)
        self.queryInterval = queryInterval
        self.sources = sources
    }

    /// The S flag: routers do not update their timers.
    public var suppressesRouterProcessing: Bool { flags & 8 != 0 }
    /// The querier's robustness variable; 0 means that it exceeds 7.
    public var robustness: UInt8 { flags & 7 }

    var byteCount: Int { 4 + Address.byteCount * sources.count }

    /// Parses the bytes after the group; returns nil if the sources are truncated.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 4 else { return nil }
        let count = Int(bytes.bigEndian16(at: 2))
        guard bytes.byteCount >= 4 + Address.byteCount * count else { return nil }
        flags = bytes.byte(at: 0)
        queryInterval = TimeCode8(rawValue: bytes.byte(at: 1))
        sources = (0..<count).map { Address(bytes, at: 4 + Address.byteCount * $0) }
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(flags, at: offset)
        bytes.setByte(queryInterval.rawValue, at: offset + 1)
        bytes.setBigEndian16(UInt16(truncatingIfNeeded: sources.count), at: offset + 2)
        for (index, source) in sources.enumerated() {
            source.write(into: &bytes, at: offset + 4 + Address.byteCount * index)
        }
    }
}
