import PacketEngine
import Testing
import WireFormat

@testable import Diagnostics

/// The answers of runs, which decide the exit status of the commands.
@Suite("outcomes of runs")
struct RunOutcomeTests {
    @Test("a ping without a sent probe knows nothing about its target")
    func ping() {
        var summary = PingSummary()
        #expect(summary.outcome() == .notFound)
        summary.transmitted = 3
        summary.refusedBySystem = 3
        #expect(summary.outcome() == .unknown && summary.missing == 3)
        summary.refusedBySystem = 0
        summary.answered = 2
        #expect(summary.outcome() == .found && summary.outcome(required: 3) == .notFound && summary.missing == 1)
        #expect(summary.outcome(consecutive: true) == .notFound)
        summary.hasConsecutive = true
        #expect(summary.outcome(required: 3, consecutive: true) == .found)
    }

    @Test("a sweep is found if every host is alive, and unknown if one was not checked")
    func sweep() {
        var summary = PingSweepSummary()
        summary.targets = 3
        summary.alive = 2
        #expect(summary.outcome() == .notFound)
        summary.skipped = 1
        #expect(summary.outcome() == .found)
        summary.unchecked = 1
        #expect(summary.outcome() == .unknown && summary.outcome(required: 2) == .found)
        #expect(summary.outcome(required: 3) == .unknown && summary.outcome(required: 4) == .notFound)
    }

    @Test("servers that were not checked make the outcome unknown")
    func web() {
        var probe = HTTPProbeSummary(targets: 1)
        #expect(probe.outcome == .notFound)
        probe.answered = 1
        #expect(probe.outcome == .found)
        probe.failed = 1
        #expect(probe.outcome == .notFound)
        probe.unresolved = 1
        #expect(probe.outcome == .unknown)
        var fingerprint = HTTPFingerprintSummary(targets: 1)
        #expect(fingerprint.outcome == .notFound)
        fingerprint.recognized = 1
        #expect(fingerprint.outcome == .found)
        fingerprint.unresolved = 1
        #expect(fingerprint.outcome == .unknown)
    }

    @Test("one station that replies for many addresses is a proxy")
    func proxy() {
        var summary = ArpingSweepSummary()
        summary.hosts = 31
        summary.largest = (MACAddress(rawValue: 0x0200_0000_0001), 15)
        #expect(summary.proxy == nil)
        summary.largest?.addresses = 16
        #expect(summary.proxy?.addresses == 16)
        summary.hosts = 32
        #expect(summary.proxy == nil)
    }

    @Test("the verdicts name the hops between which a path is balanced or has a black hole")
    func enclosingHops() {
        let balanced = TraceVerdict.balanced(first: 3, last: 5).enclosingHops
        let hole = TraceVerdict.mtuBlackHole(timeToLive: 4, size: 1_400).enclosingHops
        #expect(balanced?.before == 2 && balanced?.after == 6 && hole?.before == 4 && hole?.after == 5)
        #expect(TraceVerdict.nat(timeToLive: 3).enclosingHops == nil)
    }
}
