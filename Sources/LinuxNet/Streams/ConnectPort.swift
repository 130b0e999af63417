import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// A port for engines that send SYNs, which needs no privilege: instead of sending a SYN it connects by the kernel's TCP
/// (connect(2)), and passes the engine the reply that the outcome stands for - a SYN-ACK, a reset, or an ICMP error.
///
/// These replies have no fields that the kernel does not report: window, options and time to live are 0. A connection
/// that is established is reset at once.
public struct ConnectPort: PacketPort, ~Copyable {
    public typealias Failure = SystemError

    /// A connection that is being opened.
    private struct Attempt {
        /// -1 if the slot is free.
        var socket: Int32 = -1
        /// Distinguishes the users of a slot.
        var generation: UInt32 = 0
        var syn = SYN()
    }

    /// An endpoint that is connected to.
    private struct Endpoint: Hashable {
        var address: IPAddress
        var port: UInt16
        var interface: UInt32
    }

    /// The maximum number of connections at a time, which bounds the memory of the kernel.
    private static let mostAttempts = 32_768
    /// The number of descriptors that are left to the rest of the process.
    private static let reserved = 32
    /// The age from which an attempt gives way to a new one when there are no more descriptors.
    private static let shortestLife = Nanoseconds.milliseconds(500)

    private let interface: String?
    private let poller: Descriptor
    private var waits: WaitSet
    private var attempts: [Attempt] = []
    private var free: [Int] = []
    private var capacity: Int
    /// The attempts by endpoint: a retry replaces the attempt before it.
    private var slots: [Endpoint: Int] = [:]
    /// The attempts in the order of their start, finished ones included, from `first` on.
    private var order: [(slot: Int, generation: UInt32)] = []
    private var firstInOrder = 0
    /// Attempts that ended within connect(2).
    private var ended: [(slot: Int, code: Int32)] = []
    private var events = [epoll_event](repeating: epoll_event(), count: 256)
    private var errors = ReceiveVector(capacity: 1, slotLength: 128)

    /// - Parameter interface: the only interface to use; nil for that of each route.
    public init(interface: String?, reactor: Reactor) throws(SystemError) {
        let opened = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard opened >= 0 else { throw .last("epoll_create1") }
        poller = Descriptor(owning: opened)
        waits = WaitSet(reactor, [opened])
        self.interface = interface
        capacity = min(max(CurrentProcess.raiseDescriptorLimit() - Self.reserved, 1), Self.mostAttempts)
    }

    deinit {
        for attempt in attempts where attempt.socket >= 0 { close(attempt.socket) }
    }

    public var now: Instant { SystemClock.now }

    // MARK: Sending

