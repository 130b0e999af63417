import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// The states of RFC 9293, section 3.3.2, in which a connection ends, with their events.
@Suite("the end of a connection")
struct TCPClosingTests {
    @Test("FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT: we close first, and still receive")
    func activeClose() {
        var pair = TCPConnectionPair.established()
        pair.send("bye")
        pair.connection.endSending(at: pair.now)
        #expect(pair.state == .finWait1)
        let sent = pair.output()
        #expect(sent.count == 1 && sent[0].flags.contains(.fin) && sent[0].length == 3)
        pair.receive(.ack, "still here")
        #expect(pair.state == .finWait2 && pair.read() == "still here")
        pair.receive([.fin, .ack], "last")
        #expect(pair.state == .timeWait && pair.read() == "last" && pair.output().map(\.flags) == [.ack])
        pair.receive([.fin, .ack], sequence: pair.theirs - 1)
        #expect(pair.output().map(\.flags) == [.ack])
        pair.wait(.seconds(61))
        #expect(pair.state == .closed && pair.connection.failure == nil)
    }

    @Test("FIN-WAIT-1: FIN and acknowledgment in one segment")
    func finAcknowledgedAtOnce() {
        var pair = TCPConnectionPair.established()
        pair.connection.endSending(at: pair.now)
        pair.output()
        pair.receive([.fin, .ack])
        #expect(pair.state == .timeWait)
    }

    @Test("CLOSING: simultaneous close")
    func simultaneousClose() {
        var pair = TCPConnectionPair.established()
        pair.connection.endSending(at: pair.now)
        let before = pair.ours
        pair.output()
        pair.receive([.fin, .ack], acknowledgment: before)
        #expect(pair.state == .closing)
        pair.output()
        pair.receive(.ack)
        #expect(pair.state == .timeWait)
    }

    @Test("CLOSE-WAIT, LAST-ACK: the peer closes first, and we still send")
    func passiveClose() {
        var pair = TCPConnectionPair.established(passive: true)
        pair.receive([.fin, .ack], "all")
        #expect(pair.state == .closeWait && pair.read() == "all" && pair.connection.pendingEvents.contains(.ended))
        pair.send("more of ours")
        #expect(pair.output().map(\.length).contains(12))
        pair.receive(.ack)
        pair.connection.endSending(at: pair.now)
        #expect(pair.state == .lastAcknowledgment && pair.output().map { $0.flags.contains(.fin) } == [true])
        pair.receive(.ack)
        #expect(pair.state == .closed && pair.connection.failure == nil)
    }

    @Test("an early FIN waits for the data before it, and is retransmitted if lost")
    func finOutOfOrder() {
        var pair = TCPConnectionPair.established()
        let start = pair.theirs
        pair.receive([.fin, .ack], "end", sequence: start + 5)
        #expect(pair.state == .established)
        pair.receive(.ack, "begin", sequence: start)
        #expect(pair.state == .closeWait && pair.read() == "beginend")
        pair.connection.endSending(at: pair.now)
        pair.output()
        pair.now = pair.now + .seconds(2)
        pair.connection.advance(at: pair.now)
        #expect(pair.output().map { $0.flags.contains(.fin) } == [true])
    }

    @Test("TIME-WAIT: a SYN beyond the old numbers opens a new connection, an old one does not")
    func timeWaitReopens() {
        var pair = TCPConnectionPair.established()
        pair.connection.endSending(at: pair.now)
        pair.output()
        pair.receive([.fin, .ack])
        if case .reopen = pair.receive(.syn, sequence: pair.theirs + 1_000) {} else { Issue.record("not reopened") }
        if case .reopen = pair.receive(.syn, sequence: pair.theirs - 1_000) { Issue.record("reopened") }
        #expect(pair.state == .timeWait)
    }

    @Test("an abort resets the peer, and a vanished peer times out")
    func abort() {
        var pair = TCPConnectionPair.established()
        pair.connection.abort()
        #expect(pair.output().map(\.flags) == [[.rst, .ack]] && pair.state == .closed)
        var gone = TCPConnectionPair.established()
        gone.send("is anybody there")
        gone.output()
        gone.wait(.seconds(90))
        #expect(gone.state == .established)
        gone.wait(.seconds(200))
        #expect(gone.state == .closed && gone.connection.failure == .timedOut)
    }
}
