/// A group record of an IGMPv3 or MLDv2 report: a host's membership of one group
/// (RFC 3376, section 4.2.4; RFC 3810, section 5.2.4).
public struct GroupRecord<Address: WireAddress>: Hashable, Sendable {
    /// The record type.
    public var type: GroupRecordType
    /// The group address.
    public var group: Address
    /// The source addresses.
    public var sources: [Address]
    /// Auxiliary data, which the standards leave undefined; a multiple of 4 bytes.
    public var auxiliaryData: [UInt8]

    /// Creates a record without auxiliary data.
    public init(_ type: GroupRecordType, group: Address, sources: [Address] = []) {
        self.type = type
        self.group = group
        self.sources = sources
        auxiliaryData = []
    }

    public var byteCount: Int { 4 + Address.byteCount * (1 + sources.count) + auxiliaryData.count }

    /// Parses `count` records at the start of `bytes` and returns them with their length; returns nil if truncated.
    static func list(_ bytes: RawSpan, count: Int) -> (records: [GroupRecord], length: Int)? {
        var records: [GroupRecord] = []
        var offset = 0
        for _ in 0..<count {
            guard let record = GroupRecord(bytes.dropping(offset)) else { return nil }
            records.append(record)
            offset += record.byteCount
        }
        return (records, offset)
    }

    init?(_ bytes: RawSpan) {
        let fixed = 4 + Address.byteCount
        guard bytes.byteCount >= fixed else { return nil }
        let sourceCount = Int(bytes.bigEndian16(at: 2))
        let auxiliaryLength = Int(bytes.byte(at: 1)) * 4
        let sourcesEnd = fixed + Address.byteCount * sourceCount
        guard bytes.byteCount >= sourcesEnd + auxiliaryLength else { return nil }
        type = GroupRecordType(rawValue: bytes.byte(at: 0))
        group = Address(bytes, at: 4)
        sources = (0..<sourceCount).map { Address(bytes, at: fixed + Address.byteCount * $0) }
        auxiliaryData = bytes.extracting(sourcesEnd..<sourcesEnd + auxiliaryLength).copied()
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setByte(type.rawValue, at: offset)
        bytes.setByte(UInt8(truncatingIfNeeded: auxiliaryData.count / 4), at: offset + 1)
        bytes.setBigEndian16(UInt16(truncatingIfNeeded: sources.count), at: offset + 2)
        group.write(into: &bytes, at: offset + 4)
        var position = offset + 4 + Address.byteCount
        for source in sources {
            source.write(into: &bytes, at: position)
            position += Address.byteCount
        }
        bytes.copy(auxiliaryData, at: position)
    }
}

/// The type of a group record (RFC 3376, section 4.2.12).
public struct GroupRecordType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Current state: only these sources are accepted.
    public static let modeIsInclude = GroupRecordType(rawValue: 1)
    /// Current state: all but these sources are accepted.
    public static let modeIsExclude = GroupRecordType(rawValue: 2)
    /// Change: only these sources are accepted from now on; without sources, a leave.
    public static let changeToInclude = GroupRecordType(rawValue: 3)
    /// Change: all but these sources are accepted from now on; without sources, a join.
    public static let changeToExclude = GroupRecordType(rawValue: 4)
    public static let allowNewSources = GroupRecordType(rawValue: 5)
    public static let blockOldSources = GroupRecordType(rawValue: 6)
}

extension GroupRecordType: CustomStringConvertible {
    /// The abbreviation that tcpdump uses.
    public var description: String {
        switch self {
        case .modeIsInclude: "is_in"
        case .modeIsExclude: "is_ex"
        case .changeToInclude: "to_in"
        case .changeToExclude: "to_ex"
        case .allowNewSources: "allow"
        case .blockOldSources: "block"
        default: "type-\(rawValue)"
        }
    }
}
