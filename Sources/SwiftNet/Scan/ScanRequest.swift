import Diagnostics
import LinuxProcess
import PacketEngine
import WireFormat

/// What all scans are asked for, whatever their protocol: the configuration of a tool has these properties.
package protocol ScanRequest {
    /// The name of the command, which records of its scans have.
    static var command: String { get }
    static var transport: IPProtocol { get }
    /// The ports that are open most often, the most frequent first.
    static var frequentPorts: [UInt16] { get }
    /// What the sockets require.
    var requirement: Session.Requirement { get }

    var ports: [UInt16] { get }
    var topPorts: Int? { get }
    var excludedPorts: [UInt16] { get }
    var excludes: [String] { get }
    var includesReserved: Bool { get }
    var family: IPAddress.Family? { get }
    var asksFirst: Bool { get }
    var connects: Bool? { get }
    var interface: String? { get }
    var source: IPAddress? { get }
    var checksSource: Bool { get }
    var readsBanners: Bool { get }
    var rate: Double? { get }
    var retries: Int { get }
    var wait: Nanoseconds? { get }
    var hostTimeout: Nanoseconds { get }
    var deadline: Nanoseconds? { get }
    var shard: ScanShard { get }
    var seed: UInt64? { get }
    var resumed: ScanRecord? { get }
    var recordName: String { get }
    var reportsAll: Bool { get }
}

extension ScanRequest {
    /// Whether all targets must be known at the start: shards and positions are parts of the whole list, and a source of
    /// its own is set up for one scan only.
    package var needsAllTargets: Bool { shard.count > 1 || source != nil || resumed != nil }

    /// Throws if a value is out of range.
    func checkShared() throws(SwiftNetError) {
        try SwiftNetError.check(retries, in: ScanConfiguration.retryCounts, "--retries")
        try SwiftNetError.check(topPorts, in: 1...Self.frequentPorts.count, "--top-ports")
        try SwiftNetError.check(rate: rate)
        guard ScanShard.counts.contains(shard.count), 1...shard.count ~= shard.number else {
            throw SwiftNetError.invalid(
                "\(shard.number)/\(shard.count)", "--shard", expected: "K/N with 1 <= K <= N")
        }
    }

    /// The ports in ascending order, each once: those asked for, and those of them that are not excluded.
    func portLists() throws(SwiftNetError) -> (asked: [UInt16], scanned: [UInt16]) {
        let asked = ports.isEmpty ? Self.frequentPorts.prefix(topPorts ?? 100) : ports[...]
        let set = Set(asked)
        let scanned = set.subtracting(excludedPorts).sorted()
        guard !scanned.isEmpty else { throw SwiftNetError(.invalidArgument, nil, "every port is excluded") }
        return (set.sorted(), scanned)
    }

    func orderSeed() throws(SwiftNetError) -> UInt64 {
        if let seed = seed ?? resumed?.seed { return seed }
        guard shard.count == 1 else {
            throw SwiftNetError(.invalidArgument, nil, "--shard requires --seed, the same for all parts")
        }
        var random = SystemRandomness()
        // Short enough to type.
        return random.next() >> 32
    }

    /// Throws if the record to resume belongs to another scan, or to one that is finished.
    func checkRecord(_ fingerprint: UInt64, seed: UInt64) throws(SwiftNetError) {
        guard let resumed else { return }
        func refusal(_ reason: String) -> SwiftNetError { SwiftNetError(.invalidArgument, "--resume", reason) }
        guard resumed.fingerprint == fingerprint else {
            throw refusal("\(recordName) belongs to a scan of other targets, ports or shards")
        }
        guard resumed.seed == seed else {
            throw refusal("\(recordName) belongs to a scan with --seed \(resumed.seed)")
        }
        guard !resumed.isFinished(shard) else {
            throw refusal("the scan of \(recordName) is finished (to scan again, remove the file)")
        }
    }
}
