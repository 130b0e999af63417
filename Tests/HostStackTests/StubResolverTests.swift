import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Queries of one host to name servers on others.
@Suite("the stub resolver of a host")
struct StubResolverTests {
    /// A client, host 1, and name servers, hosts 2 and 3, in a run of up to 60 s.
    private final class Scenario {
        typealias Reply = (_ query: DNSMessage, _ server: UInt8) -> [DNSMessage]

        let wire: SimulatedWire
        let client: SimulatedWire.Station
        private(set) var servers: [SimulatedWire.Station] = []
        var resolver = StubResolver(seed: (3, 4))
        var results: [UInt64: StubResolver.Outcome] = [:]
        /// The queries that servers have received: server, source port, identification.
        private(set) var heard: [(server: UInt8, port: UInt16, identification: UInt16)] = []
        private var events: [HostEvent] = []
        private var buffers: [TCPIdentifier: [UInt8]] = [:]

        init(seed: UInt64 = 1, withTCP: Bool = true, isListening: [Bool] = [true, true], _ reply: @escaping Reply)
            throws
        {
            wire = SimulatedWire(seed: seed)
            client = wire.add(1)
            client.application = { [unowned self] _, event, _ in events.append(event) }
            for (index, listens) in isListening.enumerated() {
                let number = UInt8(2 + index)
                let server = wire.add(number)
                servers.append(server)
                if listens { _ = try server.host.bind(DNSMessage.serverPort) }
                if withTCP { server.host.listen(DNSMessage.serverPort) }
                server.application = { [unowned self] host, event, now in
                    serve(event, number, &host, reply, now)
                }
            }
        }

