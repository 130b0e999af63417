import HostStack
import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("dhcp-discover on a simulated link")
struct DHCPDiscoverEngineTests {
    private static let us = MACAddress(rawValue: 0x0200_0000_0001)
    private static let address = IPv4Address(192, 0, 2, 100)

    /// A server, and what is wrong with its replies.
    private struct Server: Sendable {
        var mac = MACAddress(rawValue: 0x0200_0000_0002)
        var identifier = IPv4Address(192, 0, 2, 2)
        /// Replaces the options of an offer.
        var area: [UInt8]?
        var change: @Sendable (inout DHCPMessage) -> Void = { _ in }
        var changeDatagram: @Sendable (inout UDPDatagram) -> Void = { _ in }
        var changeFrame: @Sendable (inout [UInt8]) -> Void = { _ in }

        /// The offer that replies to a DHCPDISCOVER.
        func replies(to bytes: [UInt8]) -> [[UInt8]] {
            guard let frame = try? EthernetView(bytes.rawBytes), let datagram = try? DatagramView(frame.payload),
                let udp = try? UDPView(datagram.payload), let request = try? DHCPView(udp.payload),
                let client = request.clientMAC
            else { return [] }
            let own = [UInt8](rawValue: identifier.rawValue)
            var message = DHCPMessage(
                operation: 2, transactionID: request.transactionID, clientMAC: client,
                options: [
                    DHCPOption(53, [2]), DHCPOption(54, own), DHCPOption(51, [0, 0, 2, 88]), DHCPOption(3, own),
                    DHCPOption(15, Array("lab.example".utf8)),
                ])
            message.yourAddress = DHCPDiscoverEngineTests.address
            if let area { message.vendorArea = [0x63, 0x82, 0x53, 0x63] + area }
            change(&message)
            var reply = UDPDatagram(sourcePort: 67, destinationPort: 68, data: message.encoded())
            reply.updateChecksum(source: .v4(identifier), destination: .v4(.limitedBroadcast))
            changeDatagram(&reply)
            let header = IPv4Header(
                source: identifier, destination: .limitedBroadcast, protocol: .udp, payloadLength: reply.byteCount)
            var answer =
                EthernetHeader(destination: .broadcast, source: mac, etherType: .ipv4).encoded()
                + header.encoded() + reply.encoded()
            changeFrame(&answer)
            return [answer]
        }
    }

    private struct Outcome {
        var summary: DHCPDiscoverSummary
        var events: [DHCPDiscoverEvent]
        var log: [(at: Instant, bytes: [UInt8])]

        var offers: [DHCPOffer] { events.compactMap { if case .offer(let offer) = $0 { offer } else { nil } } }
        var reasons: [DHCPRejectedReply.Reason] {
            events.compactMap { if case .rejected(let reply) = $0 { reply.reason } else { nil } }
        }
    }

    private func discover(
        _ servers: [Server], seconds: Int64 = 2, seed: UInt64 = 1, loss: Double = 0,
        configure: (inout DHCPDiscoverConfiguration) -> Void = { _ in }
    ) -> Outcome {
        var configuration = DHCPDiscoverConfiguration(mac: Self.us, seed: seed)
        configuration.duration = .seconds(seconds)
        configuration.reportsRejected = true
        configure(&configuration)
        var engine = DHCPDiscoverEngine(configuration)
        var network = SimulatedNetwork(seed: seed)
        network.keepsLog = true
        network.faults.loss = loss
        network.link = SimulatedLink(responders: servers.map { server in { server.replies(to: $0) } })
        var recorder = Recorder<DHCPDiscoverEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        return Outcome(summary: engine.summary, events: recorder.events, log: network.log)
    }

