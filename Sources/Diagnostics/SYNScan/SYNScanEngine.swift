import PacketEngine
import WireFormat

/// Finds open TCP ports by half-open connections: sends a SYN to each port, and a reset to each that replies with
/// SYN-ACK (RFC 9293, section 3.5).
public struct SYNScanEngine: ScanningEngine, ~Copyable {
    /// The engine that all scans share. It is generic, and compiled for this method here, in its own module.
    private var scan: ScanEngine<SYNScanMethod>

    public init(_ configuration: ScanConfiguration) { scan = ScanEngine(configuration) }

    public var expectsMore: Bool {
        get { scan.expectsMore }
        set { scan.expectsMore = newValue }
    }

    public var isIdle: Bool { scan.isIdle }
    public var summary: ScanSummary { scan.summary }
    public var position: ScanPosition { scan.position }
    public var progress: (sent: UInt64, round: Int) { scan.progress }
    public var discoveryProgress: Double? { scan.discoveryProgress }
    public func uses(_ interface: UInt32) -> Bool { scan.uses(interface) }

    public mutating func add(_ targets: AddressSet, routes: [ScanRoute], at now: Instant) {
        scan.add(targets, routes: routes, at: now)
    }

    // MARK: Engine

    public var maximumPacketLength: Int { scan.maximumPacketLength }
    public var batchCapacity: Int { scan.batchCapacity }
    public var wantsExactTimes: Bool { scan.wantsExactTimes }

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        scan.transmit(into: &batch, at: now)
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        scan.transmitted(token, at: instant, isExact: isExact)
    }

    public mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {
        scan.transmitted(batch, range, from: start, span: span)
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        scan.transmissionFailed(token, failure, at: instant)
    }

    public mutating func overflowed(_ count: UInt64, at now: Instant) { scan.overflowed(count, at: now) }

    public mutating func receive(_ packet: borrowing ReceivedPacket) { scan.receive(packet) }

    public mutating func stop(at now: Instant) { scan.stop(at: now) }

    public mutating func drain(_ report: (ScanEvent) -> Void) { scan.drain(report) }
}
