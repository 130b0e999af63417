import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

extension ICMPChannel {
    /// Passes all waiting packets to the engine, in full batches.
    func receive<E: Engine & ~Copyable>(
        into engine: inout E, _ trace: ((PacketTrace) -> Void)?
    ) throws(SystemError) -> Int {
        var total = hasQueuedError ? drainErrors(into: &engine) : 0
        // Limited, so that a steady flow of packets does not keep the engine from sending.
        for _ in 0..<16 {
            let asked = expectedCount
            let count = vector.receive(from: receiveDescriptor, atMost: asked)
            if count < 0 {
                switch Int32(-count) {
                case EAGAIN:
                    break
                case ENETDOWN:
                    // An interface went down; the socket remains usable, and the next call succeeds.
                    continue
                default:
                    // The error of an earlier packet of this socket: its details are in the error queue.
                    let errors = drainErrors(into: &engine)
                    if errors == 0 { continue }
                    total += errors
                }
                break
            }
            translator.refresh()
            for index in 0..<count { deliver(index, to: &engine, trace) }
            total += count
            if count < asked { translator.markEmpty() }
            if asked == 1 {
                // After a single expected packet, the next call of `receive` finds later ones. At
                // intervals, more are requested here all the same.
                singles &+= 1
                if singles % 16 == 0 { expectedCount = min(8, vector.capacity) }
                break
            }
            expectedCount = min(count < asked ? max(count, 1) : asked * 4, vector.capacity)
            if count < asked { break }
        }
        return total
    }

    private func deliver<E: Engine & ~Copyable>(_ index: Int, to engine: inout E, _ trace: ((PacketTrace) -> Void)?) {
        guard let source = vector.source(index) else { return }
        var details = ControlDetails()
        vector.forEachControl(index) { level, type, data in details.read(level, type, data) }
        let bytes = vector.bytes(index)
        let form: ReceivedPacket.Form = family == .v4 && level == .raw ? .datagram : .message
        if let trace {
            trace(
                PacketTrace(direction: .inbound, bytes: Array(bytes), family: family, startsAtMessage: form == .message)
            )
        }
        engine.receive(
            ReceivedPacket(
                bytes: bytes.bytes, form: form, arrival: translator.instant(ofStamp: details.stamp),
                source: source.address, destination: details.destination, hopLimit: details.hopLimit,
                ipv4Options: details.ipv4Options, interfaceIndex: details.interfaceIndex))
    }

    /// Reads the sending socket's queue of errors and transmit timestamps until it is empty.
    /// - Returns: the number of ICMP errors passed to the engine.
    func drainErrors<E: Engine & ~Copyable>(into engine: inout E) -> Int {
        hasQueuedError = false
        var errors = 0
        // Errors and timestamps contain the message that they are about.
        for _ in 0..<1024 {
            let count = vector.receive(from: sender.rawValue, flags: clinux_MSG_ERRQUEUE)
            guard count > 0 else { break }
            translator.refresh()
            for index in 0..<count {
                var details = ControlDetails()
                vector.forEachControl(index) { level, type, data in details.read(level, type, data) }
                guard let error = details.error else { continue }
                switch Int32(error.ee_origin) {
                case SO_EE_ORIGIN_TIMESTAMPING:
                    guard let token = tokens.token(ofPacket: error.ee_data), let stamp = details.transmitStamp else {
                        continue
                    }
                    let stage: TransmitStage = error.ee_info == UInt32(SCM_TSTAMP_SCHED) ? .queued : .sent
                    engine.transmitStamped(token, stage, at: translator.instantOfPast(stamp))
                case SO_EE_ORIGIN_LOCAL:
                    if error.ee_errno == UInt32(EMSGSIZE) { learnedMTU = Int(error.ee_info) }
                    errors += 1
                case SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6:
                    errors += 1
                    guard let target = vector.source(index), let offender = details.offender else { continue }
                    let report = ReceivedPacket.ErrorReport(
                        type: error.ee_type, code: error.ee_code, information: error.ee_info, offender: offender)
                    engine.receive(
                        ReceivedPacket(
                            bytes: vector.bytes(index).bytes, form: .quotedMessage(report),
                            arrival: translator.instant(ofStamp: details.stamp), source: target.address))
                default:
                    continue
                }
            }
        }
        return errors
    }

    /// Records the packets' numbers in the kernel's count of timestamps.
    func noteSent(_ batch: borrowing PacketBatch, _ range: Range<Int>) {
        guard configuration.wantsTransmitStamps else { return }
        for index in range { tokens.append(batch.entries[index].token) }
    }
}

/// The tokens of the last packets, by the number that the kernel assigns to
/// its transmit timestamps (SOF_TIMESTAMPING_OPT_ID).
struct StampedTokens {
    private var recent = [UInt64](repeating: 0, count: 64)
    private var count: UInt32 = 0

    mutating func append(_ token: UInt64) {
        recent[Int(count) % recent.count] = token
        count &+= 1
    }

    func token(ofPacket number: UInt32) -> UInt64? {
        number < count && count &- number <= UInt32(recent.count) ? recent[Int(number) % recent.count] : nil
    }
}

/// The control messages of one packet.
struct ControlDetails {
    /// The timestamp, in nanoseconds since 1970.
    var stamp: Int64?
    var transmitStamp: Int64?
    var hopLimit: UInt8?
    var ipv4Options: [UInt8] = []
    var destination: IPAddress?
    var interfaceIndex: UInt32 = 0
    var error: sock_extended_err?
    /// The sender of the error.
    var offender: IPAddress?

    mutating func read(_ level: Int32, _ type: Int32, _ data: UnsafeRawBufferPointer) {
        switch (level, type) {
        case (SOL_SOCKET, SO_TIMESTAMPNS) where data.count >= MemoryLayout<timespec>.size:
            stamp = Self.nanoseconds(data.loadUnaligned(as: timespec.self))
        case (SOL_SOCKET, SO_TIMESTAMPING) where data.count >= MemoryLayout<timespec>.size:
            transmitStamp = Self.nanoseconds(data.loadUnaligned(as: timespec.self))
        case (Int32(IPPROTO_IP), IP_TTL) where data.count >= 4,
            (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT) where data.count >= 4:
            hopLimit = UInt8(truncatingIfNeeded: data.loadUnaligned(as: Int32.self))
        case (Int32(IPPROTO_IP), IP_RECVOPTS):
            ipv4Options = Array(data)
        case (Int32(IPPROTO_IPV6), IPV6_PKTINFO) where data.count >= 20:
            destination = .v6(
                IPv6Address(
                    high: UInt64(bigEndian: data.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: data.loadUnaligned(fromByteOffset: 8, as: UInt64.self))))
            interfaceIndex = data.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        case (Int32(IPPROTO_IP), IP_RECVERR), (Int32(IPPROTO_IPV6), IPV6_RECVERR):
            let size = MemoryLayout<sock_extended_err>.size
            guard data.count >= size, let base = data.baseAddress else { return }
            error = data.loadUnaligned(as: sock_extended_err.self)
            if data.count >= size + MemoryLayout<sockaddr_in>.size {
                offender = SocketAddress.parse(base + size)?.address
            }
        default: break
        }
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
