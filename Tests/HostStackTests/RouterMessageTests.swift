import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// Redirects and router advertisements.
@Suite("messages of a router")
struct RouterMessageTests {
    /// A router between two links, and what it sends on the first.
    private final class Scene {
        let wire = SimulatedWire(seed: 8)
        let router: SimulatedWire.Station
        var redirects: [(source: IPAddress, destination: IPAddress, hop: IPAddress)] = []
        var advertisements: [(at: Instant, NDPMessage.RouterAdvertisement, [NDPOption])] = []
        var forwarded = 0

        init(
            _ addresses: [(IPAddress, Int)], gateways: [IPAddress] = [],
            _ configure: (inout HostConfiguration) -> Void = { _ in }
        ) {
            let near = HostConfiguration.Interface(
                index: 1, mac: SimulatedWire.mac(254), addresses: addresses.map { (address: $0.0, prefixLength: $0.1) })
            router = wire.add([near, SimulatedWire.interface(254, on: 2)]) {
                $0.forwards = true
                $0.gateways = gateways
                configure(&$0)
            }
            wire.watch = { [unowned self] now, number, frame in
                guard number == 0, let arrived = ReceivedFrame(frame) else { return }
                let packet = frame.dropping(arrived.payloadOffset)
                if let view = try? IPv4View(packet) {
                    guard view.protocol == .icmp, let icmp = try? ICMPv4View(view.payload), icmp.type == .redirect
                    else {
                        if view.protocol == .udp { forwarded += 1 }
                        return
                    }
                    #expect(icmp.code == 1 && icmp.checksumState == .correct)
                    redirects.append((.v4(view.source), .v4(view.destination), .v4(icmp.gateway)))
                } else if let view = try? IPv6View(packet) {
                    guard view.nextHeader == .icmpv6, let icmp = try? ICMPv6View(view.payload),
                        case .neighborDiscovery(let message) = ICMPv6Message(icmp).body
                    else {
                        if view.nextHeader == .udp { forwarded += 1 }
                        return
                    }
                    #expect(icmp.checksumState(source: view.source, destination: view.destination) == .correct)
                    #expect(view.hopLimit == 255)
                    switch message.kind {
                    case .redirect(_, let target, let destination):
                        #expect(view.source.isLinkLocal && packet.byteCount <= 1_280)
                        let quoted = message.options.contains { option in
                            guard case .redirectedHeader(_, let packet) = option else { return false }
                            return DatagramView(quoted: packet.rawBytes)?.destination == .v6(destination)
                        }
                        #expect(quoted)
                        redirects.append((.v6(view.source), .v6(view.destination), .v6(target)))
                    case .routerAdvertisement(let parameters):
                        #expect(view.source.isLinkLocal && view.destination == .allNodes && message.trailing.isEmpty)
                        advertisements.append((now, parameters, message.options))
                    default: break
                    }
                }
            }
        }

        /// Sends a datagram from a station on the first link to the router, as a frame.
        func send(from source: IPAddress, to destination: IPAddress, options: [UInt8] = [], length: Int = 16) {
            let packet: [UInt8]
            let type: EtherType
            switch (source, destination) {
            case (.v4(let source), .v4(let destination)):
                type = .ipv4
                packet = IPv4Header(
                    source: source, destination: destination, protocol: .udp, payloadLength: length,
                    options: IPv4Options(options.rawBytes)
                ).encoded()
            case (.v6(let source), .v6(let destination)):
                type = .ipv6
                packet = IPv6Header(
                    source: source, destination: destination, nextHeader: .udp, payloadLength: length
                ).encoded()
            default: return
            }
            wire.send(
                EthernetHeader(destination: SimulatedWire.mac(254), source: SimulatedWire.mac(1), etherType: type)
                    .encoded() + packet + [UInt8](repeating: 0, count: length), from: -1)
        }
    }

    // MARK: Redirects