    @Test("a broadcast DHCPDISCOVER with the broadcast flag and options, and no DHCPREQUEST")
    func request() throws {
        let outcome = discover([Server()]) {
            $0.requestedOptions = [224, 3]
            $0.options = [DHCPOption(60, Array("class".utf8)), DHCPOption(57, [3, 0])]
        }
        #expect(outcome.log.count == 1 && outcome.summary.sent == 1)
        let bytes = try #require(outcome.log.first?.bytes)
        let frame = try EthernetView(bytes.rawBytes)
        #expect(frame.destination == .broadcast && frame.source == Self.us)
        let datagram = try DatagramView(frame.payload)
        #expect(datagram.source == .v4(.unspecified) && datagram.destination == .v4(.limitedBroadcast))
        let udp = try UDPView(datagram.payload)
        #expect(udp.sourcePort == 68 && udp.destinationPort == 67)
        #expect(udp.checksumState(source: datagram.source, destination: datagram.destination) == .correct)
        let message = try DHCPView(udp.payload)
        #expect(message.operation == 1 && message.isBroadcast && message.clientMAC == Self.us)
        #expect(message.clientAddress == .unspecified && message.bytes.byteCount >= 300)
        let options = DHCPOptions(message)
        #expect(options.messageType == .discover && options.problem == nil && options[57] == [3, 0])
        let requested = try #require(options[55])
        #expect(requested.last == 224 && requested.count { $0 == 3 } == 1 && options[60] == Array("class".utf8))
    }

    @Test("an offer: address, server, lease time, options, round-trip time")
    func offer() throws {
        let outcome = discover([
            Server(change: {
                $0.relayAddress = IPv4Address(192, 0, 2, 254)
                $0.file = Array("image".utf8)
            })
        ])
        let offer = try #require(outcome.offers.first)
        #expect(offer.address == Self.address && offer.server == IPv4Address(192, 0, 2, 2))
        #expect(offer.serverMAC == MACAddress(rawValue: 0x0200_0000_0002) && offer.leaseTime == 600)
        #expect(offer.relay == IPv4Address(192, 0, 2, 254) && offer.bootFile == Array("image".utf8))
        #expect(offer.options.map(\.code) == [53, 54, 51, 3, 15] && offer.roundTrip >= .milliseconds(1))
        #expect(outcome.summary.servers == 1 && outcome.summary.elapsed.wholeMilliseconds == 2_000)
        #expect(outcome.reasons.isEmpty)
    }

    @Test("every server once, though each replies to every message; a copied server address does not hide a server")
    func servers() {
        let other = Server(mac: MACAddress(rawValue: 0x0200_0000_0066), identifier: IPv4Address(192, 0, 2, 66))
        let copy = Server(mac: MACAddress(rawValue: 0x0200_0000_0067))
        let outcome = discover([Server(), other, copy], seconds: 20)
        #expect(outcome.offers.map(\.serverMAC.rawValue) == [0x0200_0000_0002, 0x0200_0000_0066, 0x0200_0000_0067])
        #expect(outcome.summary.sent == 3 && outcome.summary.received == 9 && outcome.summary.servers == 3)
    }

    @Test("repeated after 4, 8, 16, 32, 64 and 64 seconds, each 1 second less or more", arguments: 0..<20)
    func backoff(seed: UInt64) throws {
        let outcome = discover([], seconds: 200, seed: seed)
        let times = outcome.log.map { ($0.at - outcome.log[0].at).seconds }
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        for (pause, expected) in zip(pauses, [4.0, 8, 16, 32, 64, 64]) {
            #expect(abs(pause - expected) <= 1.001, "seed \(seed): \(pauses)")
        }
        #expect((6...7).contains(times.count) && outcome.summary.elapsed.wholeMilliseconds == 200_000)
        let messages = try outcome.log.map { entry in
            try DHCPMessage(DHCPView(entry.bytes.rawBytes.dropping(42)))
        }
        #expect(Set(messages.map(\.transactionID)).count == messages.count)
        #expect(zip(messages, times).allSatisfy { abs(Double($0.seconds) - $1) <= 1 })
    }

