import PacketEngine
import WireFormat

/// The host part of group membership in one address family: the reports of its groups and their timers
/// (RFC 1112, appendix I; RFC 2236, section 6; RFC 3376, section 5; RFC 2710, section 5; RFC 3810, section 6).
public struct MembershipHost: Sendable {
    /// A joined group and its pending reports.
    private struct Group {
        let address: IPAddress
        let filter: SourceFilter
        /// A state-change report, sent at once and then repeated in case of loss.
        var change: (record: MembershipRecord, left: Int, due: Instant)?
        /// The time of the reply to a query about this group.
        var answerDue: Instant?
        /// The sources in the query; empty for all sources.
        var asked: Set<IPAddress> = []
        /// Whether this host was the last to report the group (RFC 2236, section 6).
        var isLastReporter = false

        /// The record of a change from no membership.
        var join: MembershipRecord {
            MembershipRecord(
                filter.mode == .include ? .allowNewSources : .changeToExclude, address, filter.sources)
        }

        /// The record of the complete current state.
        var state: MembershipRecord {
            MembershipRecord(filter.mode == .include ? .modeIsInclude : .modeIsExclude, address, filter.sources)
        }
    }

    /// The maximum number of queried sources kept per group; if exceeded, the reply covers the whole group.
    private static let mostAsked = 1_024

    /// The newest version to use.
    public let newest: MembershipVersion
    /// The version in use, limited by the oldest querier on the link.
    public private(set) var version: MembershipVersion
    private var maximumReportLength = 64
    private var robustness: Int
    private var queryInterval: Nanoseconds
    private var groups: [Group] = []
    private var indices: [IPAddress: Int] = [:]
    private var generalDue: Instant?
    /// The times at which older queriers expire.
    private var olderQueriers: [MembershipVersion: Instant] = [:]
    private var outbox: [MembershipMessage] = []
    private(set) var isLeaving = false
    /// The time of the next message or of the expiry of an older querier.
    public private(set) var due: Instant?
    private var randomness: SeededGenerator

    /// - Parameters:
    ///   - packetLength: the maximum packet length including the IP header, in bytes.
    ///   - robustness: the number of times a change is reported, until a querier sends another value.
    ///   - queryInterval: the time between general queries, until a querier sends another value.
    public init(
        version: MembershipVersion, packetLength: Int, robustness: Int, queryInterval: Nanoseconds, seed: UInt64
    ) {
        newest = version
        self.version = version
        self.robustness = max(robustness, 1)
        self.queryInterval = queryInterval
        randomness = SeededGenerator(seed: seed)
        setPacketLength(packetLength)
    }

    /// Sets the maximum packet length including the IP header, in bytes.
    mutating func setPacketLength(_ length: Int) {
        maximumReportLength = max(length - MembershipFrame.overhead(newest.family), 64)
    }

    /// Whether no message is pending.
    public var isIdle: Bool { outbox.isEmpty && groups.allSatisfy { $0.change == nil } }

    // MARK: Joining and leaving

    public mutating func join(_ address: IPAddress, _ filter: SourceFilter, at now: Instant) {
        guard indices[address] == nil else { return }
        indices[address] = groups.count
        var group = Group(address: address, filter: filter)
        group.change = (group.join, robustness, now)
        groups.append(group)
        due = now
    }

    /// Reports all groups again after a link interruption: routers may have lost their state, and pending reports were
    /// lost (RFC 3376, section 5.1; RFC 3810, section 6.1).
    public mutating func rejoin(at now: Instant) {
        guard !isLeaving else { return }
        outbox = []
        generalDue = nil
        for index in groups.indices {
            groups[index].change = (groups[index].join, robustness, now)
            groups[index].answerDue = nil
            groups[index].asked = []
            groups[index].isLastReporter = false
        }
        schedule()
    }

    /// Leaves all groups; sends leave messages if the version has them.
    public mutating func leave(at now: Instant) {
        guard !isLeaving else { return }
        isLeaving = true
        outbox = []
        generalDue = nil
        for index in groups.indices {
            let group = groups[index]
            groups[index].answerDue = nil
            groups[index].change = nil
            if version.hasSources {
                let record =
                    group.filter.mode == .include
                    ? MembershipRecord(.blockOldSources, group.address, group.filter.sources)
                    : MembershipRecord(.changeToInclude, group.address)
                groups[index].change = (record, robustness, now)
            } else if version.hasLeave, group.isLastReporter {
                outbox.append(.leave(version, group.address))
            }
        }
        due = now
    }

    // MARK: Received messages

    /// Schedules the reply to a query.
    public mutating func hear(_ query: MembershipQuery, at now: Instant) {
        guard !isLeaving else { return }
        if query.robustness > 0 { robustness = query.robustness }
        if query.interval > .zero { queryInterval = query.interval }
        if query.group == nil, query.version.number < newest.number {
            // RFC 3376, section 8.12; RFC 3810, section 9.12.
            olderQueriers[query.version] = now + queryInterval * Int64(robustness) + query.maximumResponse
        }
        chooseVersion(at: now)
        // IGMPv1 has a fixed response time (RFC 1112, appendix I).
        let longest = version == .igmp1 ? Nanoseconds.seconds(10) : query.maximumResponse
        if version.hasSources {
            planAnswer(to: query, at: now + random(longest))
        } else {
            for index in groups.indices where query.group == nil || query.group == groups[index].address {
                // A timer with less time left than the response time keeps running (RFC 2236, section 3).
                if groups[index].answerDue.map({ $0 > now + longest }) ?? true {
                    groups[index].answerDue = now + random(longest)
                }
            }
        }
        schedule()
    }

