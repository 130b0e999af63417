import HostStack
import PacketEngine
import WireFormat

/// Broadcasts DHCPDISCOVER and collects the offers of all servers until the time is up. It never sends DHCPREQUEST, so
/// that no server binds an address (RFC 2131, section 3.1).
///
/// The message is repeated after 4, 8, 16, 32 and 64 seconds, each one second less or more (section 4.1), with a
/// transaction ID of its own, so that an offer's round-trip time is that of the message it answers.
public struct DHCPDiscoverEngine: LinkEngine, ~Copyable {
    public typealias Event = DHCPDiscoverEvent

    private struct Server: Hashable {
        var address: IPv4Address
        var mac: MACAddress
    }

    /// The maximum number of servers kept, a bound against floods.
    private static let maximumServers = 1_024
    private static let longestPause = Nanoseconds.seconds(64)

    private let configuration: DHCPDiscoverConfiguration
    private let firstTransaction: UInt32
    private var random: SeededGenerator
    /// The send time of each message, in the order of the transaction IDs.
    private var sendTimes: [Instant?] = []
    private var isPending = false
    private var pause = Nanoseconds.seconds(4)
    private var due: Instant?
    private var servers: Set<Server> = []
    private var start: Instant?
    private var end: Instant?
    private var isOver = false
    private var rejections: AllowancePerSecond
    private var events: [DHCPDiscoverEvent] = []
    private var result = DHCPDiscoverSummary()

    public init(_ configuration: DHCPDiscoverConfiguration) {
        self.configuration = configuration
        random = SeededGenerator(seed: configuration.seed)
        firstTransaction = UInt32(truncatingIfNeeded: random.next())
        rejections = .ignoredReplies(isWanted: configuration.reportsRejected)
    }

    public var maximumPacketLength: Int { Self.frame(configuration, transactionID: 0, seconds: 0).count }
    public var batchCapacity: Int { 1 }

    public var summary: DHCPDiscoverSummary {
        var summary = result
        summary.servers = servers.count
        summary.elapsed = start.map { (end ?? $0) - $0 } ?? .zero
        return summary
    }

    // MARK: Sending

    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Deadline {
        let start = self.start ?? now
        self.start = start
        let deadline = start + configuration.duration
        guard !isOver, now < deadline else { return finish(at: now) }
        if let due, due > now { return .at(min(due, deadline)) }
        guard !isPending else { return .at(now) }
        let frame = Self.frame(
            configuration, transactionID: firstTransaction &+ UInt32(truncatingIfNeeded: sendTimes.count),
            seconds: UInt16(clamping: (now - start).wholeMilliseconds / 1_000))
        guard batch.append(frame: frame, token: UInt64(sendTimes.count)) else { return .at(now) }
        isPending = true
        sendTimes.append(nil)
        due = now + pause + .milliseconds(Int64.random(in: -1_000...1_000, using: &random))
        pause = min(pause + pause, Self.longestPause)
        return .at(now)
    }

    private mutating func finish(at now: Instant) -> Deadline {
        stop(at: now)
        return .finished
    }

    public mutating func stop(at now: Instant) {
        isOver = true
        if end == nil { end = now }
    }

    public mutating func transmitted(_ token: UInt64, at instant: Instant, isExact: Bool) {
        isPending = false
        result.sent += 1
        guard let index = Int(exactly: token), sendTimes.indices.contains(index) else { return }
        sendTimes[index] = instant
    }

    public mutating func transmissionFailed(_ token: UInt64, _ failure: TransmissionFailure, at instant: Instant) {
        isPending = false
        result.failure = failure
        isOver = true
    }

    /// Returns a DHCPDISCOVER frame from 0.0.0.0 to the broadcast address of the link.
    static func frame(
        _ configuration: DHCPDiscoverConfiguration, transactionID: UInt32, seconds: UInt16
    ) -> [UInt8] {
        let code = DHCPOption.Code.self
        let usual = DHCPDiscoverConfiguration.usualOptions
        let requested = usual + configuration.requestedOptions.filter { !usual.contains($0) }
        var options = [
            DHCPOption(code.messageType, [DHCPMessageType.discover.rawValue]),
            DHCPOption(code.parameterRequestList, requested),
        ]
        if !configuration.options.contains(where: { $0.code == code.maximumMessageSize }) {
            let size = configuration.maximumMessageSize
            options.append(DHCPOption(code.maximumMessageSize, [UInt8(size >> 8), UInt8(size & 0xFF)]))
        }
        var message = DHCPMessage(
            operation: 1, transactionID: transactionID, clientMAC: configuration.mac,
            options: options + configuration.options)
        message.seconds = seconds
        message.flags = 0x8000
        var datagram = UDPDatagram(
            sourcePort: DHCPView.clientPort, destinationPort: DHCPView.serverPort, data: message.encoded())
        datagram.updateChecksum(source: .v4(.unspecified), destination: .v4(.limitedBroadcast))
        let header = IPv4Header(
            source: .unspecified, destination: .limitedBroadcast, protocol: .udp, payloadLength: datagram.byteCount)
        return EthernetHeader(destination: .broadcast, source: configuration.mac, etherType: .ipv4).encoded()
            + header.encoded() + datagram.encoded()
    }

