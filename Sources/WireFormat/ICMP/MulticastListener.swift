/// The messages of Multicast Listener Discovery, a part of ICMPv6 (RFC 2710, RFC 3810).
public struct MLDMessage: Hashable, Sendable {
    /// The kind of message, and its fields before the options.
    public enum Kind: Hashable, Sendable {
        /// A query. The group is unspecified in a general query; version 2 has a source part.
        case query(group: IPv6Address, SourceQuery<IPv6Address>?)
        case version1Report(group: IPv6Address)
        case done(group: IPv6Address)
        case version2Report([GroupRecord<IPv6Address>])
    }

    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8
    /// The kind of message, and its fields.
    public var kind: Kind
    /// The two bytes after the checksum: the maximum response code of queries,
    /// in milliseconds; floating point in version 2.
    public var maximumResponseCode: UInt16
    /// The next two bytes; in a version 2 report the number of records, which is not kept here.
    public var reserved: UInt16
    /// Bytes after the message.
    public var trailing: [UInt8]

    /// Creates a message.
    public init(_ kind: Kind, maximumResponseCode: UInt16 = 0) {
        code = 0
        self.kind = kind
        self.maximumResponseCode = maximumResponseCode
        reserved = 0
        trailing = []
    }

    /// The length of a version 1 message: the ICMPv6 header and the group.
    static let version1Length = 24

    /// Returns nil if the type is not one of the four or the message is truncated.
    init?(_ view: borrowing ICMPv6View) {
        let bytes = view.bytes
        code = view.code
        maximumResponseCode = bytes.bigEndian16(at: 4)
        reserved = bytes.bigEndian16(at: 6)
        if view.type == .version2MulticastListenerReport {
            let count = Int(bytes.bigEndian16(at: 6))
            guard let (records, length) = GroupRecord<IPv6Address>.list(view.payload, count: count) else { return nil }
            kind = .version2Report(records)
            reserved = 0
            trailing = view.payload.dropping(length).copied()
            return
        }
        guard bytes.byteCount >= Self.version1Length else { return nil }
        let group = bytes.ipv6Address(at: 8)
        let rest = bytes.dropping(Self.version1Length)
        switch view.type {
        case .multicastListenerQuery:
            if rest.byteCount >= 4 {
                guard let sources = SourceQuery<IPv6Address>(rest) else { return nil }
                kind = .query(group: group, sources)
                trailing = rest.dropping(sources.byteCount).copied()
                return
            }
            kind = .query(group: group, nil)
        case .multicastListenerReport: kind = .version1Report(group: group)
        case .multicastListenerDone: kind = .done(group: group)
        default: return nil
        }
        trailing = rest.copied()
    }

    /// The type of the message.
    public var type: ICMPv6Type {
        switch kind {
        case .query: .multicastListenerQuery
        case .version1Report: .multicastListenerReport
        case .done: .multicastListenerDone
        case .version2Report: .version2MulticastListenerReport
        }
    }

    /// The maximum response time, in milliseconds.
    public var maximumResponseTime: Int {
        if case .query(_, .some) = kind { return TimeCode16(rawValue: maximumResponseCode).value }
        return Int(maximumResponseCode)
    }

    var byteCount: Int {
        let length =
            switch kind {
            case .query(_, let sources): Self.version1Length + (sources?.byteCount ?? 0)
            case .version1Report, .done: Self.version1Length
            case .version2Report(let records): records.reduce(ICMPv6View.headerLength) { $0 + $1.byteCount }
            }
        return length + trailing.count
    }

    @_lifetime(bytes: copy bytes)
    func write(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.setBigEndian16(maximumResponseCode, at: offset + 4)
        bytes.setBigEndian16(reserved, at: offset + 6)
        switch kind {
        case .query(let group, let sources):
            bytes.setIPv6Address(group, at: offset + 8)
            sources?.write(into: &bytes, at: offset + Self.version1Length)
        case .version1Report(let group), .done(let group):
            bytes.setIPv6Address(group, at: offset + 8)
        case .version2Report(let records):
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: records.count), at: offset + 6)
            var position = offset + ICMPv6View.headerLength
            for record in records {
                record.write(into: &bytes, at: position)
                position += record.byteCount
            }
        }
        bytes.copy(trailing, at: offset + byteCount - trailing.count)
    }
}
