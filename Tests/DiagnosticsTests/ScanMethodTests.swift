import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// A scan of UDP ports, which exists only here: it shows that the engine of scans does not depend on TCP.
private struct UDPTestMethod: ScanMethod {
    static var silence: ScanState { .openOrFiltered }
    /// RFC 1812, section 4.3.2.8, and RFC 4443, section 2.4 (f), ask for a limit of errors.
    static var limitsClosedReplies: Bool { true }

    private let cookie: ScanCookie
    private let links: [ScanLink]

    init(_ configuration: ScanConfiguration, source: SourceHost?) {
        cookie = ScanCookie(key: configuration.key)
        links = configuration.routes.map(\.link)
    }

    /// A datagram whose data is the cookie.
    private func datagram(
        from source: IPAddress, _ sourcePort: UInt16, to target: IPAddress, _ port: UInt16
    ) -> UDPDatagram {
        let number = cookie.sequence(source: source, sourcePort: sourcePort, destination: target, destinationPort: port)
        let data = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
        var datagram = UDPDatagram(sourcePort: sourcePort, destinationPort: port, data: data)
        datagram.updateChecksum(source: source, destination: target)
        return datagram
    }

    func append(_ probe: ScanProbe, token: UInt64, to batch: inout PacketBatch) -> Bool {
        let link = links[probe.route]
        guard case .v4(let source) = link.source, case .v4(let target) = probe.target, let mac = link.mac else {
            return true
        }
        let payload = datagram(from: link.source, probe.sourcePort, to: probe.target, probe.port).encoded()
        let frame =
            EthernetHeader(destination: .broadcast, source: mac, etherType: .ipv4).encoded()
            + IPv4Header(source: source, destination: target, protocol: .udp, payloadLength: payload.count).encoded()
            + payload
        return batch.append(frameOf: frame.count, token: token, interface: 0) { bytes, offset in
            bytes.copy(frame, at: offset)
        }
    }

    /// A reply has the cookie in its data, as one of DNS has the query's identifier.
    func read(_ payload: RawSpan, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket) -> ScanReply {
        guard let reply = try? UDPView(payload),
            reply.checksumState(source: ends.source, destination: ends.destination) == .correct,
            reply.payload.copied()
                == datagram(from: ends.destination, reply.destinationPort, to: ends.source, reply.sourcePort).data
        else { return .refused }
        return .state(
            .open, .datagram, port: reply.sourcePort, sourcePort: reply.destinationPort, halfOpen: nil)
    }

    /// The checksum of the quoted datagram covers the cookie. Only the target itself knows that a port is closed.
    func state(ofError code: UInt8, quoting quote: borrowing DatagramView, from sender: IPAddress) -> ScanState? {
        guard let sourcePort = quote.sourcePort, let port = quote.destinationPort,
            quote.udpLengthAndChecksum?.checksum
                == datagram(from: quote.source, sourcePort, to: quote.destination, port).checksum
        else { return nil }
        return code == 3 && sender == quote.destination ? .closed : .filtered
    }
}

@Suite("a scan of another protocol than TCP")
struct ScanMethodTests {
    typealias Answers = [(frame: [UInt8], delay: Nanoseconds)]
    private static let router = IPv4Address(192, 0, 2, 254)

    /// A probe as its target receives it.
    private struct Probe {
        var source: IPv4Address
        var target: IPv4Address
        var datagram: UDPDatagram
        var packet: [UInt8]
        var at: Instant

        /// Nil unless it is a UDP datagram with correct checksums.
        init?(_ frame: [UInt8], at: Instant) {
            let packet = Array(frame.dropFirst(14))
            guard let header = try? IPv4View(packet.rawBytes), header.checksumState == .correct,
                let view = try? UDPView(header.payload),
                view.checksumState(source: .v4(header.source), destination: .v4(header.destination)) == .correct
            else { return nil }
            (source, target, datagram) = (header.source, header.destination, UDPDatagram(view))
            (self.packet, self.at) = (packet, at)
        }

        private func reply(_ payload: [UInt8], _ number: IPProtocol, from sender: IPv4Address) -> Answers {
            let header = IPv4Header(
                source: sender, destination: source, protocol: number, payloadLength: payload.count)
            return [(SimulatedProbe.frame(of: header.encoded() + payload), .milliseconds(1))]
        }

        /// The reply of an echo service.
        func echo(_ change: (inout [UInt8]) -> Void = { _ in }) -> Answers {
            var data = datagram.data
            change(&data)
            var reply = UDPDatagram(
                sourcePort: datagram.destinationPort, destinationPort: datagram.sourcePort, data: data)
            reply.updateChecksum(source: .v4(target), destination: .v4(source))
            return self.reply(reply.encoded(), .udp, from: target)
        }

        /// A destination unreachable message.
        func error(
            _ code: UInt8, from sender: IPv4Address? = nil, _ change: (inout [UInt8]) -> Void = { _ in }
        ) -> Answers {
            var quote = Array(packet.prefix(28))
            change(&quote)
            let message = ICMPv4Message(
                .unknown(type: .destinationUnreachable, code: code, restOfHeader: 0, data: quote))
            return reply(message.encoded(), .icmp, from: sender ?? target)
        }
    }

    private struct Outcome {
        var findings: [UInt16: ScanFinding] = [:]
        var hosts: [UnreliableHost] = []
        var summary: ScanSummary
        var elapsed: Nanoseconds

        func ports(_ state: ScanState) -> [UInt16] { findings.filter { $0.value.state == state }.map(\.key).sorted() }
    }