    public mutating func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) throws(SystemError) -> Int {
        let storage = batch.storage
        for index in first..<batch.count {
            let entry = batch.entries[index]
            let start = now
            let bytes = storage.rawBytes.extracting(entry.offset..<entry.offset + entry.length)
            guard let syn = SYN(bytes, interface: entry.interfaceIndex) else {
                // Not a SYN: the kernel resets its connections itself.
                engine.transmitted(entry.token, at: start)
                continue
            }
            do throws(SystemError) {
                guard try begin(syn, at: start) else { return index }
                engine.transmitted(entry.token, at: start)
            } catch {
                engine.transmissionFailed(
                    entry.token, TransmissionFailure(errorNumber: error.code), at: start)
            }
        }
        return batch.count
    }

    /// Starts to connect.
    /// - Returns: false if there is no descriptor or local port for it now.
    private mutating func begin(_ syn: SYN, at start: Instant) throws(SystemError) -> Bool {
        let endpoint = Endpoint(address: syn.target, port: syn.port, interface: syn.interface)
        if let earlier = slots[endpoint] { finish(earlier) }
        guard makeRoom(at: start) else { return false }
        let domain = syn.target.family == .v4 ? AF_INET : AF_INET6
        let socket = CLinux.socket(
            domain, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else {
            let error = SystemError.last("socket")
            guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code), !slots.isEmpty else { throw error }
            // The limit is lower than it seemed.
            capacity = max(slots.count, 1)
            return false
        }
        let code: Int32
        do throws(SystemError) {
            code = try connect(socket, domain, syn)
        } catch {
            close(socket)
            throw error
        }
        // No free local port for this endpoint, or no memory: later.
        if [EADDRNOTAVAIL, EAGAIN, ENOBUFS, ENOMEM].contains(code) {
            close(socket)
            return false
        }
        let slot = free.popLast() ?? attempts.count
        if slot == attempts.count { attempts.append(Attempt()) }
        let generation = attempts[slot].generation &+ 1
        attempts[slot] = Attempt(socket: socket, generation: generation, syn: syn)
        attempts[slot].syn.start = start
        slots[endpoint] = slot
        order.append((slot, generation))
        guard code == EINPROGRESS else {
            ended.append((slot, code))
            return true
        }
        var event = epoll_event(
            events: EPOLLOUT.rawValue | EPOLLONESHOT.rawValue,
            data: epoll_data_t(u64: UInt64(generation) << 32 | UInt64(slot)))
        guard epoll_ctl(poller.rawValue, EPOLL_CTL_ADD, socket, &event) == 0 else {
            let error = SystemError.last("epoll_ctl")
            finish(slot)
            throw error
        }
        return true
    }

    /// Connects a socket that reports errors with their senders and ends with a reset.
    /// - Returns: the error number of connect(2); 0 for success.
    private func connect(_ socket: Int32, _ domain: Int32, _ syn: SYN) throws(SystemError) -> Int32 {
        let (level, name) = domain == AF_INET ? (Int32(IPPROTO_IP), IP_RECVERR) : (Int32(IPPROTO_IPV6), IPV6_RECVERR)
        var (isOn, abort) = (Int32(1), linger(l_onoff: 1, l_linger: 0))
        setsockopt(socket, level, name, &isOn, socklen_t(MemoryLayout.size(ofValue: isOn)))
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout.size(ofValue: abort)))
        if let interface {
            let bytes = Array(interface.utf8) + [0]
            guard setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, bytes, socklen_t(bytes.count)) == 0 else {
                throw .last("SO_BINDTODEVICE \(interface)")
            }
        }
        let address = SocketAddress(syn.target, port: syn.port, scope: syn.interface)
        return address.withPointer { clinux_connect(socket, $0, $1) } == 0 ? 0 : clinux_errno()
    }

    /// Gives up the oldest attempt if there is no room for another.
    /// - Returns: false if it is too young for that.
    private mutating func makeRoom(at now: Instant) -> Bool {
        guard slots.count >= capacity else { return true }
        while firstInOrder < order.count {
            let (slot, generation) = order[firstInOrder]
            if attempts[slot].socket >= 0, attempts[slot].generation == generation {
                guard now - attempts[slot].syn.start >= Self.shortestLife else { return false }
                finish(slot)
                return true
            }
            firstInOrder += 1
        }
        return true
    }

    /// Closes the socket of an attempt.
    private mutating func finish(_ slot: Int) {
        let attempt = attempts[slot]
        guard attempt.socket >= 0 else { return }
        close(attempt.socket)
        attempts[slot].socket = -1
        free.append(slot)
        slots[Endpoint(address: attempt.syn.target, port: attempt.syn.port, interface: attempt.syn.interface)] = nil
        ended.removeAll { $0.slot == slot }
        // Finished ones at the start are of no use.
        while firstInOrder < order.count {
            let (slot, generation) = order[firstInOrder]
            guard attempts[slot].socket < 0 || attempts[slot].generation != generation else { break }
            firstInOrder += 1
        }
        guard firstInOrder > 4_096, firstInOrder * 2 > order.count else { return }
        order.removeFirst(firstInOrder)
        firstInOrder = 0
    }

    // MARK: Receiving

    public mutating func receive<E: Engine & ~Copyable>(into engine: inout E) throws(SystemError) -> Int {
        var total = 0
        for (slot, code) in ended {
            total += 1
            report(slot, code, to: &engine)
        }
        ended.removeAll(keepingCapacity: true)
        let count = epoll_wait(poller.rawValue, &events, Int32(events.count), 0)
        for index in 0..<Int(max(count, 0)) {
            let number = events[index].data.u64
            let slot = Int(number & 0xFFFF_FFFF)
            guard attempts[slot].socket >= 0, attempts[slot].generation == UInt32(number >> 32) else { continue }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(attempts[slot].socket, SOL_SOCKET, SO_ERROR, &code, &length)
            total += 1
            report(slot, code, to: &engine)
        }
        return total
    }

    /// Passes the outcome of an attempt to the engine, and ends the attempt.
    private mutating func report<E: Engine & ~Copyable>(_ slot: Int, _ code: Int32, to engine: inout E) {
        let (syn, arrival) = (attempts[slot].syn, now)
        let frame: [UInt8]?
        if code == 0 {
            frame = syn.reply([.syn, .ack])
        } else if let found = error(of: attempts[slot].socket, code) {
            // A firewall that rejects with an ICMP error may look like a reset to connect(2).
            frame = syn.error(found.type, found.code, from: found.sender)
        } else {
            // A failed attempt without a reply, such as a time-out, is none.
            frame = [ECONNREFUSED, ECONNRESET].contains(code) ? syn.reply([.rst, .ack]) : nil
        }
        finish(slot)
        guard let frame else { return }
        engine.receive(
            ReceivedPacket(
                frame: frame.rawBytes, arrival: arrival, interfaceIndex: syn.interface, hasPendingChecksum: true))
    }

    /// Returns the ICMP error that ended an attempt: from the socket's queue, otherwise by the error number; nil if it
    /// was no such error.
    private mutating func error(
        of socket: Int32, _ code: Int32
    ) -> (type: UInt8, code: UInt8, sender: IPAddress?)? {
        if errors.receive(from: socket, flags: clinux_MSG_ERRQUEUE) > 0 {
            var details = ControlDetails()
            errors.forEachControl(0) { level, type, data in details.read(level, type, data) }
            if let found = details.error, [SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6].contains(Int32(found.ee_origin)) {
                return (found.ee_type, found.ee_code, details.offender)
            }
        }
        switch code {
        case EHOSTUNREACH, EHOSTDOWN: return (3, 1, nil)
        case ENETUNREACH: return (3, 0, nil)
        case EACCES, EPERM: return (3, 13, nil)
        default: return nil
        }
    }

    // MARK: Waiting

    public mutating func wait(until deadline: Instant?) throws(SystemError) -> WakeReason {
        try waits.wait(until: ended.isEmpty ? deadline : now)
    }
}