    @Test("no server: nothing is found when the time is up, half a second too")
    func silence() {
        let outcome = discover([]) { $0.duration = .milliseconds(500) }
        #expect(outcome.summary.sent == 1 && outcome.summary.servers == 0)
        #expect(outcome.summary.elapsed.wholeMilliseconds == 500)
    }

    @Test("with loss the message is repeated until the server replies", arguments: 0..<40)
    func loss(seed: UInt64) {
        let outcome = discover([Server()], seconds: 600, seed: seed, loss: 0.3)
        #expect(outcome.offers.count == 1, "seed \(seed)")
    }

    @Test("a failure to send ends the run")
    func failure() {
        var engine = DHCPDiscoverEngine(DHCPDiscoverConfiguration(mac: Self.us, seed: 1))
        var network = SimulatedNetwork(seed: 1)
        network.downFrom = network.now
        var recorder = Recorder<DHCPDiscoverEngine>()
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        #expect(recorder.events.isEmpty && engine.summary.failure == .interface("Network is down"))
    }

    // MARK: Replies that are rejected

    private static let offerArea: [UInt8] = [53, 1, 2, 54, 4, 192, 0, 2, 2]

    private func reject(_ reason: DHCPRejectedReply.Reason, _ server: Server) {
        let outcome = discover([server])
        #expect(outcome.offers.isEmpty && outcome.reasons == [reason] && outcome.summary.rejected == 1)
    }

    private func malformed(_ field: String, at offset: Int, _ reason: ParseError.Reason)
        -> DHCPRejectedReply.Reason
    {
        .malformed(ParseError(layer: .dhcp, field: field, offset: offset, reason: reason))
    }

    @Test("options that overrun, that have no end, and overload that leads nowhere")
    func options() {
        reject(
            malformed("option 12", at: 249, .truncated(needed: 202, available: 4)),
            Server(area: Self.offerArea + [12, 200, 97, 255]))
        reject(malformed("end option", at: 249, .truncated(needed: 1, available: 0)), Server(area: Self.offerArea))
        reject(malformed("overload", at: 240, .invalid(value: 9)), Server(area: Self.offerArea + [52, 1, 9, 255]))
        reject(
            malformed("end option", at: 236, .truncated(needed: 1, available: 0)),
            Server(area: Self.offerArea + [52, 1, 1, 255]))
        reject(
            malformed("option 15", at: 104, .truncated(needed: 82, available: 4)),
            Server(area: Self.offerArea + [52, 1, 2, 255]) {
                $0.serverName = [UInt8](repeating: 0, count: 60) + [15, 80, 97, 98]
            })
        reject(
            .malformed(
                .init(layer: .dhcp, field: "header", offset: 0, reason: .truncated(needed: 236, available: 200))),
            Server(changeDatagram: {
                $0.data = Array($0.data.prefix(200))
                $0.updateChecksum(source: .v4(IPv4Address(192, 0, 2, 2)), destination: .v4(.limitedBroadcast))
            }))
    }

    @Test("replies of another transaction, for another client, without a server, and messages that are no offer")
    func fields() {
        let other = MACAddress(rawValue: 0x0200_0000_0009)
        reject(.transactionID(5), Server { $0.transactionID = 5 })
        reject(.otherClient(other), Server { $0.hardwareAddress = [2, 0, 0, 0, 0, 9] })
        reject(.otherClient(nil), Server { $0.hardwareLength = 16 })
        reject(.operation(1), Server { $0.operation = 1 })
        reject(.bootstrapProtocol, Server { $0.vendorArea[0] = 0 })
        reject(.bootstrapProtocol, Server(area: [54, 4, 192, 0, 2, 2, 255]))
        reject(.bootstrapProtocol, Server(area: [53, 2, 2, 2, 54, 4, 192, 0, 2, 2, 255]))
        reject(.messageType(.acknowledgment), Server(area: [53, 1, 5, 54, 4, 192, 0, 2, 2, 255]))
        reject(.messageType(.negativeAcknowledgment), Server(area: [53, 1, 6, 54, 4, 192, 0, 2, 2, 255]))
        reject(.serverIdentifier, Server(area: [53, 1, 2, 255]))
        reject(.serverIdentifier, Server(area: [53, 1, 2, 54, 3, 192, 0, 2, 255]))
        reject(.serverIdentifier, Server(area: [53, 1, 2, 54, 4, 0, 0, 0, 0, 255]))
        for address in [IPv4Address.unspecified, .limitedBroadcast, IPv4Address(239, 1, 1, 1)] {
            reject(.address(address), Server { $0.yourAddress = address })
        }
        reject(.sender, Server(mac: MACAddress(rawValue: 0x0100_5E00_0001)))
        reject(.sender, Server(mac: .unspecified))
    }

