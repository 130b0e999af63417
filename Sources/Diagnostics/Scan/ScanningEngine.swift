import PacketEngine
import WireFormat

/// The engine of a scan of any protocol, as its run and its reports see it.
public protocol ScanningEngine: Engine, ~Copyable where Event == ScanEvent {
    init(_ configuration: ScanConfiguration)

    /// Whether more targets will be added: the run does not end before.
    var expectsMore: Bool { get set }

    /// Whether all targets so far have results and more will be added.
    var isIdle: Bool { get }

    /// The progress, or the result after the end.
    var summary: ScanSummary { get }

    /// The position at which a later scan resumes.
    var position: ScanPosition { get }

    /// The number of first tries sent, and of the tries before the current one.
    var progress: (sent: UInt64, round: Int) { get }

    /// The share of the questions whether targets are there that was asked, 0 to 1; nil when the scan has begun.
    var discoveryProgress: Double? { get }

    /// Returns whether an interface is the link of some targets.
    func uses(_ interface: UInt32) -> Bool

    /// Scans further targets, which must be new, when the engine is idle. Its counters continue.
    mutating func add(_ targets: AddressSet, routes: [ScanRoute], at now: Instant)
}