/// The fields of a SYN, and the replies to it.
private struct SYN {
    var source: IPAddress = .v4(.unspecified)
    var target: IPAddress = .v4(.unspecified)
    var sourcePort: UInt16 = 0
    var port: UInt16 = 0
    var sequence: UInt32 = 0
    var interface: UInt32 = 0
    var start = Instant(nanoseconds: 0)

    init() {}

    /// Returns nil unless the bytes are a datagram with a SYN.
    init?(_ bytes: RawSpan, interface: UInt32) {
        guard let datagram = DatagramView(quoted: bytes), datagram.protocol == .tcp,
            let segment = try? TCPView(datagram.payload), segment.flags == .syn
        else { return nil }
        (source, target) = (datagram.source, datagram.destination)
        (sourcePort, port) = (segment.sourcePort, segment.destinationPort)
        sequence = segment.sequenceNumber
        self.interface = interface
    }

    /// The frame of a segment that acknowledges the SYN.
    func reply(_ flags: TCPFlags) -> [UInt8] {
        let segment = TCPSegment(
            sourcePort: port, destinationPort: sourcePort, sequenceNumber: 0, acknowledgmentNumber: sequence &+ 1,
            flags: flags, window: 0)
        return frame(segment.encoded(), .tcp, from: target)
    }

    /// The frame of an ICMP error about the SYN.
    /// - Parameter sender: nil if it is not known; then it is the target.
    func error(_ type: UInt8, _ code: UInt8, from sender: IPAddress?) -> [UInt8]? {
        let segment = TCPSegment(
            sourcePort: sourcePort, destinationPort: port, sequenceNumber: sequence, flags: .syn, window: 0)
        let quote = datagram(segment.encoded(), .tcp, from: source, to: target)
        let sender = sender?.family == source.family ? sender ?? target : target
        switch (sender, source) {
        case (.v6(let sender), .v6(let source)):
            // An error number stands for a code of ICMPv4; of ICMPv6 it is no route, prohibited, or no such address.
            let (type, code) = type == 3 ? (1, code == 0 ? 0 : code == 13 ? 1 : 3) : (type, code)
            let body = ICMPv6Message.Body.unknown(
                type: ICMPv6Type(rawValue: type), code: code, restOfHeader: 0, data: quote)
            return frame(
                ICMPv6Message(body, source: sender, destination: source).encoded(), .icmpv6, from: .v6(sender))
        default:
            let body = ICMPv4Message.Body.unknown(
                type: ICMPv4Type(rawValue: type), code: code, restOfHeader: 0, data: quote)
            return frame(ICMPv4Message(body).encoded(), .icmp, from: sender)
        }
    }

    private func frame(_ payload: [UInt8], _ proto: IPProtocol, from sender: IPAddress) -> [UInt8] {
        let header = EthernetHeader(
            destination: .unspecified, source: .unspecified, etherType: source.family == .v4 ? .ipv4 : .ipv6)
        return header.encoded() + datagram(payload, proto, from: sender, to: source)
    }

    /// A datagram whose time to live is 0: the kernel does not report it.
    private func datagram(
        _ payload: [UInt8], _ proto: IPProtocol, from sender: IPAddress, to receiver: IPAddress
    ) -> [UInt8] {
        switch (sender, receiver) {
        case (.v4(let sender), .v4(let receiver)):
            IPv4Header(
                source: sender, destination: receiver, protocol: proto, payloadLength: payload.count, timeToLive: 0
            ).encoded() + payload
        case (.v6(let sender), .v6(let receiver)):
            IPv6Header(
                source: sender, destination: receiver, nextHeader: proto, payloadLength: payload.count, hopLimit: 0
            ).encoded() + payload
        default: []
        }
    }
}