    private let outside = IPAddress.v4(IPv4Address(203, 0, 113, 1))
    private let outside6 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_FFFF_0000, low: 1))

    private func scene(_ gateways: [IPAddress] = [.v4(SimulatedWire.address(253))]) -> Scene {
        let scene = Scene(
            [(.v4(SimulatedWire.address(254)), 24), (.v6(SimulatedWire.address6(254)), 64)], gateways: gateways)
        for number in [UInt8(1), 3, 253] {
            scene.wire.add(number)
            scene.wire.add(number, family: .v6)
        }
        return scene
    }

    @Test("a packet that leaves by the link on which it came is forwarded, and its source is redirected (RFC 1812)")
    func redirect() {
        let scene = scene()
        let source = IPAddress.v4(SimulatedWire.address(1))
        scene.send(from: source, to: outside)
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.count == 1 && scene.forwarded == 1)
        #expect(
            scene.redirects.first.map { [$0.source, $0.destination, $0.hop] } == [
                .v4(SimulatedWire.address(254)), source, .v4(SimulatedWire.address(253)),
            ])
        // To a host on the link: the destination itself is the next hop.
        scene.send(from: source, to: .v4(SimulatedWire.address(3)))
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.last?.hop == .v4(SimulatedWire.address(3)) && scene.forwarded == 2)
        #expect(scene.router.host.counters.redirectsSent == 2)
    }

    @Test("no redirect to a source elsewhere, about a source route, a later fragment or another link")
    func noRedirect() {
        let scene = scene()
        let source = IPAddress.v4(SimulatedWire.address(1))
        scene.send(from: .v4(IPv4Address(192, 0, 2, 7)), to: outside)
        scene.send(from: source, to: outside, options: [131, 7, 8, 198, 51, 100, 254, 0])
        scene.send(from: source, to: outside, options: [137, 7, 8, 198, 51, 100, 254, 0])
        scene.send(from: source, to: .v4(SimulatedWire.address(1, on: 2)))
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.isEmpty && scene.forwarded == 3)
        // A host that does not forward sends none.
        let wire = SimulatedWire(seed: 1)
        wire.add([SimulatedWire.interface(254)]) { $0.gateways = [.v4(SimulatedWire.address(253))] }
        #expect(wire.stations[0].host.counters.redirectsSent == 0)
    }

    @Test("one redirect per second for a source and a destination, and 100 in all")
    func redirectLimit() {
        let scene = scene()
        for _ in 0..<50 {
            scene.send(from: .v4(SimulatedWire.address(1)), to: outside)
            scene.wire.run(for: .milliseconds(10))
        }
        #expect(scene.redirects.count == 1 && scene.forwarded == 50)
        scene.wire.run(for: .milliseconds(600))
        for number in 0..<1_000 as Range<UInt32> {
            scene.send(from: .v4(SimulatedWire.address(1)), to: .v4(IPv4Address(rawValue: 0xCB00_7100 + number)))
        }
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.count == 101 && scene.forwarded == 1_050)
    }

    @Test("IPv6: the target is a router's link-local address, or the destination on the link (RFC 4861, section 8.2)")
    func redirect6() {
        let better = SimulatedWire.mac(253).linkLocalAddress
        let scene = scene([.v6(better)])
        let source = IPAddress.v6(SimulatedWire.address6(1))
        // Long enough that it is quoted in part.
        scene.send(from: source, to: outside6, length: 1_400)
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.map(\.hop) == [.v6(better)] && scene.forwarded == 1)
        let neighbor = IPAddress.v6(SimulatedWire.address6(3))
        scene.send(from: source, to: neighbor)
        scene.send(from: source, to: neighbor)
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.map(\.hop) == [.v6(better), neighbor] && scene.forwarded == 3)
        // A source that is no neighbor, and a next hop without a known link-local address.
        scene.send(from: .v6(IPv6Address(high: 0x2001_0DB8_EEEE_0000, low: 1)), to: outside6)
        scene.wire.run(for: .milliseconds(100))
        #expect(scene.redirects.count == 2)
        let global = self.scene([.v6(SimulatedWire.address6(253))])
        global.send(from: source, to: outside6)
        global.wire.run(for: .milliseconds(100))
        #expect(global.redirects.isEmpty && global.forwarded == 1)
    }

    // MARK: Router advertisements

    private func advertising(
        _ addresses: [(IPAddress, Int)] = [(.v6(SimulatedWire.address6(254)), 64)],
        _ configure: (inout HostConfiguration) -> Void = { _ in }
    ) -> Scene {
        Scene(addresses) {
            $0.advertises = true
            configure(&$0)
        }
    }

    private func solicitation() -> [UInt8] {
        NDPFrame.bytes(
            NDPMessage(.routerSolicitation(reserved: 0)), from: .unspecified, to: .allRouters,
            mac: SimulatedWire.mac(1))
    }

    @Test("3 advertisements at most 16 s apart, then one every 198 to 600 s (RFC 4861, section 6.2.4)")
    func intervals() {
        let scene = advertising()
        scene.wire.run(for: .seconds(6_000))
        let gaps = zip(scene.advertisements.dropFirst(), scene.advertisements).map { $0.at - $1.at }
        #expect(gaps.prefix(2).allSatisfy { $0 <= .seconds(16) } && gaps.count > 10)
        #expect(gaps.dropFirst(2).allSatisfy { $0 >= .seconds(198) && $0 <= .seconds(600) })
        #expect(Set(gaps.dropFirst(2)).count > 5)
    }

    @Test("an advertisement has the prefixes of the addresses, the MTU and the MAC address")
    func contents() throws {
        let narrow = IPv6Address(high: 0x2001_0DB8_0005_0000, low: 0x1_0000_0000_0000)
        let scene = advertising([
            (.v6(SimulatedWire.address6(254)), 64), (.v6(SimulatedWire.address6(253)), 64), (.v6(narrow), 80),
            (.v4(SimulatedWire.address(254)), 24),
        ])
        scene.wire.run(for: .seconds(1))
        let (_, parameters, options) = try #require(scene.advertisements.first)
        #expect(parameters.routerLifetime == 1_800 && parameters.currentHopLimit == 64 && parameters.flags == 0)
        func prefix(_ length: UInt8, _ flags: UInt8, _ address: IPv6Address) -> NDPOption {
            .prefixInformation(
                prefixLength: length, flags: flags, validLifetime: 2_592_000, preferredLifetime: 604_800, reserved: 0,
                prefix: address)
        }
        #expect(
            options == [
                .sourceLinkLayerAddress(SimulatedWire.mac(254)), .mtu(reserved: 0, 1_500),
                prefix(64, 0xC0, IPv6Address(high: SimulatedWire.address6(254).high, low: 0)), prefix(80, 0x80, narrow),
            ])
    }

    @Test("solicitations are answered within 0.5 s, and not more often than every 3 s (RFC 4861, section 6.2.6)")
    func solicitations() {
        let scene = advertising()
        scene.wire.run(for: .seconds(100))
        let before = scene.advertisements.count
        let asked = scene.wire.now
        for _ in 0..<20 {
            scene.wire.send(solicitation(), from: -1)
            scene.wire.run(for: .milliseconds(500))
        }
        let times = scene.advertisements.dropFirst(before).map(\.at)
        #expect(times.count == 4 && times.first.map { $0 - asked <= .milliseconds(510) } == true)
        #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 >= .seconds(3) })
    }

    @Test("none before the address check, on a link that is down, or without --advertise; the last has lifetime 0")
    func lifecycle() {
        let scene = advertising { $0.checksAddresses = true }
        scene.wire.run(for: .milliseconds(900))
        #expect(scene.advertisements.isEmpty)
        scene.wire.run(for: .seconds(300))
        let count = scene.advertisements.count
        #expect(count >= 3)
        scene.router.host.setLink(1, isConnected: false, at: scene.wire.now)
        scene.wire.send(solicitation(), from: -1)
        scene.wire.run(for: .seconds(700))
        #expect(scene.advertisements.count == count)
        scene.router.host.setLink(1, isConnected: true, at: scene.wire.now)
        scene.wire.run(for: .seconds(40))
        #expect(scene.advertisements.count == count + 3)
        #expect(scene.advertisements.allSatisfy { $0.1.routerLifetime == 1_800 })
        scene.router.host.leaveGroups(at: scene.wire.now)
        scene.wire.run(for: .seconds(2_000))
        #expect(scene.advertisements.count == count + 4 && scene.advertisements.last?.1.routerLifetime == 0)
        for configure in [{ $0.advertises = false }, { $0.forwards = false }] as [(inout HostConfiguration) -> Void] {
            let quiet = advertising([(.v6(SimulatedWire.address6(254)), 64)], configure)
            quiet.wire.run(for: .milliseconds(100))
            quiet.wire.send(solicitation(), from: -1)
            quiet.wire.run(for: .seconds(10))
            quiet.router.host.leaveGroups(at: quiet.wire.now)
            quiet.wire.run(for: .seconds(1))
            #expect(quiet.advertisements.isEmpty)
        }
    }
}
