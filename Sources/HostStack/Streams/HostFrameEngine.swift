import PacketEngine
import WireFormat

/// Runs a user-space host as a packet engine, so that any packet port can carry its frames.
struct HostFrameEngine: Engine, ~Copyable {
    typealias Event = HostEvent

    var host: UserSpaceHost
    /// Is called with every frame sent and received.
    var watch: ((_ frame: RawSpan, _ isOutbound: Bool, _ at: Instant) -> Void)?
    /// The reason for which the last unsent frame failed.
    private(set) var failure: TransmissionFailure?

    init(_ configuration: HostConfiguration) {
        host = UserSpaceHost(configuration)
    }

    var maximumPacketLength: Int { host.frameLength }
    var batchCapacity: Int { 64 }
    var wantsExactTimes: Bool { false }

    mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        host.advance(at: now)
        if host.transmit(into: &batch, at: now) { return .at(now) }
        return host.deadline.map { .at($0) } ?? .never
    }

    mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {}

    mutating func transmitted(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, from start: Instant, span: Nanoseconds
    ) {
        guard let watch else { return }
        for index in range {
            let bytes = batch.bytes(of: batch.entries[index])
            watch(bytes.rawBytes, true, start)
        }
    }

    mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        self.failure = failure
        host.sendingFailed(at: instant)
    }

    mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame else { return }
        watch?(packet.bytes, false, packet.arrival)
        host.receive(
            packet.bytes, on: packet.interfaceIndex, at: packet.arrival,
            hasPendingChecksum: packet.hasPendingChecksum)
    }

    mutating func stop(at now: Instant) {}

    mutating func drain(_ report: (HostEvent) -> Void) { host.drain(report) }
}
