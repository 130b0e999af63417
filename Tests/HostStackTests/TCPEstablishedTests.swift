import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// ESTABLISHED of RFC 9293, section 3.3.2, with its events.
@Suite("an established connection")
struct TCPEstablishedTests {
    @Test("ESTABLISHED: data is delivered once, despite duplicates, reordering and data beyond the window")
    func data() {
        var pair = TCPConnectionPair.established()
        let start = pair.theirs
        pair.receive(.ack, "def", sequence: start + 3)
        #expect(pair.connection.incoming.count == 0 && pair.output().map(\.flags) == [.ack])
        pair.receive(.ack, "abcde", sequence: start)
        pair.receive(.ack, "abcdef", sequence: start)
        pair.receive(.ack, "xyz", sequence: start + 10_000_000)
        #expect(pair.read() == "abcdef" && pair.connection.receiveNext == start + 6)
    }

    @Test("ESTABLISHED: an acknowledgment is delayed, but not for long")
    func delayedAcknowledgment() {
        var pair = TCPConnectionPair.established()
        pair.receive([.ack, .psh], "x")
        #expect(pair.output().isEmpty)
        pair.now = pair.now + .milliseconds(41)
        pair.connection.advance(at: pair.now)
        #expect(pair.output().map(\.flags) == [.ack])
        pair.receive(.ack, "y")
        pair.send("answer")
        #expect(pair.output().map(\.length) == [6] && pair.connection.acknowledgeAt == nil)
    }

    @Test("ESTABLISHED: a reset needs the exact number, a SYN is never accepted (RFC 5961)")
    func blindAttacks() {
        var pair = TCPConnectionPair.established()
        for offset in [1, 100, 50_000] {
            if case .challenge = pair.receive(.rst, sequence: pair.theirs + offset) {
            } else {
                Issue.record("no challenge")
            }
            if case .challenge = pair.receive(.syn, sequence: pair.theirs + offset) {
            } else {
                Issue.record("no challenge")
            }
        }
        pair.receive(.rst, sequence: pair.theirs - 1)
        pair.receive(.rst, sequence: pair.theirs + 10_000_000)
        #expect(pair.state == .established)
        pair.receive(.ack, "old", sequence: pair.theirs, acknowledgment: pair.ours - 10_000_000)
        pair.receive(.ack, "new", sequence: pair.theirs, acknowledgment: pair.ours + 10_000, window: 1)
        #expect(pair.read() == "" && pair.connection.sendWindow == 60_000)
        pair.receive(.rst)
        #expect(pair.state == .closed && pair.connection.failure == .reset)
    }

    @Test("ESTABLISHED: lost segments are retransmitted, the first after 3 duplicate acknowledgments")
    func retransmission() {
        var pair = TCPConnectionPair.established()
        pair.send(String(repeating: "a", count: 536 * 8))
        let first = pair.output()
        #expect(first.count == 8 && first.allSatisfy { $0.length == 536 })
        let start = first[0].sequence
        for _ in 0..<2 { pair.receive(.ack, acknowledgment: start) }
        #expect(pair.output().isEmpty)
        pair.receive(.ack, acknowledgment: start)
        #expect(pair.output().map(\.sequence) == [start])
        pair.now = pair.now + .seconds(2)
        pair.connection.advance(at: pair.now)
        #expect(pair.output().map(\.sequence) == [start])
        pair.receive(.ack)
        #expect(pair.connection.outstanding == 0 && pair.connection.retransmitAt == nil)
    }

    @Test("ESTABLISHED: a window closed for more than a minute is probed, and opens again")
    func zeroWindow() {
        var pair = TCPConnectionPair.established()
        pair.receive(.ack, window: 0)
        pair.send("hello")
        #expect(pair.output().isEmpty)
        var probes = 0
        for _ in 0..<200 where pair.now < Instant(nanoseconds: 401_000_000_000) {
            guard let deadline = pair.connection.deadline else { break }
            pair.now = deadline
            pair.connection.advance(at: pair.now)
            let sent = pair.output()
            probes += sent.count
            #expect(sent.allSatisfy { $0.length == 1 })
            // The byte of the probe is not accepted.
            pair.receive(.ack, acknowledgment: sent.first?.sequence ?? pair.ours, window: 0)
        }
        #expect(pair.state == .established && (8...16).contains(probes), "\(probes)")
        pair.receive(.ack, acknowledgment: TCPConnectionPair.initial + 1, window: 1_000)
        #expect(pair.output().map(\.length).reduce(0, +) >= 4)
        pair.receive(.ack)
        #expect(pair.connection.outgoing.count == 0)
    }

    @Test("ESTABLISHED: an unresponsive peer is probed, then the connection fails")
    func keepAlive() {
        var pair = TCPConnectionPair.established {
            $0.keepAlive = .seconds(96)
            $0.keepAliveProbes = 3
        }
        pair.now = pair.now + .seconds(96)
        pair.connection.advance(at: pair.now)
        #expect(pair.output().map(\.sequence) == [pair.ours - 1])
        pair.receive(.ack)
        #expect(pair.connection.keepAliveCount == 0)
        pair.wait(.seconds(110))
        #expect(pair.state == .closed && pair.connection.failure == .timedOut)
    }

    @Test("old duplicates are detected by their timestamps (RFC 7323, section 5)")
    func oldDuplicates() {
        var connection = TCPConnectionPair(passive: false) { $0.usesTimestamps = true }.connection
        let now = Instant(nanoseconds: 2_000_000_000)
        while connection.next(at: now) != nil {}
        func segment(_ flags: TCPFlags, _ number: UInt32, _ stamp: UInt32, _ data: [UInt8]) -> ReceivedTCPHeader {
            ReceivedTCPHeader(
                TCPSegment(
                    sourcePort: 1, destinationPort: 2, sequenceNumber: number,
                    acknowledgmentNumber: TCPConnectionPair.initial.rawValue &+ 1, flags: flags,
                    options: TCPOptions([.timestamps(value: stamp, echoReply: 1)]), data: data))
        }
        _ = connection.receive(segment([.syn, .ack], 99, 1_000, []), RawSpan(), at: now)
        while connection.next(at: now) != nil {}
        _ = connection.receive(segment(.ack, 100, 999, [1]), [1].rawBytes, at: now)
        #expect(connection.incoming.count == 0)
        _ = connection.receive(segment(.ack, 100, 1_001, [1]), [1].rawBytes, at: now)
        #expect(connection.incoming.count == 1)
    }
}