    // MARK: Receiving

    public mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame, !isOver, let frame = ReceivedFrame(packet.bytes),
            let datagram = frame.datagram(in: packet.bytes), datagram.family == .v4, datagram.protocol == .udp,
            !datagram.isLaterFragment, let udp = try? UDPView(datagram.payload),
            udp.sourcePort == DHCPView.serverPort, udp.destinationPort == DHCPView.clientPort
        else { return }
        if let reason = Self.problem(of: datagram, udp, hasPendingChecksum: packet.hasPendingChecksum)
            ?? (frame.source.isStation ? nil : .sender)
        {
            return reject(frame.source, reason, at: packet.arrival)
        }
        do throws(ParseError) {
            let message = try DHCPView(udp.payload)
            if let reason = take(message, from: frame.source, at: packet.arrival) {
                reject(frame.source, reason, at: packet.arrival)
            }
        } catch {
            reject(frame.source, .malformed(error), at: packet.arrival)
        }
    }

    /// Returns why the datagram is incomplete or corrupted; nil if it is neither.
    private static func problem(
        of datagram: borrowing DatagramView, _ udp: borrowing UDPView, hasPendingChecksum: Bool
    ) -> DHCPRejectedReply.Reason? {
        if datagram.isFragment { return .fragment }
        if datagram.hasIncorrectHeaderChecksum { return .checksum(.ipv4) }
        let length = udp.datagramLength
        guard length >= UDPView.headerLength, length <= udp.bytes.byteCount else {
            return .malformed(
                ParseError(layer: .udp, field: "length", offset: 4, reason: .invalid(value: UInt64(udp.length))))
        }
        let state = udp.checksumState(source: datagram.source, destination: datagram.destination)
        return state == .incorrect && !hasPendingChecksum ? .checksum(.udp) : nil
    }

    /// Records an offer.
    /// - Returns: why the message is not an offer to this client; nil if it is one.
    private mutating func take(
        _ message: borrowing DHCPView, from source: MACAddress, at arrival: Instant
    ) -> DHCPRejectedReply.Reason? {
        guard message.operation == 2 else { return .operation(message.operation) }
        let index = Int(message.transactionID &- firstTransaction)
        guard index < sendTimes.count, let sent = sendTimes[index] else {
            return .transactionID(message.transactionID)
        }
        guard message.clientMAC == configuration.mac else { return .otherClient(message.clientMAC) }
        let options = DHCPOptions(message)
        if let problem = options.problem { return .malformed(problem) }
        guard message.hasMagicCookie, let type = options.messageType else { return .bootstrapProtocol }
        guard type == .offer else { return .messageType(type) }
        guard let server = options.serverIdentifier, server.isHostAddress else { return .serverIdentifier }
        let address = message.yourAddress
        guard address.isHostAddress else { return .address(address) }
        result.received += 1
        guard servers.count < Self.maximumServers, servers.insert(Server(address: server, mac: source)).inserted else {
            return nil
        }
        func text(_ field: RawSpan) -> [UInt8] { Array(field.copied().prefix { $0 != 0 }) }
        let (relay, nextServer) = (message.relayAddress, message.nextServerAddress)
        events.append(
            .offer(
                DHCPOffer(
                    address: address, server: server, serverMAC: source, leaseTime: options.leaseTime,
                    relay: relay.isUnspecified ? nil : relay, nextServer: nextServer.isUnspecified ? nil : nextServer,
                    bootServerName: options.isServerNameOverloaded ? [] : text(message.serverName),
                    bootFile: options.isFileOverloaded ? [] : text(message.file), options: options.list,
                    roundTrip: max(arrival - sent, .zero), arrival: arrival)))
        return nil
    }

    private mutating func reject(_ source: MACAddress, _ reason: DHCPRejectedReply.Reason, at now: Instant) {
        result.rejected += 1
        guard rejections.take(at: now) else { return }
        events.append(.rejected(DHCPRejectedReply(source: source, reason: reason)))
    }

    public mutating func drain(_ report: (DHCPDiscoverEvent) -> Void) {
        guard !events.isEmpty else { return }
        for event in events { report(event) }
        events.removeAll(keepingCapacity: true)
    }
}
