import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Connections between two user-space hosts, over unreliable links.
@Suite("TCP between two hosts")
struct TCPTransferTests {
    private func transfer(
        seed: UInt64, there: Int = 100_000, back: Int = 50_000, family: IPAddress.Family = .v4,
        _ configure: (inout TCPConfiguration) -> Void = { _ in },
        _ body: (SimulatedWire, Transfer) -> Void
    ) {
        let wire = SimulatedWire(seed: seed)
        var tcp = TCPConfiguration()
        configure(&tcp)
        let client = wire.add(1, family: family, tcp: tcp)
        let server = wire.add(2, family: family, tcp: tcp)
        let transfer = Transfer(from: client, to: server, there: there, back: back, seed: seed)
        transfer.begin(
            to: family == .v4 ? .v4(SimulatedWire.address(2)) : .v6(SimulatedWire.address6(2)), at: wire.now)
        body(wire, transfer)
    }

    @Test("bytes arrive as sent, and both ends close normally")
    func plain() {
        transfer(seed: 1) { wire, transfer in
            #expect(wire.run(for: .seconds(10)) { transfer.isDone })
            #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
            #expect(wire.run(for: .seconds(61)) { transfer.isOver })
        }
    }

    @Test("loss, reordering, duplicates and corruption at once", arguments: UInt64(1)...20, [IPAddress.Family.v4, .v6])
    func faults(seed: UInt64, family: IPAddress.Family) {
        transfer(seed: seed, family: family) { wire, transfer in
            wire.faults = WireFaults(loss: 0.05, reordering: 0.05, duplication: 0.02, corruption: 0.01)
            #expect(wire.run(for: .seconds(300)) { transfer.isDone }, "seed \(seed)")
            #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty, "seed \(seed)")
        }
    }

    @Test("without options, and with each option alone", arguments: 0..<8)
    func options(bits: Int) {
        transfer(
            seed: UInt64(bits),
            {
                $0.usesTimestamps = bits & 1 != 0
                $0.usesSelectiveAcknowledgment = bits & 2 != 0
                $0.usesWindowScale = bits & 4 != 0
            }
        ) { wire, transfer in
            wire.faults = WireFaults(loss: 0.03, reordering: 0.03, duplication: 0.02, corruption: 0.01)
            #expect(wire.run(for: .seconds(300)) { transfer.isDone }, "bits \(bits)")
            #expect(transfer.there.isWhole && transfer.back.isWhole, "bits \(bits)")
        }
    }

    // MARK: Idle times, old segments, wraparound

    @Test("no reads for more than a minute: the window closes and opens again")
    func zeroWindow() {
        transfer(seed: 30, there: 2_000_000, back: 1_000) { wire, transfer in
            transfer.serverSleeps = true
            wire.run(for: .seconds(70))
            let held = transfer.there.sent
            // What was sent fits in the two buffers.
            #expect(held > 0 && held <= 2 * 256 << 10 && !transfer.isDone)
            wire.run(for: .seconds(70))
            #expect(transfer.there.sent == held)
            transfer.wake(at: wire.now)
            #expect(wire.run(for: .seconds(120)) { transfer.isDone })
            #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
        }
    }

    @Test("the link is down for a minute during the transfer", arguments: [IPAddress.Family.v4, .v6])
    func peerGone(family: IPAddress.Family) {
        transfer(seed: 31, there: 1_000_000, back: 300_000, family: family) { wire, transfer in
            _ = wire.run(for: .seconds(10)) { transfer.there.received > 300_000 }
            wire.isCut = true
            wire.run(for: .seconds(60))
            #expect(!transfer.isDone)
            wire.isCut = false
            #expect(wire.run(for: .seconds(180)) { transfer.isDone })
            #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
        }
    }

    @Test("old segments arrive again between new ones", arguments: UInt64(1)...10)
    func oldDuplicates(seed: UInt64) {
        transfer(seed: seed, there: 400_000, back: 400_000) { wire, transfer in
            var old: [(frame: [UInt8], from: Int)] = []
            var random = SeededGenerator(seed: seed)
            var isReplaying = false
            wire.watch = { _, number, frame in
                guard !isReplaying else { return }
                old.append((frame.copied(), number))
                guard random.next() % 3 == 0 else { return }
                let again = old[Int(random.next() % UInt64(old.count))]
                isReplaying = true
                wire.send(again.frame, from: again.from)
                isReplaying = false
            }
            #expect(wire.run(for: .seconds(120)) { transfer.isDone }, "seed \(seed)")
            #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty, "seed \(seed)")
        }
    }

    /// Returns the initial sequence numbers of a transfer that begins at an instant.
    private func initialNumbers(seed: UInt64, start: Instant) -> [UInt32] {
        let wire = SimulatedWire(seed: seed, start: start)
        let transfer = Transfer(from: wire.add(1), to: wire.add(2), there: 1, back: 1, seed: seed)
        var numbers: [UInt32] = []
        wire.watch = { _, _, frame in
            guard let arrived = ReceivedFrame(frame), let view = try? IPv4View(frame.dropping(arrived.payloadOffset)),
                view.protocol == .tcp, let segment = try? TCPView(view.payload), segment.flags.contains(.syn)
            else { return }
            numbers.append(segment.sequenceNumber)
        }
        transfer.begin(at: wire.now)
        _ = wire.run(for: .seconds(5)) { transfer.isDone }
        return numbers
    }

    @Test("sequence numbers wrap around at 2^32, over an unreliable link", arguments: [0, 1])
    func wrap(side: Int) throws {
        let seed: UInt64 = 40
        let start = Instant(nanoseconds: 1_000_000_000)
        let before = initialNumbers(seed: seed, start: start)
        try #require(before.count == 2)
        // The initial number grows every 4 microseconds (RFC 6528, section 3).
        let later = start + Nanoseconds(Int64(0 &- before[side] &- 60_000) * 4_000)
        let numbers = initialNumbers(seed: seed, start: later)
        #expect(numbers.count == 2 && numbers[side] > UInt32.max - 80_000, "\(numbers)")
        let wire = SimulatedWire(seed: seed, start: later)
        let transfer = Transfer(from: wire.add(1), to: wire.add(2), there: 300_000, back: 300_000, seed: seed)
        transfer.begin(at: wire.now)
        wire.faults = WireFaults(loss: 0.03, reordering: 0.05, duplication: 0.02, corruption: 0.01)
        #expect(wire.run(for: .seconds(300)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty)
    }
}
