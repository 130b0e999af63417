import PacketEngine
import Testing
import WireFormat

@testable import HostStack

/// Every state of RFC 9293, section 3.3.2, with its events; the peer is simulated by hand.
@Suite("the states of a connection")
struct TCPStateTests {
    /// A connection, and the peer's sequence numbers.
    struct Pair {
        var connection: TCPConnection
        var now = Instant(nanoseconds: 1_000_000_000)
        /// The peer's next number.
        var theirs = SequenceNumber(0xFFFF_FFF0)
        /// The peer's acknowledgment number.
        var ours: SequenceNumber

        static let initial = SequenceNumber(0xFFFF_FF00)

        init(passive: Bool = false, _ configure: (inout TCPConfiguration) -> Void = { _ in }) {
            var configuration = TCPConfiguration()
            configuration.usesTimestamps = false
            configure(&configuration)
            connection = TCPConnection(
                configuration, initial: Self.initial, timestampOffset: 7, answering: passive, at: now)
            ours = Self.initial + 1
            guard passive else { return }
            connection.accept(ReceivedTCPHeader(Self.segment(.syn, theirs, SequenceNumber(0), [])))
            theirs += 1
        }

        private static func segment(
            _ flags: TCPFlags, _ sequence: SequenceNumber, _ acknowledgment: SequenceNumber, _ data: [UInt8],
            window: UInt16 = 60_000
        ) -> TCPSegment {
            TCPSegment(
                sourcePort: 1, destinationPort: 2, sequenceNumber: sequence.rawValue,
                acknowledgmentNumber: acknowledgment.rawValue, flags: flags, window: window, data: data)
        }

        /// Receives a segment from the peer; data, SYN and FIN advance its number.
        @discardableResult
        mutating func receive(
            _ flags: TCPFlags, _ data: String = "", sequence: SequenceNumber? = nil,
            acknowledgment: SequenceNumber? = nil,
            window: UInt16 = 60_000
        ) -> TCPConnection.Consequence {
            let bytes = Array(data.utf8)
            let segment = Self.segment(flags, sequence ?? theirs, acknowledgment ?? ours, bytes, window: window)
            let arrived = ReceivedTCPHeader(segment)
            if sequence == nil { theirs += arrived.length(bytes.count) }
            return connection.receive(arrived, bytes.rawBytes, at: now)
        }

        /// Returns the segments to send, which the peer acknowledges later.
        @discardableResult
        mutating func output() -> [OutgoingSegment] {
            var all: [OutgoingSegment] = []
            while let segment = connection.next(at: now) {
                all.append(segment)
                let end =
                    segment.sequence + segment.length + (segment.flags.contains(.syn) ? 1 : 0)
                    + (segment.flags.contains(.fin) ? 1 : 0)
                ours = max(ours, end)
            }
            return all
        }

        mutating func wait(_ time: Nanoseconds) {
            let end = now + time
            while let deadline = connection.deadline, deadline <= end {
                now = max(now, deadline)
                connection.advance(at: now)
                output()
            }
            now = end
        }

        static func established(passive: Bool = false, _ configure: (inout TCPConfiguration) -> Void = { _ in }) -> Pair
        {
            var pair = Pair(passive: passive, configure)
            pair.output()
            if passive { pair.receive(.ack) } else { pair.receive([.syn, .ack]) }
            pair.output()
            pair.connection.pendingEvents = []
            return pair
        }

        mutating func send(_ text: String) { _ = connection.send(Array(text.utf8).rawBytes) }

