import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// SYN-SENT and SYN-RECEIVED of RFC 9293, section 3.3.2, with their events.
@Suite("the handshake of a connection")
struct TCPHandshakeTests {
    @Test("SYN-SENT: a SYN-ACK establishes, and is acknowledged")
    func synSent() {
        var pair = TCPConnectionPair()
        let syn = pair.output()
        #expect(
            pair.state == .synSent && syn.count == 1 && syn[0].flags == .syn
                && syn[0].sequence == TCPConnectionPair.initial)
        pair.receive([.syn, .ack])
        #expect(pair.state == .established && pair.connection.pendingEvents == .established)
        #expect(pair.output().map(\.flags) == [.ack])
    }

    @Test("SYN-SENT: a reset with a valid acknowledgment refuses, others are ignored; wrong acknowledgments are reset")
    func synSentRefused() {
        var pair = TCPConnectionPair()
        pair.output()
        pair.receive(.rst, sequence: SequenceNumber(5))
        pair.receive([.rst, .ack], sequence: SequenceNumber(5), acknowledgment: TCPConnectionPair.initial + 9)
        #expect(pair.state == .synSent)
        let consequence = pair.receive(
            [.syn, .ack], sequence: SequenceNumber(5), acknowledgment: TCPConnectionPair.initial)
        if case .refuse = consequence {} else { Issue.record("not refused") }
        pair.receive([.rst, .ack])
        #expect(pair.state == .closed && pair.connection.failure == .refused)
    }

    @Test("SYN-SENT: simultaneous open (RFC 9293, figure 7)")
    func simultaneousOpen() {
        var pair = TCPConnectionPair()
        pair.output()
        pair.receive(.syn)
        #expect(pair.state == .synReceived)
        #expect(pair.output().map(\.flags) == [[.syn, .ack]])
        pair.receive([.syn, .ack], sequence: pair.theirs - 1)
        #expect(pair.state == .established && pair.connection.failure == nil)
    }

    @Test("SYN-SENT: the SYN is retransmitted with backoff until the timeout")
    func synSentPatience() {
        var pair = TCPConnectionPair()
        pair.output()
        var count = 0
        for _ in 0..<300 where pair.state == .synSent {
            if let deadline = pair.connection.deadline {
                pair.now = deadline
                pair.connection.advance(at: pair.now)
                count += pair.output().count
            }
        }
        #expect(pair.state == .closed && pair.connection.failure == .timedOut && (6...9).contains(count), "\(count)")
    }

    @Test("SYN-RECEIVED: the ACK establishes; a repeated SYN is answered again; a wrong ACK is reset; a reset ends it")
    func synReceived() {
        var pair = TCPConnectionPair(passive: true)
        #expect(pair.output().map(\.flags) == [[.syn, .ack]])
        pair.receive(.syn, sequence: pair.theirs - 1)
        #expect(pair.output().map(\.flags) == [[.syn, .ack]])
        if case .refuse = pair.receive(.ack, acknowledgment: pair.ours + 5) {} else { Issue.record("not refused") }
        var other = pair
        pair.receive(.ack, "early")
        #expect(pair.state == .established && pair.read() == "early")
        other.receive(.rst)
        #expect(other.state == .closed && other.connection.failure == .reset)
    }
}