    @Test("checksums, lengths and fragments; no checksum is valid")
    func datagrams() {
        reject(.checksum(.udp), Server(changeDatagram: { $0.checksum ^= 1 }))
        reject(.checksum(.ipv4), Server(changeFrame: { $0[24] ^= 1 }))
        reject(.fragment, Server(changeFrame: { Self.setFragment(&$0, 0x2000) }))
        let length = ParseError(layer: .udp, field: "length", offset: 4, reason: .invalid(value: 5_000))
        reject(.malformed(length), Server(changeDatagram: { $0.length = 5_000 }))
        let without = discover([Server(changeDatagram: { $0.checksum = 0 })])
        #expect(without.offers.count == 1)
        // Another port, a later fragment, and another protocol are not for this client.
        for server in [
            Server(changeDatagram: { $0.destinationPort = 69 }), Server(changeDatagram: { $0.sourcePort = 69 }),
            Server(changeFrame: { Self.setFragment(&$0, 1) }), Server(changeFrame: { $0[23] = 6 }),
        ] {
            let outcome = discover([server])
            #expect(outcome.events.isEmpty)
        }
    }

    /// Sets flags and fragment offset of a frame's datagram, and its header checksum to the sum.
    private static func setFragment(_ frame: inout [UInt8], _ value: UInt16) {
        frame.replaceSubrange(20..<22, with: [UInt8(value >> 8), UInt8(value & 0xFF)])
        frame.replaceSubrange(24..<26, with: [0, 0])
        let sum = InternetChecksum.of(frame.rawBytes.extracting(14..<34))
        frame.replaceSubrange(24..<26, with: [UInt8(sum >> 8), UInt8(sum & 0xFF)])
    }

    @Test("of a flood of rejected replies 20 per second are reported")
    func flood() {
        let server = Server { $0.transactionID = 5 }
        let outcome = discover([Server](repeating: server, count: 500))
        #expect(outcome.reasons.count == 20 && outcome.summary.rejected == 500)
        let quiet = discover([server]) { $0.reportsRejected = false }
        #expect(quiet.events.isEmpty && quiet.summary.rejected == 1)
    }

    @Test("offers cut at every length, and with any bit turned: no trap", arguments: 0..<8)
    func altered(seed: UInt64) {
        let servers = (0..<300).map { number in
            Server(changeFrame: { frame in
                var random = SeededGenerator(seed: seed &* 1_000 &+ UInt64(number))
                if Bool.random(using: &random) {
                    frame.removeLast(Int.random(in: 1...frame.count, using: &random))
                } else {
                    frame[Int.random(in: 14..<frame.count, using: &random)] ^=
                        1 << UInt8.random(in: 0...7, using: &random)
                }
            })
        }
        let outcome = discover(servers)
        // A checksum covers every byte after the Ethernet header.
        #expect(outcome.offers.isEmpty, "seed \(seed)")
    }
}

extension [UInt8] {
    /// The bytes of a number in network byte order.
    fileprivate init(rawValue: UInt32) { self = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (24 - 8 * $0)) } }
}
