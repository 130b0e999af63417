import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Packets for this process that the kernel dropped before they could be read.
public struct KernelDrops: Sendable, Equatable {
    /// Because a receive buffer was full.
    public var overflows: UInt64
    /// Because a receive buffer was full or an ICMPv6 checksum was wrong: the kernel counts both in one.
    public var unexplained: UInt64
}

/// The port of engines that speak ICMP: one channel for each family that is in use.
public struct ICMPPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    let v4: ICMPChannel?
    let v6: ICMPChannel?
    private let signals: SignalSource
    private let reactor: Reactor
    private let tap: PacketTap?
    /// What answers SYNs is heard here.
    private let segments: SegmentReceiver?
    private let terminal: Terminal?
    /// Shown every packet that goes out or comes in, as the sockets see it.
    private let trace: ((PacketTrace) -> Void)?
    private let polls: UnsafeMutablePointer<pollfd>
    private var hasSent: Bool

    /// - Parameter sendsBeside: the run sends by other sockets too, so that a signal ends it with its result.
    public init(
        v4: ICMPChannel?, v6: ICMPChannel?, sendsBeside: Bool = false, signals: consuming SignalSource,
        reactor: Reactor, tap: PacketTap? = nil,
        segments: SegmentReceiver? = nil, terminal: Terminal? = nil, trace: ((PacketTrace) -> Void)? = nil
    ) {
        self.v4 = v4
        self.v6 = v6
        hasSent = sendsBeside
        self.signals = signals
        self.reactor = reactor
        self.tap = tap
        self.segments = segments
        self.terminal = terminal
        self.trace = trace
        polls = .allocate(capacity: 8)
    }

    deinit { polls.deallocate() }

    public var now: Instant { SystemClock.now }

    /// Replies that the kernel threw away.
    public var drops: KernelDrops {
        KernelDrops(overflows: v4?.overflowCount ?? 0, unexplained: v6?.overflowCount ?? 0)
    }

    /// The signal that ended the run before any packet was sent; nil otherwise.
    public var interruption: Interruption? { hasSent ? nil : signals.interruption }

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
                let failure = TransmissionFailure.system(code: EAFNOSUPPORT, message: SystemError.message(EAFNOSUPPORT))
                engine.transmissionFailed(batch.entries[next].token, failure, at: now)
                next += 1
                continue
            }
            let start = now
            let result = channel.sendVector.send(batch, next..<end, on: channel.sender.rawValue, scope: channel.scope)
            if result > 0 {
                hasSent = true
                // The kernel works through a batch at an even pace: so are the times shared out.
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
                // The queue of errors has the MTU.
                if channel.level == .datagram { _ = channel.drainErrors(into: &engine) }
                engine.transmissionFailed(batch.entries[next].token, .messageTooLong(mtu: channel.learnedMTU), at: now)
            case let code:
                // A datagram socket reports an earlier packet's error at the next
                // call; with the error taken from the queue the call is free again.
                if channel.level == .datagram, channel.drainErrors(into: &engine) > 0 { continue }
                let message = SystemError.message(code)
                let failure: TransmissionFailure =
                    code == EACCES ? .notPermitted(message) : .system(code: code, message: message)
                engine.transmissionFailed(batch.entries[next].token, failure, at: now)
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

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> Wakening {
        var used = 0
        func watch(_ descriptor: Int32) {
            polls[used] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            used += 1
        }
        watch(signals.descriptor.rawValue)
        watch(reactor.descriptor.rawValue)
        if let v4 { watch(v4.receiveDescriptor) }
        if let v6 { watch(v6.receiveDescriptor) }
        if let segments { watch(segments.descriptor.rawValue) }
        let keyboard = used
        if let terminal, terminal.isOpen { watch(Terminal.inputDescriptor) }
        // The sending socket matters for its queue of errors and stamps alone, which poll always reports.
        for channel in [v4, v6] where channel?.configuration.wantsTransmitStamps == true && channel?.level == .raw {
            if let channel {
                watch(channel.sender.rawValue)
                polls[used - 1].events = 0
            }
        }
        var timeout = timespec()
        if let deadline {
            let left = max((deadline - now).count, 0)
            timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        }
        let result = deadline == nil ? ppoll(polls, UInt(used), nil, nil) : ppoll(polls, UInt(used), &timeout, nil)
        if result < 0, clinux_errno() != EINTR { throw .last("ppoll") }
        tap?.drain()
        guard result > 0 else { return [] }
        var wakening: Wakening = []
        if polls[0].revents != 0 {
            wakening.formUnion(signals.read())
            if wakening.contains(.stop), !hasSent { wakening.insert(.interrupted) }
        }
        if polls[1].revents != 0, reactor.dispatch() { wakening.insert(.news) }
        for index in 2..<used where polls[index].revents != 0 {
            if index == keyboard, polls[index].fd == Terminal.inputDescriptor {
                wakening.insert(.keys)
                continue
            }
            wakening.insert(.packets)
            guard polls[index].revents & Int16(POLLERR) != 0 else { continue }
            for channel in [v4, v6] {
                if let channel, [channel.receiveDescriptor, channel.sender.rawValue].contains(polls[index].fd) {
                    channel.hasQueuedError = true
                }
            }
        }
        return wakening
    }
}
