import PacketEngine
import WireFormat

/// What hosts and queriers say about groups, in the words of both families.
public enum MembershipMessage: Hashable, Sendable {
    case query(MembershipQuery)
    /// The older versions' reports have one record, of everything that is sent to the group.
    case report(MembershipVersion, [MembershipRecord])
    case leave(MembershipVersion, IPAddress)

    public var version: MembershipVersion {
        switch self {
        case .query(let query): query.version
        case .report(let version, _), .leave(let version, _): version
        }
    }

    /// The group that hears it (RFC 3376, sections 4.1.12 and 4.2.14; RFC 2236, section 9; RFC 3810, sections 5.1.15 and 5.2.14).
    public var destination: IPAddress {
        let isV4 = version.family == .v4
        switch self {
        case .query(let query): return query.group ?? (isV4 ? .v4(.allHosts) : .v6(.allNodes))
        case .report(let version, let records):
            if !version.hasSources, let record = records.first { return record.group }
            return isV4 ? .v4(.allIGMPv3Routers) : .v6(.allMLDv2Routers)
        case .leave: return isV4 ? .v4(.allRouters) : .v6(.allRouters)
        }
    }
}

/// Who listens? (RFC 3376, section 4.1; RFC 3810, section 5.1)
public struct MembershipQuery: Hashable, Sendable {
    public var version: MembershipVersion
    /// Nil asks for all.
    public var group: IPAddress?
    /// With a group: only who listens to one of these; none asks for all.
    public var sources: [IPAddress] = []
    /// Answers come within this time.
    public var maximumResponse: Nanoseconds
    /// Messages that may be lost; 0 where the query does not say.
    public var robustness = 0
    /// Between general queries; zero where the query does not say.
    public var interval = Nanoseconds.zero
    /// Other routers do not change their timers by it (the S flag).
    public var suppressesRouters = false

    public init(
        version: MembershipVersion, group: IPAddress? = nil, sources: [IPAddress] = [], maximumResponse: Nanoseconds
    ) {
        self.version = version
        self.group = group
        self.sources = sources
        self.maximumResponse = maximumResponse
    }
}

/// What a host wants of a group.
public struct MembershipRecord: Hashable, Sendable {
    public var type: GroupRecordType
    public var group: IPAddress
    public var sources: [IPAddress] = []

    public init(_ type: GroupRecordType, _ group: IPAddress, _ sources: [IPAddress] = []) {
        self.type = type
        self.group = group
        self.sources = sources
    }

    /// Bytes that it takes in a report.
    var byteCount: Int { 4 + (group.family == .v4 ? 4 : 16) * (1 + sources.count) }

    /// The sources that the sender wants when it says this; nil when it says that it wants some no more.
    public var filter: SourceFilter? {
        switch type {
        case .modeIsInclude, .changeToInclude, .allowNewSources:
            sources.isEmpty ? nil : SourceFilter(.include, sources)
        case .modeIsExclude, .changeToExclude: SourceFilter(.exclude, sources)
        default: nil
        }
    }
}

/// Whose datagrams to a group are wanted (RFC 3376, section 2).
public struct SourceFilter: Hashable, Sendable {
    public enum Mode: String, Sendable { case include, exclude }

    public var mode: Mode
    /// In the order of their numbers, each once.
    public let sources: [IPAddress]

    public init(_ mode: Mode, _ sources: [IPAddress]) {
        self.mode = mode
        self.sources = Set(sources).sorted()
    }

    /// Everybody's.
    public static let all = SourceFilter(.exclude, [])

    public func admits(_ source: IPAddress) -> Bool { sources.contains(source) == (mode == .include) }
}
