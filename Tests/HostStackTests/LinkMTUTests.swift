import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Hosts and routers whose links change their MTU, or go down, while they run.
@Suite("changes of links")
struct LinkMTUTests {
    /// A client, a router and a server; the router's second link is the one that changes.
    private final class Crossing {
        let wire: SimulatedWire
        let router: SimulatedWire.Station
        let client: SimulatedWire.Station
        let server: SimulatedWire.Station
        let far: IPAddress
        /// Frames on the far link: the longest packet, and the MTU in errors to the client.
        var longest = 0
        var told: [Int] = []
        var codes: [String] = []

        init(_ family: IPAddress.Family, seed: UInt64 = 5) {
            let wire = SimulatedWire(seed: seed)
            func address(_ number: UInt8, _ link: UInt32) -> IPAddress {
                family == .v4
                    ? .v4(SimulatedWire.address(number, on: link)) : .v6(SimulatedWire.address6(number, on: link))
            }
            func host(_ number: UInt8, on link: UInt32) -> SimulatedWire.Station {
                wire.add([SimulatedWire.interface(number, on: link, family: family)]) {
                    $0.gateways = [address(254, link)]
                }
            }
            client = host(1, on: 1)
            server = host(2, on: 2)
            router = wire.add([
                SimulatedWire.interface(254, family: family), SimulatedWire.interface(254, on: 2, family: family),
            ]) { $0.forwards = true }
            far = address(2, 2)
            self.wire = wire
            wire.watch = { [unowned self] _, number, frame in
                guard let arrived = ReceivedFrame(frame) else { return }
                if number == 2, arrived.destination == SimulatedWire.mac(2, on: 2) {
                    longest = max(longest, frame.byteCount - EthernetView.headerLength)
                }
                guard number == 2, arrived.destination == SimulatedWire.mac(1) else { return }
                let packet = frame.dropping(arrived.payloadOffset)
                if let view = try? IPv4View(packet), view.protocol == .icmp, let icmp = try? ICMPv4View(view.payload),
                    icmp.type.isError
                {
                    codes.append("\(icmp.type.rawValue)/\(icmp.code)")
                    told.append(Int(icmp.nextHopMTU))
                } else if let view = try? IPv6View(packet), view.nextHeader == .icmpv6,
                    let icmp = try? ICMPv6View(view.payload), icmp.type.isError
                {
                    codes.append("\(icmp.type.rawValue)/\(icmp.code)")
                    told.append(Int(icmp.restOfHeader))
                }
            }
        }

        func setMTU(_ mtu: Int) { router.host.setMTU(mtu, of: 2, at: wire.now) }

        /// Sends a datagram of this total length from the client, with DF.
        func send(_ length: Int) {
            longest = 0
            told = []
            codes = []
            let packet: [UInt8]
            let etherType: EtherType
            switch far {
            case .v4(let far):
                etherType = .ipv4
                packet =
                    IPv4Header(
                        source: SimulatedWire.address(1), destination: far, protocol: .udp,
                        payloadLength: length - 20, dontFragment: true
                    ).encoded() + [UInt8](repeating: 0, count: length - 20)
            case .v6(let far):
                etherType = .ipv6
                packet =
                    IPv6Header(
                        source: SimulatedWire.address6(1), destination: far, nextHeader: .udp,
                        payloadLength: length - 40
                    ).encoded() + [UInt8](repeating: 0, count: length - 40)
            }
            wire.send(
                EthernetHeader(
                    destination: SimulatedWire.mac(254), source: SimulatedWire.mac(1), etherType: etherType
                ).encoded() + packet, from: 0)
            wire.run(for: .milliseconds(100))
        }
    }

    @Test("a router uses a new MTU for later packets, lower or higher", arguments: [IPAddress.Family.v4, .v6])
    func router(family: IPAddress.Family) {
        let crossing = Crossing(family)
        crossing.send(1_500)
        #expect(crossing.told.isEmpty && crossing.longest == 1_500)
        crossing.setMTU(1_300)
        crossing.send(1_400)
        #expect(crossing.told == [1_300] && crossing.longest == 0)
        crossing.send(1_300)
        #expect(crossing.told.isEmpty && crossing.longest == 1_300)
        crossing.setMTU(1_450)
        crossing.send(1_451)
        #expect(crossing.told == [1_450] && crossing.longest == 0)
        crossing.send(1_450)
        #expect(crossing.told.isEmpty && crossing.longest == 1_450)
    }

    @Test("a transfer through the router continues in smaller segments", arguments: [IPAddress.Family.v4, .v6])
    func transfer(family: IPAddress.Family) {
        let crossing = Crossing(family)
        let transfer = Transfer(from: crossing.client, to: crossing.server, there: 400_000, back: 1_000, seed: 3)
        transfer.begin(to: crossing.far, at: crossing.wire.now)
        #expect(crossing.wire.run(for: .seconds(10)) { transfer.there.received > 100_000 })
        crossing.setMTU(1_300)
        crossing.longest = 0
        #expect(crossing.wire.run(for: .seconds(60)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole && crossing.longest == 1_300)
        #expect(Set(crossing.told) == [1_300] && Set(crossing.codes).count == 1, "\(crossing.codes) \(crossing.told)")
    }

