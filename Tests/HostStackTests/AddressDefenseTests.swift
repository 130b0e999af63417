import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// A host whose address in use is claimed by another station (RFC 5227, section 2.4).
@Suite("defense of addresses")
struct AddressDefenseTests {
    private static let other = MACAddress(rawValue: 0x0200_0000_00EE)
    private static let here = SimulatedWire.address(2)
    private static let here6 = SimulatedWire.address6(2)

    /// A host, and everything that it announced or reported.
    private final class Scene {
        let wire = SimulatedWire(seed: 4)
        let station: SimulatedWire.Station
        var announcements: [IPAddress] = []
        var frames = 0
        var events: [String] = []

        init(
            _ interfaces: [HostConfiguration.Interface], keeps: Bool,
            _ configure: (inout HostConfiguration) -> Void = { _ in }
        ) {
            station = wire.add(interfaces) {
                $0.keepsAddresses = keeps
                configure(&$0)
            }
            station.application = { [unowned self] _, event, _ in
                switch event {
                case .conflict(let address, _): events.append("conflict \(address)")
                case .defended(let address, let mac):
                    events.append("defended \(address) \(mac == AddressDefenseTests.other)")
                case .relinquished(let address, let mac):
                    events.append("relinquished \(address) \(mac == AddressDefenseTests.other)")
                default: break
                }
            }
            wire.watch = { [unowned self] _, number, frame in
                guard number == 0 else { return }
                frames += 1
                if let arp = ReceivedARP(frame) {
                    let packet = arp.packet
                    guard packet.operation == .request, packet.senderAddress == packet.targetAddress else { return }
                    #expect(arp.frameDestination == .broadcast && packet.targetMAC == MACAddress(rawValue: 0))
                    announcements.append(.v4(packet.senderAddress))
                } else if let arrived = ReceivedFrame(frame), arrived.etherType == .ipv6,
                    let view = try? IPv6View(frame.dropping(arrived.payloadOffset)), view.destination == .allNodes,
                    let icmp = try? ICMPv6View(view.payload), icmp.type == .neighborAdvertisement
                {
                    announcements.append(.v6(view.source))
                }
            }
            wire.run(for: .milliseconds(100))
        }

        func hear(_ frame: [UInt8], after time: Nanoseconds = .milliseconds(100), on link: UInt32 = 1) {
            wire.send(frame, from: -1, on: link)
            wire.run(for: time)
        }
    }

    /// ARP packets and neighbor discovery messages of another station that claim the host's address.
    private static func claims(
        _ family: IPAddress.Family, mac: MACAddress = other, to destination: MACAddress = SimulatedWire.mac(2)
    ) -> [[UInt8]] {
        let third = SimulatedWire.address(3)
        guard family == .v4 else {
            return [
                NDPFrame.advertisement(of: here6, flags: .override, to: .allNodes, mac: mac),
                NDPFrame.advertisement(of: here6, flags: .solicited, to: here6, mac: mac, at: destination),
                NDPFrame.solicitation(for: here6, from: here6, mac: mac),
                NDPFrame.bytes(
                    NDPMessage(.routerSolicitation(reserved: 0)), from: here6, to: .allNodes, mac: mac),
            ]
        }
        func reply(of address: IPv4Address) -> ARPPacket {
            ARPPacket(
                operation: .reply, senderMAC: mac, senderAddress: address, targetMAC: SimulatedWire.mac(3),
                targetAddress: third)
        }
        return [
            ARPFrame.bytes(ARPPacket.announcement(of: here, at: mac), to: .broadcast),
            ARPFrame.bytes(ARPPacket.request(for: third, from: mac, here), to: .broadcast),
            ARPFrame.bytes(ARPPacket.request(for: here, from: mac, here), to: .broadcast),
            ARPFrame.bytes(reply(of: here), to: .broadcast), ARPFrame.bytes(reply(of: here), to: destination),
        ]
    }

    private func scene(
        _ family: IPAddress.Family, keeps: Bool, _ configure: (inout HostConfiguration) -> Void = { _ in }
    ) -> Scene {
        Scene([SimulatedWire.interface(2, family: family)], keeps: keeps, configure)
    }

    @Test(
        "every kind of claim is answered once with an announcement; the second within 10 s ends the use of the address",
        arguments: [IPAddress.Family.v4, .v6])
    func once(family: IPAddress.Family) {
        let own: IPAddress = family == .v4 ? .v4(Self.here) : .v6(Self.here6)
        for claim in Self.claims(family) {
            let scene = scene(family, keeps: false)
            let before = scene.frames
            scene.hear(claim)
            #expect(scene.announcements == [own] && scene.frames == before + 1)
            #expect(scene.events == ["defended \(own) true"])
            // Not within the interval.
            scene.hear(claim, after: .seconds(10))
            #expect(scene.events == ["defended \(own) true", "relinquished \(own) true"])
            #expect(!scene.station.host.addresses.contains(own) && scene.announcements == [own])
            // The address is not used anymore, and is not announced again.
            let frames = scene.frames
            for claim in Self.claims(family) { scene.hear(claim) }
            scene.hear(
                family == .v4
                    ? ARPFrame.bytes(ARPPacket.request(for: Self.here, from: Self.other, .unspecified), to: .broadcast)
                    : NDPFrame.solicitation(for: Self.here6, from: .unspecified, mac: Self.other))
            scene.station.host.setLink(1, isConnected: false, at: scene.wire.now)
            scene.station.host.setLink(1, isConnected: true, at: scene.wire.now)
            scene.wire.run(for: .seconds(20))
            #expect(scene.announcements == [own] && scene.events.count == 2)
            #expect(family == .v6 || scene.frames == frames)
        }
    }