        mutating func read() -> String {
            var bytes: [UInt8] = []
            while connection.incoming.count > 0 {
                connection.read {
                    bytes += $0.copied()
                    return $0.byteCount
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        var state: TCPState { connection.state }
    }

    // MARK: Handshake

    @Test("SYN-SENT: a SYN-ACK establishes, and is acknowledged")
    func synSent() {
        var pair = Pair()
        let syn = pair.output()
        #expect(pair.state == .synSent && syn.count == 1 && syn[0].flags == .syn && syn[0].sequence == Pair.initial)
        pair.receive([.syn, .ack])
        #expect(pair.state == .established && pair.connection.pendingEvents == .established)
        #expect(pair.output().map(\.flags) == [.ack])
    }

    @Test("SYN-SENT: a reset with a valid acknowledgment refuses, others are ignored; wrong acknowledgments are reset")
    func synSentRefused() {
        var pair = Pair()
        pair.output()
        pair.receive(.rst, sequence: SequenceNumber(5))
        pair.receive([.rst, .ack], sequence: SequenceNumber(5), acknowledgment: Pair.initial + 9)
        #expect(pair.state == .synSent)
        let consequence = pair.receive([.syn, .ack], sequence: SequenceNumber(5), acknowledgment: Pair.initial)
        if case .refuse = consequence {} else { Issue.record("not refused") }
        pair.receive([.rst, .ack])
        #expect(pair.state == .closed && pair.connection.failure == .refused)
    }

    @Test("SYN-SENT: simultaneous open (RFC 9293, figure 7)")
    func simultaneousOpen() {
        var pair = Pair()
        pair.output()
        pair.receive(.syn)
        #expect(pair.state == .synReceived)
        #expect(pair.output().map(\.flags) == [[.syn, .ack]])
        pair.receive([.syn, .ack], sequence: pair.theirs - 1)
        #expect(pair.state == .established && pair.connection.failure == nil)
    }

    @Test("SYN-SENT: the SYN is retransmitted with backoff until the timeout")
    func synSentPatience() {
        var pair = Pair()
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
        var pair = Pair(passive: true)
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

    // MARK: Established

    @Test("ESTABLISHED: data is delivered once, despite duplicates, reordering and data beyond the window")
    func data() {
        var pair = Pair.established()
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
        var pair = Pair.established()
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
        var pair = Pair.established()
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
        var pair = Pair.established()
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
        var pair = Pair.established()
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
        pair.receive(.ack, acknowledgment: Pair.initial + 1, window: 1_000)
        #expect(pair.output().map(\.length).reduce(0, +) >= 4)
        pair.receive(.ack)
        #expect(pair.connection.outgoing.count == 0)
    }

    @Test("ESTABLISHED: an unresponsive peer is probed, then the connection fails")
    func keepAlive() {
        var pair = Pair.established {
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

    // MARK: Closing

    @Test("FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT: we close first, and still receive")
    func activeClose() {
        var pair = Pair.established()
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
        var pair = Pair.established()
        pair.connection.endSending(at: pair.now)
        pair.output()
        pair.receive([.fin, .ack])
        #expect(pair.state == .timeWait)
    }

    @Test("CLOSING: simultaneous close")
    func simultaneousClose() {
        var pair = Pair.established()
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
        var pair = Pair.established(passive: true)
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
        var pair = Pair.established()
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
        var pair = Pair.established()
        pair.connection.endSending(at: pair.now)
        pair.output()
        pair.receive([.fin, .ack])
        if case .reopen = pair.receive(.syn, sequence: pair.theirs + 1_000) {} else { Issue.record("not reopened") }
        if case .reopen = pair.receive(.syn, sequence: pair.theirs - 1_000) { Issue.record("reopened") }
        #expect(pair.state == .timeWait)
    }

    @Test("an abort resets the peer, and a vanished peer times out")
    func abort() {
        var pair = Pair.established()
        pair.connection.abort()
        #expect(pair.output().map(\.flags) == [[.rst, .ack]] && pair.state == .closed)
        var gone = Pair.established()
        gone.send("is anybody there")
        gone.output()
        gone.wait(.seconds(90))
        #expect(gone.state == .established)
        gone.wait(.seconds(200))
        #expect(gone.state == .closed && gone.connection.failure == .timedOut)
    }

    @Test("old duplicates are detected by their timestamps (RFC 7323, section 5)")
    func oldDuplicates() {
        var connection = Pair(passive: false) { $0.usesTimestamps = true }.connection
        let now = Instant(nanoseconds: 2_000_000_000)
        while connection.next(at: now) != nil {}
        func segment(_ flags: TCPFlags, _ number: UInt32, _ stamp: UInt32, _ data: [UInt8]) -> ReceivedTCPHeader {
            ReceivedTCPHeader(
                TCPSegment(
                    sourcePort: 1, destinationPort: 2, sequenceNumber: number,
                    acknowledgmentNumber: Pair.initial.rawValue &+ 1, flags: flags,
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

extension ReceivedTCPHeader {
    init(_ segment: TCPSegment) {
        let bytes = segment.encoded()
        guard let view = try? TCPView(bytes.rawBytes) else { preconditionFailure("a segment of ours") }
        self.init(view)
    }
}