    private static func run(
        ports: [UInt16], seed: UInt64, faults: SimulatedNetwork.Faults = .init(delay: .zero ... .zero),
        _ answers: @escaping (Probe) -> Answers
    ) throws -> Outcome {
        let configuration = try SYNScanEngineTests.configuration("198.18.0.1", ports: ports, seed: seed) {
            $0.transport = .udp
            $0.rate = 1_000
        }
        var network = SimulatedNetwork(seed: seed, faults: faults)
        network.frames = { frame, at in Probe(frame, at: at).map(answers) ?? [] }
        var engine = ScanEngine<UDPTestMethod>(configuration)
        var recorder = Recorder<ScanEngine<UDPTestMethod>>()
        let start = network.now
        EngineLoop.run(&engine, on: &network, observer: &recorder)
        var outcome = Outcome(summary: engine.summary, elapsed: network.now - start)
        for event in recorder.events {
            switch event {
            case .finding(let finding):
                #expect(outcome.findings.updateValue(finding, forKey: finding.port) == nil, "seed \(seed)")
            case .unreliable(let host): outcome.hosts.append(host)
            default: break
            }
        }
        return outcome
    }

    @Test("open, closed, filtered, and without a reply; only replies that have the cookie count")
    func states() throws {
        let outcome = try Self.run(ports: Array(1...8), seed: 1) { probe in
            switch probe.datagram.destinationPort {
            case 1: probe.echo()
            case 2: probe.error(3)
            case 3: probe.error(13, from: Self.router)
            case 4: probe.error(3, from: Self.router)
            // Forged: other data, an error about another datagram, a code that shows no state.
            case 5: probe.echo { $0[0] ^= 1 }
            case 6: probe.error(3) { $0[26] ^= 1 }
            case 7: probe.error(4)
            default: []
            }
        }
        #expect(outcome.ports(.open) == [1] && outcome.ports(.closed) == [2], "\(outcome.findings)")
        #expect(outcome.ports(.filtered) == [3, 4] && outcome.ports(.openOrFiltered) == [5, 6, 7, 8])
        #expect(outcome.findings[1]?.reason == .datagram && outcome.findings[8]?.reason == .noResponse)
        #expect(outcome.findings[2]?.roundTrip.map { $0 >= .milliseconds(1) } == true)
        let summary = outcome.summary
        #expect(summary.open == 1 && summary.closed == 1 && summary.filtered == 2 && summary.openOrFiltered == 4)
        #expect(summary.decided == 8 && summary.refused > 8 && summary.unresolved == 0, "\(summary)")
        #expect(outcome.hosts.isEmpty && outcome.findings.values.allSatisfy(\.isReliable))
        #expect(outcome.elapsed < .seconds(30), "\(outcome.elapsed)")
    }

    @Test("loss: retries find every port", arguments: 0..<5)
    func loss(round: Int) throws {
        let seed = UInt64.random(in: 0...(.max))
        let outcome = try Self.run(
            ports: Array(1...200), seed: seed, faults: .init(loss: 0.1, delay: .zero ... .milliseconds(10))
        ) { $0.datagram.destinationPort % 2 == 0 ? $0.echo() : $0.error(3) }
        let found = outcome.summary.open + outcome.summary.closed
        #expect(found == 200 && outcome.hosts.isEmpty, "seed \(seed): \(outcome.summary)")
    }

    private static let open: [UInt16] = [2, 13, 24]
    private static let unanswered: [UInt16] = [5, 20]

    /// A host that sends 1 ICMP error per second, as Linux does.
    private static func limited() -> (Probe) -> Answers {
        var limit = AnswerLimit(.bucket(rate: 1, burst: 6))
        return { probe in
            let port = probe.datagram.destinationPort
            if open.contains(port) { return probe.echo() }
            return !unanswered.contains(port) && limit.allows(at: probe.at) ? probe.error(3) : []
        }
    }

    @Test(
        "a host that sends 1 ICMP error per second is probed at that rate: its closed ports are closed",
        arguments: 0..<5)
    func limit(round: Int) throws {
        let seed = UInt64.random(in: 0...(.max))
        let outcome = try Self.run(ports: Array(1...30), seed: seed, Self.limited())
        #expect(outcome.ports(.open) == Self.open && outcome.hosts.isEmpty, "seed \(seed): \(outcome.hosts)")
        #expect(outcome.ports(.openOrFiltered) == Self.unanswered, "seed \(seed): \(outcome.summary)")
        #expect(outcome.findings.values.allSatisfy(\.isReliable) && outcome.summary.unresolved == 0, "seed \(seed)")
        // 19 of 25 closed ports answer 1 per second; then each of 2 other ports takes up to 25 tries, 2 per second.
        #expect((.seconds(19) ... .seconds(46)).contains(outcome.elapsed), "seed \(seed): \(outcome.elapsed)")
    }

    @Test("a host that would take too long is reported, and no port of it as filtered", arguments: 0..<5)
    func tooSlow(round: Int) throws {
        let seed = UInt64.random(in: 0...(.max))
        let outcome = try Self.run(ports: Array(1...500), seed: seed, Self.limited())
        let host = try #require(outcome.hosts.first, "seed \(seed): \(outcome.summary)")
        #expect(outcome.hosts.count == 1 && host.rate.map { (0.5...2.5).contains($0) } == true, "seed \(seed): \(host)")
        #expect(outcome.ports(.open) == Self.open && outcome.ports(.filtered).isEmpty, "seed \(seed)")
        let without = outcome.findings.values.filter { $0.state == .openOrFiltered }
        #expect(!without.isEmpty && without.allSatisfy { !$0.isReliable }, "seed \(seed)")
        #expect(outcome.summary.unresolved == outcome.summary.openOrFiltered, "seed \(seed): \(outcome.summary)")
    }
}