    @Test(
        "the host's own segments, fragments and MSS follow the MTU of its link", arguments: [IPAddress.Family.v4, .v6])
    func host(family: IPAddress.Family) throws {
        let wire = SimulatedWire(seed: 6)
        let server = wire.add(2, family: family)
        let client = wire.add(1, family: family)
        let address: IPAddress = family == .v4 ? .v4(SimulatedWire.address(2)) : .v6(SimulatedWire.address6(2))
        var longest = 0
        var offered: UInt16?
        wire.watch = { _, number, frame in
            guard number == 1, let arrived = ReceivedFrame(frame) else { return }
            let packet = frame.dropping(arrived.payloadOffset)
            longest = max(longest, packet.byteCount)
            let header = family == .v4 ? 20 : 40
            guard packet.byteCount > header + 24, let segment = try? TCPView(packet.dropping(header)),
                segment.flags.contains(.syn),
                case .maximumSegmentSize(let size)? = TCPOptions(segment.options).list.first
            else { return }
            offered = size
        }
        let transfer = Transfer(from: client, to: server, there: 400_000, back: 1_000, seed: 3)
        transfer.begin(to: address, at: wire.now)
        #expect(wire.run(for: .seconds(10)) { transfer.there.received > 100_000 })
        #expect(longest == 1_500 && offered == (family == .v4 ? 1_460 : 1_440))
        client.host.setMTU(1_300, of: 1, at: wire.now)
        longest = 0
        #expect(wire.run(for: .seconds(60)) { transfer.isDone })
        #expect(transfer.there.isWhole && longest == 1_300)
        // Fragments, and the MSS of later connections.
        longest = 0
        let port = try client.host.bind(9)
        try client.host.sendDatagram(
            from: port, to: TCPEndpoint(address, 9), [UInt8](repeating: 1, count: 3_000), at: wire.now)
        wire.run(for: .milliseconds(100))
        #expect((1_290...1_300).contains(longest))
        for (mtu, mss) in [(1_300, 1_260), (1_480, 1_440)] {
            client.host.setMTU(mtu, of: 1, at: wire.now)
            _ = client.host.connect(to: TCPEndpoint(address, 80), at: wire.now)
            wire.run(for: .milliseconds(100))
            #expect(offered.map { Int($0) } == (family == .v4 ? mss : mss - 20))
        }
    }

    @Test(
        "packets to a link that is down are not forwarded, reported, and not counted",
        arguments: [IPAddress.Family.v4, .v6])
    func down(family: IPAddress.Family) {
        let crossing = Crossing(family)
        crossing.send(100)
        let before = crossing.router.host.counters
        crossing.router.host.setLink(2, isConnected: false, at: crossing.wire.now)
        for _ in 0..<3 { crossing.send(100) }
        #expect(crossing.longest == 0 && crossing.codes == [family == .v4 ? "3/0" : "1/0"])
        let after = crossing.router.host.counters
        #expect(after.forwarded == before.forwarded && after.unreachable == before.unreachable + 3)
        crossing.router.host.setLink(2, isConnected: true, at: crossing.wire.now)
        crossing.send(100)
        #expect(crossing.longest > 0 && crossing.router.host.counters.forwarded == before.forwarded + 1)
    }

    @Test("a connection survives 2 s without a link, and its frames count as dropped")
    func interruption() {
        let wire = SimulatedWire(seed: 6)
        let server = wire.add(2)
        let client = wire.add(1)
        let transfer = Transfer(from: client, to: server, there: 400_000, back: 1_000, seed: 3)
        transfer.begin(at: wire.now)
        #expect(wire.run(for: .seconds(10)) { transfer.there.received > 100_000 })
        var frames = 0
        wire.watch = { _, number, _ in if number == 1 { frames += 1 } }
        let sent = client.host.counters.sent
        client.host.setLink(1, isConnected: false, at: wire.now)
        wire.isCut = true
        wire.run(for: .seconds(2))
        #expect(frames == 0 && client.host.counters.sent == sent && client.host.counters.dropped > 0)
        wire.isCut = false
        client.host.setLink(1, isConnected: true, at: wire.now)
        #expect(wire.run(for: .seconds(30)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole)
        #expect(client.host.counters.sent == sent + UInt64(frames))
        // A frame that could not be sent is not counted as sent either.
        let counters = client.host.counters
        client.host.sendingFailed(at: wire.now)
        #expect(client.host.counters.sent == counters.sent - 1)
    }
}
