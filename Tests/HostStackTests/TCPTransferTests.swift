import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Connections between two of our own hosts, over wires that are not kind.
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

    @Test("bytes come as they were sent, and both ends part in peace")
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

    @Test("without any option, and with each alone", arguments: 0..<8)
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
}
