/// A view of an IGMP message: its first 8 bytes and the rest (RFC 1112, 2236, 3376).
public struct IGMPView: ~Escapable {
    public let bytes: RawSpan

    /// The length of type, code, checksum and group, in bytes.
    public static let headerLength = 8

    /// Throws if there are fewer than 8 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.igmp, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @inlinable public var type: IGMPType { IGMPType(rawValue: bytes.byte(at: 0)) }
    /// The maximum response code of a query, in tenths of a second: plain in
    /// version 2, floating point in version 3, 0 in version 1.
    @inlinable public var code: UInt8 { bytes.byte(at: 1) }
    /// The checksum field.
    @inlinable public var checksum: UInt16 { bytes.bigEndian16(at: 2) }
    /// The group; unspecified in a general query. In a version 3 report these are reserved bytes and a count.
    @inlinable public var group: IPv4Address { bytes.ipv4Address(at: 4) }

    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }

    /// The version of a query by its length and code (RFC 3376, section 7.1);
    /// nil if this is not a query, or its length is invalid.
    public var queryVersion: Int? {
        guard type == .membershipQuery else { return nil }
        switch bytes.byteCount {
        case Self.headerLength: return code == 0 ? 1 : 2
        case 12...: return 3
        default: return nil
        }
    }

    /// The result of verifying the checksum; the bytes must be the whole message.
    public var checksumState: ChecksumState {
        InternetChecksum.of(bytes) == 0 ? .correct : .incorrect
    }
}

/// The type of an IGMP message (RFC 3376, section 4).
public struct IGMPType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let membershipQuery = IGMPType(rawValue: 0x11)
    public static let version1Report = IGMPType(rawValue: 0x12)
    public static let version2Report = IGMPType(rawValue: 0x16)
    public static let leaveGroup = IGMPType(rawValue: 0x17)
    public static let version3Report = IGMPType(rawValue: 0x22)
}

/// An IGMP message (RFC 1112, 2236, 3376).
public struct IGMPMessage: Hashable, Sendable, WireEncodable {
    /// The contents of a message by type.
    public enum Body: Hashable, Sendable {
        /// A query. The group is unspecified in a general query; version 3 has a source part.
        case membershipQuery(group: IPv4Address, SourceQuery<IPv4Address>?)
        case version1Report(group: IPv4Address)
        case version2Report(group: IPv4Address)
        case leaveGroup(group: IPv4Address)
        case version3Report(reserved: UInt16, [GroupRecord<IPv4Address>])
        /// An unknown type, or contents that are invalid for the type.
        case unknown(type: IGMPType, restOfHeader: UInt32, data: [UInt8])
    }

    /// The contents of the message.
    public var body: Body
    /// The byte after the type: the maximum response code of queries, 0 in other messages.
    public var code: UInt8
    /// The checksum to write; nil to compute it.
    public var checksum: UInt16?
    /// Bytes after the message, which the checksum covers.
    public var trailing: [UInt8]

    /// Creates a message whose checksum is computed when it is written.
    public init(_ body: Body, code: UInt8 = 0) {
        self.body = body
        self.code = code
        checksum = nil
        trailing = []
    }

    /// Returns a version 2 query.
    /// - Parameters:
    ///   - group: the group; unspecified for a general query.
    ///   - maximumResponseTime: in tenths of a second; 0 for a version 1 query.
    public static func query(group: IPv4Address = .unspecified, maximumResponseTime: UInt8 = 100) -> IGMPMessage {
        IGMPMessage(.membershipQuery(group: group, nil), code: maximumResponseTime)
    }

    /// Returns a version 3 query.
    /// - Parameter maximumResponseTime: in tenths of a second, 0 to 31,744, rounded down to a representable time.
    public static func version3Query(
        group: IPv4Address = .unspecified, maximumResponseTime: Int = 100,
        _ sources: SourceQuery<IPv4Address> = SourceQuery()
    ) -> IGMPMessage {
        IGMPMessage(
            .membershipQuery(group: group, sources), code: TimeCode8(atMost: maximumResponseTime).rawValue)
    }

    /// Parses a message of any type; invalid contents are kept as `.unknown`.
    public init(_ view: borrowing IGMPView) {
        code = view.code
        checksum = view.checksum
        trailing = []
        switch view.type {
        case .membershipQuery where view.bytes.byteCount < 12:
            body = .membershipQuery(group: view.group, nil)
            trailing = view.payload.copied()
            return
        case .membershipQuery:
            if let sources = SourceQuery<IPv4Address>(view.payload) {
                body = .membershipQuery(group: view.group, sources)
                trailing = view.payload.dropping(sources.byteCount).copied()
                return
            }
        case .version1Report:
            body = .version1Report(group: view.group)
            trailing = view.payload.copied()
            return
        case .version2Report:
            body = .version2Report(group: view.group)
            trailing = view.payload.copied()
            return
        case .leaveGroup:
            body = .leaveGroup(group: view.group)
            trailing = view.payload.copied()
            return
        case .version3Report:
            let count = Int(view.bytes.bigEndian16(at: 6))
            if let (records, length) = GroupRecord<IPv4Address>.list(view.payload, count: count) {
                body = .version3Report(reserved: view.bytes.bigEndian16(at: 4), records)
                trailing = view.payload.dropping(length).copied()
                return
            }
        default: break
        }
        body = .unknown(type: view.type, restOfHeader: view.bytes.bigEndian32(at: 4), data: view.payload.copied())
    }

    /// The type of the message.
    public var type: IGMPType {
        switch body {
        case .membershipQuery: .membershipQuery
        case .version1Report: .version1Report
        case .version2Report: .version2Report
        case .leaveGroup: .leaveGroup
        case .version3Report: .version3Report
        case .unknown(let type, _, _): type
        }
    }

    public var byteCount: Int {
        let data =
            switch body {
            case .membershipQuery(_, let sources): sources?.byteCount ?? 0
            case .version1Report, .version2Report, .leaveGroup: 0
            case .version3Report(_, let records): records.reduce(0) { $0 + $1.byteCount }
            case .unknown(_, _, let data): data.count
            }
        return IGMPView.headerLength + data + trailing.count
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setByte(type.rawValue, at: offset)
        bytes.setByte(code, at: offset + 1)
        bytes.setBigEndian16(checksum ?? 0, at: offset + 2)
        let data = offset + IGMPView.headerLength
        switch body {
        case .membershipQuery(let group, let sources):
            bytes.setIPv4Address(group, at: offset + 4)
            sources?.write(into: &bytes, at: data)
        case .version1Report(let group), .version2Report(let group), .leaveGroup(let group):
            bytes.setIPv4Address(group, at: offset + 4)
        case .version3Report(let reserved, let records):
            bytes.setBigEndian16(reserved, at: offset + 4)
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: records.count), at: offset + 6)
            var position = data
            for record in records {
                record.write(into: &bytes, at: position)
                position += record.byteCount
            }
        case .unknown(_, let restOfHeader, let rest):
            bytes.setBigEndian32(restOfHeader, at: offset + 4)
            bytes.copy(rest, at: data)
        }
        bytes.copy(trailing, at: offset + byteCount - trailing.count)
        if checksum == nil {
            let computed = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + byteCount))
            bytes.setBigEndian16(computed, at: offset + 2)
        }
    }
}
