import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("the connections of a monitor")
struct MonitorConnectEngineTests {
    private static let start = Instant(nanoseconds: 7_000_000_000)
    private static let host = IPAddress.v4(IPv4Address(192, 0, 2, 5))

    /// Drives an engine step by step: what it requests, and what it reports.
    private struct Driver: ~Copyable {
        var engine: MonitorConnectEngine
        var now = start

        init(_ configuration: MonitorConnectConfiguration) { engine = MonitorConnectEngine(configuration) }

        mutating func advance(to time: Nanoseconds) -> [StreamRequest] {
            now = start + time
            var requests: [StreamRequest] = []
            _ = engine.advance(&requests, at: now)
            return requests
        }

        mutating func events() -> [MonitorProbeEvent] {
            var events: [MonitorProbeEvent] = []
            engine.drain { events.append($0) }
            return events
        }

        mutating func results() -> [MonitorSample.Result] {
            events().compactMap { if case .sample(let sample) = $0 { sample.result } else { nil } }
        }
    }

    private static func configuration(
        _ targets: [MonitorConnectConfiguration.Target] = [.init(host: .address(host, zone: 0), port: 22)]
    ) -> MonitorConnectConfiguration {
        var configuration = MonitorConnectConfiguration(targets: targets)
        configuration.interval = .seconds(10)
        configuration.timeout = .seconds(3)
        return configuration
    }

    private static func opened(_ requests: [StreamRequest]) -> [StreamIdentifier] {
        requests.compactMap { if case .open(let stream, _) = $0 { stream } else { nil } }
    }

    private static func closed(_ requests: [StreamRequest]) -> [StreamIdentifier] {
        requests.compactMap { if case .close(let stream) = $0 { stream } else { nil } }
    }

    @Test("a connection is measured from its SYN, and closed; refused and silent ones have their own results")
    func results() throws {
        var driver = Driver(Self.configuration())
        let first = try #require(Self.opened(driver.advance(to: .zero)).first)
        let began = Self.start + .microseconds(40)
        driver.engine.opened(first, StreamOpening(local: nil, began: began), at: began + .microseconds(1_500))
        #expect(driver.results() == [.reply(roundTrip: .microseconds(1_500), hopLimit: nil)])
        #expect(Self.closed(driver.advance(to: .milliseconds(5))) == [first])

        let second = try #require(Self.opened(driver.advance(to: .seconds(10))).first)
        driver.engine.failed(second, .refused, at: driver.now)
        #expect(driver.results() == [.failed("connection refused")])

        let third = try #require(Self.opened(driver.advance(to: .seconds(20))).first)
        #expect(driver.advance(to: .milliseconds(22_999)).isEmpty && driver.results().isEmpty)
        #expect(Self.closed(driver.advance(to: .seconds(23))) == [third])
        #expect(driver.results() == [.lost])
        // A late SYN-ACK is no result any more.
        driver.engine.opened(third, StreamOpening(local: nil, began: began), at: driver.now)
        #expect(driver.results().isEmpty)
        let summary = driver.engine.summary
        #expect(summary.transmitted == 3 && summary.received == 1 && summary.lost == 2)
    }

    @Test("the schedule is absolute: what was missed is reported, not made up for")
    func schedule() {
        var driver = Driver(Self.configuration())
        _ = driver.advance(to: .zero)
        #expect(Self.opened(driver.advance(to: .seconds(47))).count == 1)
        let skipped = driver.events().compactMap { event -> (Int, Instant)? in
            if case .skipped(_, let count, let due) = event { (count, due) } else { nil }
        }
        #expect(skipped.count == 1 && skipped[0].0 == 3 && skipped[0].1 == Self.start + .seconds(10))
        #expect(Self.opened(driver.advance(to: .seconds(49))).isEmpty)
        #expect(Self.opened(driver.advance(to: .seconds(50))).count == 1)
    }

    @Test("a name is looked up again, and moves only if its address is not among the new ones")
    func names() throws {
        var driver = Driver(
            Self.configuration([.init(host: .name("h"), port: 80), .init(host: .name("h"), port: 443)]))
        func resolve(_ addresses: [UInt8], at time: Nanoseconds) {
            let answer = addresses.map { ResolvedAddress(.v4(IPv4Address(192, 0, 2, $0))) }
            driver.engine.resolved("h", .success(answer), asked: driver.now, at: Self.start + time)
        }
        func moves() -> [String] {
            driver.events().compactMap { event in
                guard case .moved(let target, let from, let to) = event else { return nil }
                return "\(target) \(from.map { "\($0)" } ?? "-") \(to)"
            }
        }
        func lookups(_ requests: [StreamRequest]) -> Int {
            requests.count { if case .resolve = $0 { true } else { false } }
        }
        let requests = driver.advance(to: .zero)
        #expect(lookups(requests) == 1 && Self.opened(requests).isEmpty)
        resolve([1, 2], at: .zero)
        #expect(moves() == ["0 - 192.0.2.1", "1 - 192.0.2.1"])
        #expect(Self.opened(driver.advance(to: .seconds(20))).count == 2)
        #expect(lookups(driver.advance(to: .seconds(60))) == 1)
        resolve([2, 1], at: .seconds(60))
        #expect(moves().isEmpty)
        #expect(lookups(driver.advance(to: .seconds(120))) == 1)
        driver.engine.resolved("h", .failure(NameFailure("no reply")), asked: driver.now, at: driver.now)
        #expect(lookups(driver.advance(to: .seconds(130))) == 1, "sooner after a failure")
        _ = driver.results()
        resolve([3], at: .seconds(130))
        #expect(moves() == ["0 192.0.2.1 192.0.2.3", "1 192.0.2.1 192.0.2.3"])
    }

    @Test("a name without an address fails its own connections only")
    func unresolved() {
        var driver = Driver(
            Self.configuration([.init(host: .name("h"), port: 80), .init(host: .address(Self.host, zone: 0), port: 80)])
        )
        _ = driver.advance(to: .zero)
        driver.engine.resolved(
            "h", .failure(NameFailure("Name or service not known")), asked: driver.now, at: driver.now)
        let requests = driver.advance(to: .seconds(19))
        #expect(Self.opened(requests).count == 1)
        #expect(driver.results().filter { $0 == .failed("Name or service not known") }.count == 1)
    }

    @Test("at the end its connections are closed")
    func stop() throws {
        var driver = Driver(Self.configuration())
        let stream = try #require(Self.opened(driver.advance(to: .zero)).first)
        driver.engine.stop(at: driver.now)
        #expect(Self.closed(driver.advance(to: .milliseconds(1))) == [stream])
        var requests: [StreamRequest] = []
        #expect(driver.engine.advance(&requests, at: driver.now) == .finished)
    }
}
