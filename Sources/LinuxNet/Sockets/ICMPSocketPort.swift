import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of ICMP engines: one channel for each address family in use.
public struct ICMPSocketPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    let v4: ICMPChannel?
    let v6: ICMPChannel?
    private let reactor: Reactor
    private let tap: PacketTap?
    /// Receives replies to SYNs.
    private let segments: SegmentReceiver?
    /// Is called with every packet sent or received, as the sockets see it.
    private let trace: ((PacketTrace) -> Void)?
    private var waits: WaitSet
    private var hasSent: Bool

    /// - Parameter sendsBeside: whether the run also sends by other sockets, so that a signal ends it with a result.
    public init(
        v4: ICMPChannel?, v6: ICMPChannel?, sendsBeside: Bool = false, reactor: Reactor, tap: PacketTap? = nil,
        segments: SegmentReceiver? = nil, trace: ((PacketTrace) -> Void)? = nil
    ) {
        self.v4 = v4
        self.v6 = v6
        hasSent = sendsBeside
        self.reactor = reactor
        self.tap = tap
        self.segments = segments
        self.trace = trace
        waits = WaitSet(reactor)
        for channel in [v4, v6] {
            guard let channel else { continue }
            waits.add(channel.receiveDescriptor)
            // The sending socket is polled only for its error queue, which poll(2) always reports.
            if channel.configuration.wantsTransmitStamps, channel.level == .raw {
                waits.add(channel.sender.rawValue, events: 0)
            }
        }
        if let segments { waits.add(segments.descriptor.rawValue) }
    }

    public var now: Instant { SystemClock.now }

    /// Replies that the kernel dropped.
    public var drops: KernelDrops {
        KernelDrops(overflows: v4?.overflowCount ?? 0, unexplained: v6?.overflowCount ?? 0)
    }

    /// The signal that ended the run before any packet was sent; nil otherwise.
    public var interruption: Interruption? { hasSent ? nil : reactor.interruption }

    // MARK: Sending

    public mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(SystemError) -> Int {
        var next = first
        let most = engine.wantsExactTimes ? 1 : Int.max
        while next < batch.count {
            let family = batch.entries[next].destination.family
            var end = next + 1
            while end < batch.count, end - next < most, batch.entries[end].destination.family == family { end += 1 }
            guard let channel = family == .v4 ? v4 : v6 else {
                engine.transmissionFailed(
                    batch.entries[next].token, TransmissionFailure(errorNumber: EAFNOSUPPORT), at: now)
                next += 1
                continue
            }
            let start = now
            let result = channel.sendVector.send(batch, next..<end, on: channel.sender.rawValue, scope: channel.scope)
            if result > 0 {
                hasSent = true
                // The kernel sends a batch at an even rate, so the send times are interpolated.
                let span = result > 1 ? now - start : .zero
                for index in 0..<result {
                    let entry = batch.entries[next + index]
                    let instant = start + Nanoseconds(span.count * Int64(index) / Int64(result))
                    engine.transmitted(entry.token, at: instant, isExact: index == 0)
                    show(batch, entry, channel)
                }
                channel.noteSent(batch, next..<next + result)
                if result > channel.expectedCount { channel.expectedCount = result }
                next += result
                continue
            }
            switch Int32(-result) {
            case EAGAIN, ENOBUFS, ENOMEM:
                return next
            case EMSGSIZE:
                // The MTU is in the error queue.
                if channel.level == .datagram { _ = channel.drainErrors(into: &engine) }
                engine.transmissionFailed(batch.entries[next].token, .messageTooLong(mtu: channel.learnedMTU), at: now)
            case let code:
                // A datagram socket reports an earlier packet's error at the next call;
                // after the error is read from the queue, the call can be repeated.
                if channel.level == .datagram, channel.drainErrors(into: &engine) > 0 { continue }
                engine.transmissionFailed(batch.entries[next].token, TransmissionFailure(errorNumber: code), at: now)
            }
            next += 1
        }
        return next
    }

    private func show(_ batch: borrowing PacketBatch, _ entry: PacketBatch.Entry, _ channel: ICMPChannel) {
        guard let trace else { return }
        trace(
            PacketTrace(
                direction: .outbound, bytes: batch.bytes(of: entry), family: channel.family,
                startsAtMessage: channel.level == .datagram))
    }

    // MARK: Receiving

    public mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(SystemError) -> Int {
        var count = 0
        if let v4 { count += try v4.receive(into: &engine, trace) }
        if let v6 { count += try v6.receive(into: &engine, trace) }
        if let segments { count += segments.receive(into: &engine, trace) }
        return count
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        var wakeReason = try waits.wait(until: deadline)
        tap?.drain()
        if wakeReason.contains(.stop), !hasSent { wakeReason.insert(.interrupted) }
        guard wakeReason.contains(.packets) else { return wakeReason }
        for descriptor in waits.failing {
            for channel in [v4, v6] {
                if let channel, [channel.receiveDescriptor, channel.sender.rawValue].contains(descriptor) {
                    channel.hasQueuedError = true
                }
            }
        }
        return wakeReason
    }
}