    /// Schedules the reply by the five rules of RFC 3376, section 5.2 (RFC 3810, section 6.2).
    private mutating func planAnswer(to query: MembershipQuery, at answer: Instant) {
        if let generalDue, generalDue <= answer { return }
        guard let address = query.group else {
            generalDue = answer
            return
        }
        guard let index = indices[address] else { return }
        if let pending = groups[index].answerDue {
            let asksAll = query.sources.isEmpty || groups[index].asked.isEmpty
            groups[index].answerDue = min(pending, answer)
            if asksAll { groups[index].asked = [] } else { groups[index].asked.formUnion(query.sources) }
        } else {
            groups[index].answerDue = answer
            groups[index].asked = Set(query.sources)
        }
        if groups[index].asked.count > Self.mostAsked { groups[index].asked = [] }
    }

    /// Cancels the pending report of a group that another host has reported (RFC 2236, section 3).
    public mutating func hearReport(of address: IPAddress) {
        guard !version.hasSources, let index = indices[address], groups[index].answerDue != nil else { return }
        groups[index].answerDue = nil
        groups[index].isLastReporter = false
        schedule()
    }

    /// Selects the version in use; a change cancels pending reports (RFC 3376, section 7.2.1; RFC 3810, section 8.2.1).
    private mutating func chooseVersion(at now: Instant) {
        for (older, until) in olderQueriers where until <= now { olderQueriers[older] = nil }
        let oldest = olderQueriers.keys.min { $0.number < $1.number } ?? newest
        guard oldest != version else { return }
        version = oldest
        generalDue = nil
        for index in groups.indices {
            groups[index].change = nil
            groups[index].answerDue = nil
        }
    }

    // MARK: Sent messages

    /// Returns the next message that is due, or nil if there is none.
    public mutating func next(at now: Instant) -> MembershipMessage? {
        if let due, due <= now { collect(at: now) }
        return outbox.isEmpty ? nil : outbox.removeFirst()
    }

    private mutating func collect(at now: Instant) {
        chooseVersion(at: now)
        var changes: [MembershipRecord] = []
        var answers: [MembershipRecord] = []
        let answersAll = generalDue.map { $0 <= now } ?? false
        if answersAll { generalDue = nil }
        // Changes that are reported together are repeated together.
        let repetition = now + random(version.unsolicitedReportInterval)
        for index in groups.indices {
            if let change = groups[index].change, change.due <= now {
                changes.append(change.record)
                if change.left > 1 {
                    let due = version.hasSources ? repetition : now + random(version.unsolicitedReportInterval)
                    groups[index].change = (change.record, change.left - 1, due)
                } else {
                    groups[index].change = nil
                }
                groups[index].isLastReporter = true
            }
            if answersAll {
                answers.append(groups[index].state)
            } else if let answerDue = groups[index].answerDue, answerDue <= now {
                groups[index].answerDue = nil
                groups[index].isLastReporter = true
                if let answer = Self.answer(groups[index]) { answers.append(answer) }
            }
        }
        // State-change and current-state records are not mixed in one message (RFC 3376, section 4.2.12).
        outbox += reports(changes) + reports(answers)
        schedule()
    }

    /// Returns the record with the group's state of the queried sources, or nil if none of
    /// them is relevant (RFC 3376, section 5.2).
    private static func answer(_ group: Group) -> MembershipRecord? {
        guard !group.asked.isEmpty else { return group.state }
        let wanted = group.asked.filter(group.filter.admits).sorted()
        return wanted.isEmpty ? nil : MembershipRecord(.modeIsInclude, group.address, wanted)
    }

    private func reports(_ records: [MembershipRecord]) -> [MembershipMessage] {
        guard version.hasSources else {
            return records.map { .report(version, [MembershipRecord(.modeIsExclude, $0.group)]) }
        }
        var messages: [MembershipMessage] = []
        var list: [MembershipRecord] = []
        var length = 0
        for record in records.flatMap(fitting) {
            if length + record.byteCount > maximumReportLength {
                messages.append(.report(version, list))
                list = []
                length = 0
            }
            list.append(record)
            length += record.byteCount
        }
        if !list.isEmpty { messages.append(.report(version, list)) }
        return messages
    }

    /// Splits a record that is too long for one report. An exclude record is not split, but truncated to
    /// the sources that fit (RFC 3376, section 4.2.16).
    private func fitting(_ record: MembershipRecord) -> [MembershipRecord] {
        let bytes = record.group.family == .v4 ? 4 : 16
        let most = max((maximumReportLength - 4) / bytes - 1, 1)
        guard record.sources.count > most else { return [record] }
        if record.type == .modeIsExclude || record.type == .changeToExclude {
            return [MembershipRecord(record.type, record.group, Array(record.sources.prefix(most)))]
        }
        return stride(from: 0, to: record.sources.count, by: most).map {
            MembershipRecord(
                record.type, record.group, Array(record.sources[$0..<min($0 + most, record.sources.count)]))
        }
    }

    private mutating func schedule() {
        var next = olderQueriers.values.min()
        func consider(_ instant: Instant?) {
            if let instant { next = next.map { min($0, instant) } ?? instant }
        }
        consider(generalDue)
        for group in groups {
            consider(group.change?.due)
            consider(group.answerDue)
        }
        due = next
    }

    private mutating func random(_ most: Nanoseconds) -> Nanoseconds {
        most > .zero ? Nanoseconds(Int64.random(in: 1...most.count, using: &randomness)) : .zero
    }
}
