import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

@Suite("PingEngine on the simulated network")
struct PingEngineTests {
    @Test("sends on an absolute schedule and counts every reply")
    func plainRun() {
        let outcome = PingScenario().run()
        #expect(outcome.times == (0..<5).map { Nanoseconds.seconds(Int64($0)) })
        #expect(outcome.replies.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(
            outcome.replies.allSatisfy {
                $0.roundTrip == .milliseconds(1) + .microseconds(1) && $0.byteCount == 64 && $0.hopLimit == 64
            })
        #expect(outcome.summary.answered == 5 && outcome.isBalanced)
        #expect(outcome.summary.elapsed == .seconds(4))
    }

    @Test("the schedule does not drift when sending is slow")
    func noDrift() {
        let outcome = PingScenario(
            configure: {
                $0.count = 1_000
                $0.interval = .milliseconds(10)
            }, prepare: { $0.sendingTime = .milliseconds(3) }
        ).run()
        for (number, time) in outcome.times.enumerated() {
            #expect(time == .milliseconds(10) * Int64(number))
        }
    }

    @Test("a long stall is not followed by a burst")
    func stall() {
        let outcome = PingScenario(
            configure: {
                $0.count = 100
                $0.interval = .milliseconds(10)
            }, prepare: { $0.sendingTime = .milliseconds(500) }
        ).run()
        // Half a second behind after each packet, it never sends two at once.
        for (earlier, later) in zip(outcome.times, outcome.times.dropFirst()) {
            #expect(later - earlier >= .milliseconds(500))
        }
    }

    @Test("preload sends a number of probes at once, then keeps the interval")
    func preload() {
        let outcome = PingScenario(configure: {
            $0.count = 6
            $0.preload = 3
        }).run()
        #expect(outcome.times.prefix(3).allSatisfy { $0 < .milliseconds(1) })
        #expect(outcome.times.dropFirst(3).map(\.wholeMilliseconds) == [1_000, 2_000, 3_000])
        #expect(outcome.summary.mostInFlight == 3)
    }

    @Test("every probe ends in one column, whatever the network does", arguments: 0..<60)
    func accountBalances(seed: UInt64) {
        let outcome = PingScenario(
            seed: seed,
            configure: {
                $0.count = 300
                $0.interval = .milliseconds(5)
                $0.timeout = .milliseconds(40)
                $0.deadline = seed % 3 == 0 ? .seconds(2) : nil
            },
            faults: SimulatedNetwork.Faults(
                loss: 0.1, duplication: 0.1, corruption: 0.1, truncation: 0.1,
                delay: .microseconds(50)...Nanoseconds.milliseconds(80), congestion: 0.05,
                refusal: seed % 3 == 0 ? 0 : 0.05)
        ).run()
        let summary = outcome.summary
        #expect(outcome.isBalanced, "seed \(seed): \(summary)")
        #expect(summary.transmitted == outcome.sentCount + summary.failed, "seed \(seed)")
        #expect(summary.roundTrips.minimum >= .zero, "seed \(seed)")
        // The same seed gives the same run.
        if seed < 3 {
            let again = PingScenario(
                seed: seed, configure: { $0.count = 50 }, faults: .init(loss: 0.3, duplication: 0.3)
            ).run()
            let andAgain = PingScenario(
                seed: seed, configure: { $0.count = 50 }, faults: .init(loss: 0.3, duplication: 0.3)
            ).run()
            #expect(again.replies.map(\.sequence) == andAgain.replies.map(\.sequence), "seed \(seed)")
        }
    }

    @Test("a reply after the timeout is late, not lost")
    func late() {
        let outcome = PingScenario(
            configure: {
                $0.count = 4
                $0.interval = .seconds(1)
                $0.timeout = .milliseconds(100)
            },
            faults: .init(delay: .milliseconds(500)...Nanoseconds.milliseconds(500))
        ).run()
        #expect(outcome.timeouts == [1, 2, 3, 4])
        #expect(outcome.summary.late == 3)
        // The reply to the last one would be received after the end.
        #expect(outcome.summary.lost == 1 && outcome.summary.answered == 0 && outcome.isBalanced)
        #expect(outcome.replies.allSatisfy { $0.flags.contains(.late) && $0.roundTrip > .milliseconds(500) })
    }

    @Test("the second of two replies to one probe is a duplicate")
    func duplicates() {
        let outcome = PingScenario(faults: .init(duplication: 1)).run()
        #expect(outcome.summary.answered == 5)
        // The run ends with the reply to the last probe: its duplicate comes too late to be seen.
        #expect(outcome.summary.duplicates >= 4)
        #expect(outcome.replies.filter { $0.flags.contains(.duplicate) }.count == outcome.summary.duplicates)
    }

    @Test("sequence numbers wrap at 65,536 while replies are late")
    func wrap() {
        // 70,000 probes per second, replies after 1 to 1.2 s: more are in flight than sequence numbers can identify.
        let outcome = PingScenario(
            configure: {
                $0.count = 200_000
                $0.interval = Nanoseconds(14_286)
                $0.timeout = .seconds(3)
            },
            faults: .init(delay: .milliseconds(1_000)...Nanoseconds.milliseconds(1_200)), keepsEvents: false
        ).run()
        #expect(outcome.summary.transmitted == 200_000)
        #expect(outcome.isBalanced)
        #expect(outcome.summary.duplicates == 0)
        // No reply is matched to a newer probe: that would be a round trip below 1 s.
        #expect(outcome.summary.roundTrips.minimum >= .milliseconds(1_000))
    }

    @Test("sequence numbers wrap without loss when replies are in time")
    func wrapInTime() {
        let outcome = PingScenario(
            configure: {
                $0.count = 150_000
                $0.interval = .microseconds(20)
            }, keepsEvents: false
        ).run()
        #expect(outcome.summary.answered == 150_000)
    }

    @Test("200,000 probes")
    func manyProbes() {
        let outcome = PingScenario(
            configure: {
                $0.count = 200_000
                $0.interval = .zero
                $0.preload = 64
            },
            faults: .init(loss: 0.01, delay: .microseconds(10)...Nanoseconds.microseconds(200)), keepsEvents: false
        ).run()
        #expect(outcome.isBalanced)
        #expect(outcome.summary.transmitted == 200_000 && outcome.summary.late == 0)
        // One in a hundred, by seed.
        #expect((1_800...2_200).contains(outcome.summary.lost))
    }

    @Test("a flood sends on a reply, or every 10 ms without one")
    func flood() {
        let answered = PingScenario(configure: {
            $0.count = 4
            $0.interval = .zero
        }).run()
        #expect(answered.times.map(\.wholeMilliseconds) == [0, 1, 2, 3])
        let unresponsive = PingScenario(
            configure: {
                $0.count = 4
                $0.interval = .zero
                $0.timeout = .milliseconds(100)
            }, prepare: { $0.everybody = .unresponsive }
        ).run()
        #expect(unresponsive.times.map(\.wholeMilliseconds) == [0, 10, 20, 30])
        #expect(unresponsive.summary.lost == 4)
    }

    @Test("an adaptive interval follows the round trip")
    func adaptive() {
        let outcome = PingScenario(
            configure: {
                $0.count = 20
                $0.isAdaptive = true
            },
            faults: .init(delay: .milliseconds(30)...Nanoseconds.milliseconds(30))
        ).run()
        let gaps = zip(outcome.times, outcome.times.dropFirst()).map { $1 - $0 }
        #expect(gaps.dropFirst(3).allSatisfy { (29...31).contains($0.wholeMilliseconds) })
    }

    @Test("waits for the last reply twice the longest round trip, or an interval")
    func linger() {
        /// The time from the last probe to the end, when unanswered probes time out.
        func wait(_ seconds: Int64, _ configure: @escaping (inout PingConfiguration) -> Void) -> Nanoseconds? {
            let outcome = PingScenario(
                configure: configure, faults: .init(delay: .seconds(seconds)...Nanoseconds.seconds(seconds)),
                prepare: { network in if seconds == 0 { network.everybody = .unresponsive } }
            ).run()
            let ends = outcome.events.compactMap { if case .timeout(_, let at) = $0 { at } else { nil } }
            guard let end = ends.last, let last = outcome.log.last?.at else { return nil }
            return end - last
        }
        // Without any reply: the whole timeout.
        #expect(
            wait(0) {
                $0.count = 1; $0.timeout = .milliseconds(250)
            } == .milliseconds(250))
        // The first of two is answered when the second is sent, 5 s later; the second's reply takes 5 s too: both
        // count.
        #expect(
            wait(5) {
                $0.count = 2; $0.interval = .seconds(6)
            } == nil)
        // Only one reply of 1 s was received when the last is sent: an interval of 100 ms is less than twice that.
        let outcome = PingScenario(
            configure: {
                $0.count = 12; $0.interval = .milliseconds(100)
            },
            faults: .init(delay: .seconds(1)...Nanoseconds.seconds(1))
        ).run()
        #expect(outcome.summary.answered == 12)
    }

    @Test("a deadline ends the run on time, and probes continue until then")
    func deadline() {
        let outcome = PingScenario(
            configure: {
                $0.count = nil
                $0.deadline = .milliseconds(3_500)
            }, prepare: { $0.everybody = .unresponsive }
        ).run()
        #expect(outcome.times.map(\.wholeMilliseconds) == [0, 1_000, 2_000, 3_000])
        #expect(outcome.summary.lost == 4)
    }

    @Test("an ICMP error ends a run with a deadline, unless the run is to continue", arguments: [true, false])
    func errorsWithDeadline(endsAtError: Bool) {
        let outcome = PingScenario(
            configure: {
                $0.count = nil
                $0.deadline = .milliseconds(3_500)
                $0.endsAtError = endsAtError
            }, prepare: { $0.everybody = Self.hostUnreachable }
        ).run()
        #expect(outcome.summary.transmitted == (endsAtError ? 1 : 4))
        // Errors count as replies only in iputils' way.
        let counted = PingScenario(
            configure: {
                $0.count = 2
                $0.deadline = .milliseconds(3_500)
                $0.endsAtError = endsAtError
            }, prepare: { $0.everybody = Self.hostUnreachable }
        ).run()
        #expect(counted.summary.transmitted == (endsAtError ? 1 : 4))
    }

    private static let hostUnreachable = SimulatedNetwork.Behavior.refuses(
        type: .destinationUnreachable, code: 1, restOfHeader: 0, from: IPv4Address(192, 0, 2, 254))

    @Test("ends when as many probes in a row as requested have replies", arguments: 0..<20)
    func consecutive(seed: UInt64) {
        let outcome = PingScenario(
            seed: seed,
            configure: {
                $0.count = nil
                $0.deadline = .seconds(500)
                $0.consecutive = 4
            }, faults: .init(loss: 0.4)
        ).run()
        #expect(outcome.summary.hasConsecutive, "seed \(seed)")
        let replies = outcome.replies.map(\.sequence)
        #expect(Array(replies.suffix(4)) == (0..<4).map { replies[replies.count - 4] + UInt16($0) }, "seed \(seed)")
        // No earlier four replies are in a row.
        for end in replies.indices.dropFirst(3).dropLast() {
            #expect(replies[end] - replies[end - 3] != 3, "seed \(seed)")
        }
    }

    @Test("a late reply can complete the row; a row that is too short does not count")
    func consecutiveLate() {
        let late = PingScenario(
            configure: {
                $0.count = 20
                $0.consecutive = 3
                $0.timeout = .milliseconds(100)
            }, faults: .init(delay: .milliseconds(500)...Nanoseconds.milliseconds(500))
        ).run()
        #expect(late.summary.hasConsecutive && late.summary.late == 3)
        let short = PingScenario(configure: {
            $0.count = 2
            $0.consecutive = 3
        }).run()
        #expect(!short.summary.hasConsecutive && short.summary.received == 2)
    }

    @Test("stops on request, with the result so far")
    func stop() {
        let outcome = PingScenario(
            configure: { $0.count = nil },
            prepare: { $0.signals = [(Instant(nanoseconds: 3_500_000_000), .stop)] }
        ).run()
        #expect(outcome.summary.transmitted == 3 && outcome.summary.answered == 3)
    }

    @Test("reports outstanding probes when the next is sent")
    func outstanding() {
        let outcome = PingScenario(
            configure: {
                $0.count = 3
                $0.reportsOutstanding = true
                $0.timeout = .seconds(2)
            }, prepare: { $0.everybody = .unresponsive }
        ).run()
        let reported = outcome.events.compactMap {
            if case .outstanding(let sequence, _) = $0 { sequence } else { nil }
        }
        #expect(reported == [1, 2])
    }

    @Test("outage is the time from the first lost probe to the next answered one")
    func outage() {
        let outcome = PingScenario(
            configure: {
                $0.count = 10
                $0.timeout = .milliseconds(100)
                $0.reportInterval = .seconds(5)
            },
            prepare: { network in
                network.everybody = .unresponsive
                network.signals = []
            }
        ).run()
        #expect(outcome.summary.received == 0)
        #expect(outcome.summary.outage >= .seconds(9))
        #expect(outcome.summary.longestOutage == outcome.summary.outage)
        let reports = outcome.events.compactMap { if case .report(let report) = $0 { report } else { nil } }
        #expect(reports.count == 1)
        #expect(reports.first.map { $0.interval.transmitted >= 5 && $0.interval.received == 0 } == true)
    }

    @Test("IPv6 echo replies are recognized; their checksum covers the addresses")
    func ipv6() {
        let outcome = PingScenario(destination: Echo.there6).run()
        #expect(outcome.summary.answered == 5)
        #expect(outcome.replies.allSatisfy { $0.hopLimit == 64 })
    }

    @Test("small data has room for part of the cookie, or for none", arguments: 0...9)
    func smallData(length: Int) {
        for destination in [IPAddress.v4(Echo.there), Echo.there6] {
            let outcome = PingScenario(destination: destination, dataLength: length).run()
            #expect(outcome.summary.answered == 5, "\(length) bytes to \(destination)")
        }
    }
}