    @Test("conflicts more than 10 s apart are each defended", arguments: [IPAddress.Family.v4, .v6], [true, false])
    func apart(family: IPAddress.Family, keeps: Bool) {
        let scene = scene(family, keeps: keeps)
        for _ in 0..<3 { scene.hear(Self.claims(family)[0], after: .milliseconds(10_050)) }
        #expect(scene.announcements.count == 3 && scene.events.allSatisfy { $0.hasPrefix("defended") })
        #expect(scene.station.host.addresses.count == (family == .v4 ? 1 : 2))
    }

    @Test("an address that is kept is announced at most every 10 s", arguments: [IPAddress.Family.v4, .v6])
    func always(family: IPAddress.Family) {
        let scene = scene(family, keeps: true)
        for _ in 0..<250 { for claim in Self.claims(family) { scene.hear(claim, after: .milliseconds(20)) } }
        let seconds = family == .v4 ? 25 : 20
        #expect(scene.announcements.count == (seconds + 9) / 10 && scene.events.count == (seconds + 9) / 10)
        #expect(!scene.events.contains { $0.hasPrefix("relinquished") })
    }

    @Test("probes, and packets with a MAC address of the host's own, are no conflict")
    func harmless() {
        let scene = Scene(
            [SimulatedWire.interface(2), SimulatedWire.interface(2, on: 2)], keeps: false)
        scene.hear(ARPFrame.bytes(ARPPacket.probe(for: Self.here, from: Self.other), to: .broadcast))
        // The host's other interface is on the same link.
        for claim in Self.claims(.v4, mac: SimulatedWire.mac(2, on: 2)) { scene.hear(claim) }
        // An address of another interface is not configured on this one.
        for _ in 0..<2 {
            let claim = ARPPacket.announcement(of: SimulatedWire.address(2, on: 2), at: Self.other)
            scene.hear(ARPFrame.bytes(claim, to: .broadcast))
        }
        #expect(scene.events.isEmpty && scene.announcements.isEmpty)
    }

    @Test("connections of an address that is given up are reset, and no others")
    func connections() {
        var interface = SimulatedWire.interface(2)
        let second = SimulatedWire.address(22)
        interface = HostConfiguration.Interface(
            index: 1, mac: SimulatedWire.mac(2), addresses: interface.addresses + [(.v4(second), 24)])
        let scene = Scene([interface], keeps: false)
        scene.station.host.listen(80)
        let client = scene.wire.add(1)
        var failures: [TCPFailure?] = []
        client.application = { _, event, _ in
            if case .connection(_, let changes, let failure) = event, changes.contains(.closed) {
                failures.append(failure)
            }
        }
        for address in [Self.here, second] {
            #expect(client.host.connect(to: TCPEndpoint(.v4(address), 80), at: scene.wire.now) != nil)
        }
        scene.wire.run(for: .seconds(1))
        #expect(scene.station.host.connectionCount == 2)
        let claim = ARPFrame.bytes(ARPPacket.announcement(of: Self.here, at: Self.other), to: .broadcast)
        // The client is not to hear the other station.
        for _ in 0..<2 {
            scene.station.host.receive(claim.rawBytes, on: 1, at: scene.wire.now)
            scene.wire.run(for: .seconds(1))
        }
        #expect(failures == [.reset] && scene.station.host.connectionCount == 1)
        #expect(scene.station.host.addresses == [.v4(second)])
    }

    @Test("a router stops the use of routes for which it has no address anymore")
    func routes() {
        let scene = Scene([SimulatedWire.interface(2), SimulatedWire.interface(2, on: 2)], keeps: false) {
            $0.forwards = true
            $0.gateways = [.v4(SimulatedWire.address(254, on: 2))]
        }
        let claim = ARPPacket.announcement(of: SimulatedWire.address(2, on: 2), at: Self.other)
        for _ in 0..<2 { scene.hear(ARPFrame.bytes(claim, to: .broadcast), on: 2) }
        #expect(scene.station.host.addresses == [.v4(Self.here)])
        scene.hear(
            ARPFrame.bytes(
                ARPPacket.request(for: Self.here, from: Self.other, SimulatedWire.address(9)), to: .broadcast))
        var unreachable = 0
        scene.wire.watch = { _, number, frame in
            guard number == 0, let view = try? IPv4View(frame.dropping(EthernetView.headerLength)),
                let icmp = try? ICMPv4View(view.payload), icmp.type == .destinationUnreachable, icmp.code == 0
            else { return }
            unreachable += 1
        }
        for destination in [SimulatedWire.address(1, on: 2), IPv4Address(203, 0, 113, 1)] {
            let header = IPv4Header(
                source: SimulatedWire.address(9), destination: destination, protocol: .udp, payloadLength: 8)
            scene.hear(
                EthernetHeader(destination: SimulatedWire.mac(2), source: Self.other, etherType: .ipv4).encoded()
                    + header.encoded() + [0, 9, 0, 9, 0, 8, 0, 0])
        }
        #expect(unreachable == 2)
    }
}