        private func serve(
            _ event: HostEvent, _ number: UInt8, _ host: inout UserSpaceHost, _ reply: Reply, _ now: Instant
        ) {
            switch event {
            case .datagrams(let port, _):
                while let request = host.takeDatagram(port) {
                    guard let query = try? DNSMessage(request.data.rawBytes) else { continue }
                    heard.append((number, request.remotePort, query.identification))
                    for message in reply(query, number) {
                        try? host.sendDatagram(
                            from: port, to: TCPEndpoint(request.remote, request.remotePort), message.encoded(), at: now)
                    }
                }
            case .connection(let connection, let changes, _) where changes.contains(.readable):
                host.read(connection) {
                    buffers[connection, default: []] += $0.copied()
                    return $0.byteCount
                }
                guard let bytes = buffers[connection], bytes.count > 2,
                    let query = try? DNSMessage(bytes.rawBytes.dropping(2))
                else { return }
                buffers[connection] = nil
                heard.append((number, 0, query.identification))
                for message in reply(query, number) {
                    var message = message
                    message.flags &= ~0x0200
                    let data = message.encoded()
                    _ = host.send(connection, ([UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data).rawBytes)
                }
            default: break
            }
        }

        func ask(_ number: UInt64, _ name: String = "www.example", type: UInt16 = 1, servers: [UInt8] = [2, 3]) throws {
            var query = DNSQuery(
                DNSMessage.Question(try #require(DNSName(name)), type: type),
                servers: servers.map { .v4(SimulatedWire.address($0)) })
            query.timeout = .seconds(1)
            query.attempts = 2
            resolver.ask(number, query, on: &client.host, at: wire.now)
        }

        /// Runs until there are no queries without a result.
        /// - Returns: the time that it took.
        @discardableResult
        func finish() -> Nanoseconds {
            let start = wire.now
            while resolver.count > 0, wire.now - start < .seconds(60) {
                wire.run(for: min((resolver.deadline ?? wire.now) - wire.now, .seconds(60))) { !events.isEmpty }
                let (now, arrived) = (wire.now, events)
                events = []
                for event in arrived { _ = resolver.receive(event, on: &client.host, at: now) }
                resolver.advance(on: &client.host, at: now)
                for result in resolver.takeResults() { results[result.number] = result.outcome }
            }
            for result in resolver.takeResults() { results[result.number] = result.outcome }
            return wire.now - start
        }
    }

    private static let address = IPv4Address(203, 0, 113, 7)
    private static let falseAddress = IPv4Address(203, 0, 113, 66)

    private static func answer(_ query: DNSMessage, _ address: IPv4Address = address, code: UInt16 = 0) -> DNSMessage {
        let name = query.questions.first?.name
        let records = name.map { DNSMessage.Record($0, type: 1, timeToLive: 60, data: .ipv4(address)) }
        return DNSMessage(
            identification: query.identification, flags: 0x8580 | code, questions: query.questions,
            answers: code == 0 ? records.map { [$0] } ?? [] : [])
    }

    private static func addresses(_ outcome: StubResolver.Outcome?) -> [IPv4Address]? {
        guard case .success(let message)? = outcome else { return nil }
        return message.answers.compactMap { if case .ipv4(let address) = $0.data { address } else { nil } }
    }

    private static func failure(_ outcome: StubResolver.Outcome?) -> DNSQueryFailure? {
        if case .failure(let failure)? = outcome { failure } else { nil }
    }

    @Test("each query has a port and an identification of its own, and the first server is enough")
    func queries() throws {
        let scenario = try Scenario { query, _ in [Self.answer(query)] }
        for number: UInt64 in 1...50 { try scenario.ask(number, "n\(number).example") }
        let time = scenario.finish()
        #expect(time < .milliseconds(100) && scenario.results.count == 50)
        #expect(scenario.results.values.allSatisfy { Self.addresses($0) == [Self.address] })
        #expect(scenario.heard.count == 50 && scenario.heard.allSatisfy { $0.server == 2 })
        #expect(Set(scenario.heard.map(\.port)).count == 50 && Set(scenario.heard.map(\.identification)).count >= 49)
        #expect(scenario.resolver.count == 0 && scenario.resolver.deadline == nil)
        let nonexistent = try Scenario { query, _ in [Self.answer(query, code: 3)] }
        try nonexistent.ask(1)
        nonexistent.finish()
        #expect(Self.addresses(nonexistent.results[1]) == [] && nonexistent.heard.count == 1)
    }

    @Test("loss and reordering: retries, with the timeout doubled, until an answer or none of all", arguments: 1...6)
    func unreliable(seed: Int) throws {
        let scenario = try Scenario(seed: UInt64(seed)) { query, _ in [Self.answer(query)] }
        scenario.wire.faults = WireFaults(loss: 0.15, reordering: 0.3, duplication: 0.1)
        for number: UInt64 in 1...30 { try scenario.ask(number, "n\(number).example") }
        let time = scenario.finish()
        let found = scenario.results.values.compactMap(Self.addresses)
        #expect(scenario.results.count == 30 && found.count >= 28 && found.allSatisfy { $0 == [Self.address] })
        // 1 s for each of two servers, then 2 s.
        #expect(time <= .seconds(6) + .milliseconds(50), "seed \(seed)")
        let silent = try Scenario { _, _ in [] }
        try silent.ask(1)
        #expect(silent.finish() == .seconds(6) && Self.failure(silent.results[1]) == .noReply)
        #expect(silent.heard.map(\.server) == [2, 3, 2, 3])
    }

    /// Replies that are not the server's to this query.
    enum Spoof: CaseIterable {
        case identification, question, type, noQuestion, query, opcode, otherServer, otherPort
    }

    @Test("replies that do not match are ignored", arguments: Spoof.allCases)
    func spoofed(spoof: Spoof) throws {
        var forged: [DNSMessage] = []
        let scenario = try Scenario { query, _ in
            var reply = Self.answer(query, Self.falseAddress)
            switch spoof {
            case .identification: reply.identification ^= 1
            case .question: reply.questions = DNSName("other.example").map { [.init($0, type: 1)] } ?? []
            case .type: reply.questions = reply.questions.map { .init($0.name, type: 28) }
            case .noQuestion: reply.questions = []
            case .query: reply.flags &= 0x7FFF
            case .opcode: reply.flags |= 0x2000
            case .otherServer, .otherPort:
                forged.append(reply)
                return []
            }
            return [reply]
        }
        try scenario.ask(1, servers: [2])
        scenario.wire.run(for: .milliseconds(20))
        if let reply = forged.first, let port = scenario.heard.first?.port {
            let forger = scenario.servers[spoof == .otherServer ? 1 : 0]
            let source = try spoof == .otherServer ? forger.host.bind(54) : forger.host.bind(5_300)
            let remote = TCPEndpoint(.v4(SimulatedWire.address(1)), port)
            try forger.host.sendDatagram(from: source, to: remote, reply.encoded(), at: scenario.wire.now)
        }
        scenario.finish()
        #expect(Self.failure(scenario.results[1]) == .noReply, "\(spoof)")
    }

    @Test("a false reply before the true one, and a true one in other letters")
    func falseFirst() throws {
        let scenario = try Scenario { query, _ in
            var wrong = Self.answer(query, Self.falseAddress)
            wrong.identification ^= 0x5555
            var right = Self.answer(query)
            right.questions = DNSName("WWW.Example").map { [.init($0, type: 1)] } ?? []
            return [wrong, right]
        }
        try scenario.ask(1)
        scenario.finish()
        #expect(Self.addresses(scenario.results[1]) == [Self.address] && scenario.heard.count == 1)
    }

    @Test("a server that fails or refuses is not queried again; the next one is, at once")
    func failures() throws {
        let second = try Scenario { query, server in [Self.answer(query, code: server == 2 ? 2 : 0)] }
        try second.ask(1)
        #expect(second.finish() < .milliseconds(50) && Self.addresses(second.results[1]) == [Self.address])
        let none = try Scenario { query, server in [Self.answer(query, code: server == 2 ? 2 : 5)] }
        try none.ask(1)
        none.finish()
        #expect(none.heard.map(\.server) == [2, 3])
        #expect(Self.failure(none.results[1]) == .response(5, .v4(SimulatedWire.address(3))))
        // No server on the first host's port, and none on either's.
        let closed = try Scenario(isListening: [false, true]) { query, _ in [Self.answer(query)] }
        try closed.ask(1)
        #expect(closed.finish() < .milliseconds(50) && Self.addresses(closed.results[1]) == [Self.address])
        let allClosed = try Scenario(isListening: [false, false]) { _, _ in [] }
        try allClosed.ask(1)
        #expect(allClosed.finish() < .milliseconds(50))
        #expect(Self.failure(allClosed.results[1]) == .refused(.v4(SimulatedWire.address(3))))
    }

    @Test("no route to a server: nothing is sent")
    func noRoute() throws {
        let scenario = try Scenario { query, _ in [Self.answer(query)] }
        let name = try #require(DNSName("www.example"))
        let servers: [IPAddress] = [
            .v4(.loopback), .v4(IPv4Address(192, 0, 2, 1)), .v6(SimulatedWire.address6(2)),
            .v4(SimulatedWire.address(1)),
        ]
        let query = DNSQuery(DNSMessage.Question(name, type: 1), servers: servers)
        scenario.resolver.ask(1, query, on: &scenario.client.host, at: scenario.wire.now)
        scenario.finish()
        #expect(Self.failure(scenario.results[1]) == .noRoute && scenario.heard.isEmpty)
    }

    @Test("a truncated reply is fetched by TCP, and is a failure if there is no TCP", arguments: [true, false])
    func truncated(withTCP: Bool) throws {
        let scenario = try Scenario(withTCP: withTCP) { query, _ in
            var reply = Self.answer(query)
            let record = reply.answers[0]
            reply.answers = [DNSMessage.Record](repeating: record, count: 300)
            reply.flags |= 0x0200
            return [reply]
        }
        try scenario.ask(1, servers: [2])
        #expect(scenario.finish() < .milliseconds(100))
        if withTCP {
            #expect(Self.addresses(scenario.results[1])?.count == 300 && scenario.heard.count == 2)
        } else {
            #expect(Self.failure(scenario.results[1]) == .truncated(.v4(SimulatedWire.address(2))))
        }
        scenario.wire.run(for: .seconds(5))
        #expect(scenario.resolver.deadline == nil)
    }
}
