import PacketEngine
import WireFormat

// What becomes known about targets during the run: new ones, their MAC addresses, and the state of their links.

extension PingSweepEngine {
    /// A target given by name, whose address did not reply, and the addresses to try next.
    public struct Retry: Sendable {
        public var name: String
        public var addresses: [IPAddress]
    }

    /// Returns the names whose next address is to be added as a target.
    public mutating func takeRetries() -> [Retry] {
        defer { retries = [] }
        return retries
    }

    mutating func keepStatistics(of count: Int) {
        guard case .count(let limit, _) = configuration.plan else { return }
        tallies.append(contentsOf: repeatElement(RoundTripTally(), count: count))
        if configuration.reportInterval != nil {
            intervals.append(contentsOf: repeatElement(PingSweepInterval(), count: count))
        }
        let kept = configuration.keepsRoundTrips && limit != nil ? .max : configuration.recentCount
        if kept > 0 { probes.append(contentsOf: repeatElement(PingSweepProbes(limit: kept), count: count)) }
    }

    /// Adds the targets from `first` to `last` that the set does not contain.
    /// - Parameters:
    ///   - name: the name of a single target for output; nil for its address.
    ///   - others: the name's further addresses: the next is tried if this one does not reply.
    public mutating func add(
        from first: IPAddress, through last: IPAddress, name: String? = nil, others: [IPAddress] = []
    ) throws(TooManyTargets) {
        if first == last {
            if name != nil, !others.isEmpty, targets.index(of: first) == nil { alternatives[targets.count] = others }
            try targets.append(first, name: name)
        } else {
            try targets.append(from: first, through: last)
        }
        let count = targets.count - hosts.count
        hosts.append(contentsOf: repeatElement(Host(), count: count))
        keepStatistics(of: count)
        undecided += count
        summary.targets += count
    }

    /// Marks targets as neighbors that the kernel resolves when a probe is sent to them. Until one has replied, at most
    /// one packet to it is in the kernel's queue.
    public mutating func resolveByKernel(_ addresses: AddressSet) {
        change(addresses) { host in
            if host.state == .waiting, host.attempts == 0 { host.isResolvedByKernel = true }
        }
    }

    /// Whether the kernel resolves a target and has not found its MAC address.
    public func isResolving(_ address: IPAddress) -> Bool {
        targets.index(of: address).map { hosts[$0].isResolving } ?? false
    }

    /// Notes that a target's MAC address was resolved.
    public mutating func found(_ address: IPAddress) {
        guard let index = targets.index(of: address), hosts[index].state == .sought else { return }
        hosts[index].state = .found
        found.append(index)
    }

    /// The reason why a neighbor without a MAC address is unreachable.
    public static func silentNeighbor(_ family: IPAddress.Family) -> String {
        family == .v4 ? "no reply to ARP" : "no reply to neighbor solicitations"
    }

    /// Notes that no station on the link has a neighbor's address: it needs no probe.
    public mutating func lost(_ address: IPAddress, reason: String, at now: Instant) {
        guard let index = targets.index(of: address), isWithoutStation(index) else { return }
        // A failure earlier than the kernel can detect one belongs to an earlier lookup.
        guard !hosts[index].isResolving || now - hosts[index].lastSent >= .seconds(1) else { return }
        if failures[index] == nil, linkFailure(index) == nil { reasons[index] = reason }
        decide(index, at: now)
    }

    /// Notes that this host could not look up a neighbor.
    public mutating func failed(_ address: IPAddress, _ failure: String, at now: Instant) {
        guard let index = targets.index(of: address), isWithoutStation(index) else { return }
        failures[index] = failure
        decide(index, at: now)
    }

    /// Targets whose link is down.
    public struct Blocked: Sendable {
        var addresses: AddressSet
        /// The problem of the link, for messages.
        var failure: String

        /// Targets with these addresses, and the problem of their link.
        public init(addresses: AddressSet, failure: String) {
            self.addresses = addresses
            self.failure = failure
        }
    }

    /// Replaces the set of targets whose links are down. A target on such a link that does not reply is not reported as
    /// unreachable.
    public mutating func block(_ blocked: [Blocked]) {
        // A pending probe may be lost even if the link recovers.
        noteBlocked()
        self.blocked = blocked
        noteBlocked()
    }

    /// Whether links to some targets are down.
    public var isBlocked: Bool { !blocked.isEmpty }

    private mutating func noteBlocked() {
        guard isBlocked else { return }
        for index in hosts.indices where hosts[index].state != .decided && hosts[index].received == 0 {
            guard hosts[index].state == .sought || hosts[index].attempts > 0 else { continue }
            if let failure = linkFailure(index) { failures[index] = failure }
        }
    }

    func linkFailure(_ index: Int) -> String? {
        guard !blocked.isEmpty else { return nil }
        let address = targets[index]
        return blocked.first { $0.addresses.contains(address) }?.failure
    }

    private func isWithoutStation(_ index: Int) -> Bool {
        hosts[index].state == .sought || hosts[index].state == .waiting && hosts[index].isResolving
    }

    /// Returns the probe format of a family.
    public func format(of family: IPAddress.Family) -> PingProbeFormat? { family == .v4 ? v4 : v6 }

    /// Returns the probe format of a target; nil if its family has none.
    func format(to target: IPAddress) -> PingProbeFormat? {
        for other in otherFormats where other.targets.contains(target) { return other.format }
        return format(of: target.family)
    }

    /// Sets the source addresses of targets whose route has another than the format of their family.
    public mutating func use(_ sources: [PingSweepConfiguration.OtherSource]) {
        for other in sources {
            guard let base = format(of: other.source.family), base.source != other.source else { continue }
            let ranges = other.targets.runs.map { ($0.first, $0.last) }
            if let index = otherFormats.firstIndex(where: { $0.format.source == other.source }) {
                // No more than the existing targets.
                try? otherFormats[index].targets.insert(ranges)
            } else {
                otherFormats.append((other.targets, base.with(source: other.source)))
            }
        }
    }

    /// Sets the probe format of a family that had no targets before.
    public mutating func use(_ format: PingProbeFormat) {
        if format.family == .v4 { v4 = format } else { v6 = format }
    }

    /// Modifies the targets with these addresses.
    mutating func change(_ addresses: AddressSet, _ body: (inout Host) -> Void) {
        for index in 0..<addresses.count {
            if let index = targets.index(of: addresses[index]) { body(&hosts[index]) }
        }
    }
}
