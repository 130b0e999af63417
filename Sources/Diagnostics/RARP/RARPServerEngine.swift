import HostStack
import PacketEngine
import WireFormat

/// The parameters of a RARP server.
public struct RARPServerConfiguration: Sendable {
    public typealias Link = RARPModule.Link

    /// The links by interface index. Requests on other interfaces are ignored.
    public var links: [UInt32: Link]
    /// The table of MAC addresses.
    public var table: [MACAddress: IPv4Address]
    /// The maximum number of replies per second to one MAC address.
    public var rate = 10.0
    /// The duration of the run; nil for no limit.
    public var duration: Nanoseconds?

    public init(links: [UInt32: Link], table: [MACAddress: IPv4Address]) {
        self.links = links
        self.table = table
    }
}

/// The handling of one request.
public enum RARPServerEvent: Hashable, Sendable {
    /// Answered: the frame's source, the MAC address looked up, and the address returned.
    case answered(asker: MACAddress, mac: MACAddress, address: IPv4Address, interface: UInt32, at: Instant)
    /// Not answered because the MAC address is unknown.
    case unknown(asker: MACAddress, mac: MACAddress, interface: UInt32, at: Instant)
    /// Not answered because of the rate limit.
    case limited(asker: MACAddress, mac: MACAddress, interface: UInt32, at: Instant)
    case failed(TransmissionFailure)
}

/// The result of a server run.
public struct RARPServerSummary: Hashable, Sendable {
    public var requests = 0
    public var answered = 0
    public var unknown = 0
    public var limited = 0
    public var elapsed = Nanoseconds.zero
}

/// Answers RARP requests for the MAC addresses in its table (RFC 903) and ignores all others.
public struct RARPServerEngine: Engine, ~Copyable {
    public typealias Event = RARPServerEvent

    private struct Answer {
        var frame: [UInt8]
        var interface: UInt32
        var event: RARPServerEvent
    }

    /// Replies to send, and events to report.
    private static let longestQueue = 1_024
    /// The maximum number of refusals reported per second; the others are only counted.
    private static let mostRefusals = 20

    private var configuration: RARPServerConfiguration
    private var module: RARPModule
    private var queue: [Answer] = []
    private var sending: [UInt64: RARPServerEvent] = [:]
    private var nextToken: UInt64 = 0
    private var refusalSecond: Instant?
    private var refusals = 0
    private var start: Instant?
    private var end: Instant?
    private var isOver = false
    private var events: [RARPServerEvent] = []
    private var result = RARPServerSummary()

    public init(_ configuration: RARPServerConfiguration) {
        self.configuration = configuration
        module = RARPModule(configuration.table, rate: configuration.rate)
    }

    public var maximumPacketLength: Int { EthernetHeader.minimumFrameLength }
    public var batchCapacity: Int { 32 }

    public var summary: RARPServerSummary {
        var summary = result
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    /// Replaces the table.
    public mutating func serve(_ table: [MACAddress: IPv4Address], on links: [UInt32: RARPServerConfiguration.Link]) {
        configuration.links = links
        module.setTable(table)
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        if start == nil { start = now }
        let deadline = start.flatMap { start in configuration.duration.map { start + $0 } }
        if isOver || deadline.map({ $0 <= now }) ?? false {
            if end == nil { end = now }
            isOver = true
            return .finished
        }
        var taken = 0
        for answer in queue {
            guard batch.append(frame: answer.frame, token: nextToken, interface: answer.interface) else { break }
            sending[nextToken] = answer.event
            nextToken &+= 1
            taken += 1
        }
        queue.removeFirst(taken)
        if taken > 0 { return .at(now) }
        return deadline.map { .at($0) } ?? .never
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        guard let event = sending.removeValue(forKey: token) else { return }
        result.answered += 1
        report(event)
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        sending[token] = nil
        report(.failed(failure))
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let link = configuration.links[packet.interfaceIndex],
            let received = ReceivedARP(reverseRequest: packet.bytes)
        else { return }
        result.requests += 1
        let (asker, mac, interface) = (received.frameSource, received.packet.targetMAC, packet.interfaceIndex)
        let mayAnswer = queue.count < Self.longestQueue
        switch module.answer(received, on: link, mayAnswer: mayAnswer, at: packet.arrival) {
        case .unknown:
            result.unknown += 1
            refuse(.unknown(asker: asker, mac: mac, interface: interface, at: packet.arrival), at: packet.arrival)
        case .limited:
            result.limited += 1
            refuse(.limited(asker: asker, mac: mac, interface: interface, at: packet.arrival), at: packet.arrival)
        case .answered(let frame, let address):
            queue.append(
                Answer(
                    frame: frame, interface: interface,
                    event: .answered(
                        asker: asker, mac: mac, address: address, interface: interface, at: packet.arrival)))
        }
    }

    private mutating func refuse(_ event: RARPServerEvent, at now: Instant) {
        if refusalSecond.map({ now - $0 >= .seconds(1) }) ?? true {
            refusalSecond = now
            refusals = 0
        }
        refusals += 1
        if refusals <= Self.mostRefusals { report(event) }
    }

    private mutating func report(_ event: RARPServerEvent) {
        if events.count < Self.longestQueue { events.append(event) }
    }

    public mutating func stop(at now: Instant) {
        isOver = true
        if end == nil { end = now }
    }

    public mutating func drain(_ report: (RARPServerEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
