import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// A user-space router between user-space hosts.
@Suite("routers on a simulated network")
struct RouterTests {
    private typealias Family = IPAddress.Family

    private static func address(_ number: UInt8, on wire: UInt32, _ family: IPAddress.Family) -> IPAddress {
        family == .v4 ? .v4(SimulatedWire.address(number, on: wire)) : .v6(SimulatedWire.address6(number, on: wire))
    }

    /// A host on each of two links, and a router, number 254, between them.
    private struct Crossing {
        let wire: SimulatedWire
        let near: SimulatedWire.Station
        let far: SimulatedWire.Station
        let router: SimulatedWire.Station

        init(seed: UInt64, family: IPAddress.Family, farMTU: Int = 1_500) {
            let wire = SimulatedWire(seed: seed)
            self.wire = wire
            func host(_ number: UInt8, on place: UInt32, _ mtu: Int) -> SimulatedWire.Station {
                wire.add([SimulatedWire.interface(number, on: place, family: family, mtu: mtu)]) {
                    $0.gateways = [RouterTests.address(254, on: place, family)]
                }
            }
            near = host(1, on: 1, 1_500)
            far = host(2, on: 2, 1_500)
            router = wire.add([
                SimulatedWire.interface(254, on: 1, family: family),
                SimulatedWire.interface(254, on: 2, family: family, mtu: farMTU),
            ]) { $0.forwards = true }
        }
    }

    @Test("connections through the router, over unreliable links", arguments: [IPAddress.Family.v4, .v6], 1...5)
    func transfers(family: IPAddress.Family, seed: Int) {
        let crossing = Crossing(seed: UInt64(seed), family: family)
        let transfer = Transfer(
            from: crossing.near, to: crossing.far, there: 200_000, back: 100_000, seed: UInt64(seed))
        crossing.wire.faults = WireFaults(loss: 0.02, reordering: 0.03, duplication: 0.02, corruption: 0.005)
        transfer.begin(to: Self.address(2, on: 2, family), at: crossing.wire.now)
        #expect(crossing.wire.run(for: .seconds(300)) { transfer.isDone }, "seed \(seed)")
        #expect(transfer.there.isWhole && transfer.back.isWhole && transfer.failures.isEmpty, "seed \(seed)")
        let used = crossing.router.host.routes.routes.filter { $0.useCount > 50 }
        #expect(used.count == 2, "seed \(seed)")
    }

    @Test("a narrower link behind the router: both sides learn the path MTU", arguments: [IPAddress.Family.v4, .v6])
    func pathMTU(family: IPAddress.Family) {
        let crossing = Crossing(seed: 9, family: family, farMTU: 1_300)
        let transfer = Transfer(from: crossing.near, to: crossing.far, there: 100_000, back: 100_000, seed: 9)
        var longest = 0
        transfer.begin(to: Self.address(2, on: 2, family), at: crossing.wire.now)
        crossing.wire.watch = { _, number, frame in
            // Frames that the router sends on the far link.
            if number == 2 { longest = max(longest, frame.byteCount - EthernetView.headerLength) }
        }
        #expect(crossing.wire.run(for: .seconds(60)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole && longest <= 1_500)
        let counters = crossing.router.host.counters
        #expect(counters.fragmented == 0 && counters.errorsSent > 0)
    }

    @Test("the MTU shrinks during a transfer: outstanding data is retransmitted in smaller segments")
    func shrinkingMTU() {
        let crossing = Crossing(seed: 11, family: .v4, farMTU: 1_500)
        let transfer = Transfer(from: crossing.near, to: crossing.far, there: 300_000, back: 10_000, seed: 11)
        transfer.begin(to: Self.address(2, on: 2, .v4), at: crossing.wire.now)
        _ = crossing.wire.run(for: .seconds(10)) { transfer.there.received > 100_000 }
        #expect(!transfer.isDone)
        // A link in front of the far host with a smaller MTU, whose router reports it.
        let narrow = 700
        var reports = 0
        crossing.wire.silentMTU = narrow
        crossing.wire.silentWire = 2
        crossing.wire.watch = { now, number, frame in
            guard number == 2, frame.byteCount > narrow + EthernetView.headerLength,
                let arrived = ReceivedFrame(frame), let view = try? IPv4View(frame.dropping(arrived.payloadOffset))
            else { return }
            reports += 1
            let error = ICMPv4Message(
                .destinationUnreachable(
                    .fragmentationNeeded,
                    ICMPErrorBody(restOfHeader: UInt32(narrow), data: view.bytes.prefix(28).copied())))
            let header = IPv4Header(
                source: SimulatedWire.address(200, on: 2), destination: view.source, protocol: .icmp,
                payloadLength: error.byteCount)
            crossing.wire.send(
                EthernetHeader.padded(
                    EthernetHeader(
                        destination: SimulatedWire.mac(254, on: 2), source: MACAddress(rawValue: 0x0200_0000_0077),
                        etherType: .ipv4
                    ).encoded() + header.encoded() + error.encoded()), from: -1, on: 2)
        }
        #expect(crossing.wire.run(for: .seconds(120)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole && reports > 0)
    }

    // MARK: ICMP errors

    /// The errors received by host 1, as `type/code`.
    private func errors(
        _ family: IPAddress.Family, farMTU: Int = 1_500, for time: Nanoseconds = .milliseconds(100),
        _ send: (Crossing) -> Void
    ) -> [String] {
        let crossing = Crossing(seed: 2, family: family, farMTU: farMTU)
        var heard: [String] = []
        crossing.wire.watch = { _, number, frame in
            guard number == 2, let arrived = ReceivedFrame(frame),
                arrived.destination == SimulatedWire.mac(1)
            else { return }
            let packet = frame.dropping(arrived.payloadOffset)
            if let view = try? IPv4View(packet), view.protocol == .icmp, let icmp = try? ICMPv4View(view.payload) {
                heard.append("\(icmp.type.rawValue)/\(icmp.code)")
            } else if let view = try? IPv6View(packet), view.nextHeader == .icmpv6,
                let icmp = try? ICMPv6View(view.payload), !icmp.type.isNeighborDiscovery
            {
                heard.append("\(icmp.type.rawValue)/\(icmp.code)")
            }
        }
        send(crossing)
        crossing.wire.run(for: time)
        return heard
    }

    private func datagram(
        to destination: IPAddress, hops: UInt8 = 64, length: Int = 10, dontFragment: Bool = false
    ) -> [UInt8] {
        let data = [UInt8](repeating: 7, count: length)
        let packet: [UInt8]
        switch destination {
        case .v4(let destination):
            packet =
                IPv4Header(
                    source: SimulatedWire.address(1), destination: destination, protocol: .udp,
                    payloadLength: length, timeToLive: hops, dontFragment: dontFragment
                ).encoded() + data
        case .v6(let destination):
            packet =
                IPv6Header(
                    source: SimulatedWire.address6(1), destination: destination, nextHeader: .udp,
                    payloadLength: length, hopLimit: hops
                ).encoded() + data
        }
        return EthernetHeader.padded(
            EthernetHeader(
                destination: SimulatedWire.mac(254), source: SimulatedWire.mac(1),
                etherType: destination.family == .v4 ? .ipv4 : .ipv6
            ).encoded() + packet)
    }

    @Test("time exceeded, no route, host unreachable, packet too big (RFC 1812, RFC 4443)")
    func errorsOfIPv4AndIPv6() {
        for (family, wanted) in [
            (IPAddress.Family.v4, ["11/0", "3/0", "3/1", "3/4"]), (.v6, ["3/0", "1/0", "1/3", "2/0"]),
        ] {
            let far = Self.address(2, on: 2, family)
            let nowhere: IPAddress =
                family == .v4 ? .v4(IPv4Address(203, 0, 113, 9)) : .v6(SimulatedWire.address6(9, on: 99))
            #expect(errors(family) { $0.wire.send(datagram(to: far, hops: 1), from: 0) } == [wanted[0]])
            #expect(errors(family) { $0.wire.send(datagram(to: nowhere), from: 0) } == [wanted[1]])
            let absent = errors(family, for: .seconds(6)) {
                $0.wire.send(datagram(to: Self.address(77, on: 2, family)), from: 0)
            }
            #expect(absent == [wanted[2]])
            let long = errors(family, farMTU: 1_300) {
                $0.wire.send(datagram(to: far, length: 1_400, dontFragment: true), from: 0)
            }
            #expect(long == [wanted[3]])
            #expect(errors(family) { $0.wire.send(datagram(to: far), from: 0) } == [])
        }
    }

    @Test("link-local packets are not forwarded (RFC 4007, RFC 3927)")
    func scopes() {
        let local = EthernetHeader.padded(
            EthernetHeader(destination: SimulatedWire.mac(254), source: SimulatedWire.mac(1), etherType: .ipv6)
                .encoded()
                + IPv6Header(
                    source: SimulatedWire.mac(1).linkLocalAddress, destination: SimulatedWire.address6(2, on: 2),
                    nextHeader: .udp, payloadLength: 8
                ).encoded() + [UInt8](repeating: 0, count: 8))
        #expect(errors(.v6) { $0.wire.send(local, from: 0) } == ["1/2"])
        #expect(errors(.v6) { $0.wire.send(datagram(to: .v6(SimulatedWire.mac(9).linkLocalAddress)), from: 0) } == [])
    }

    // MARK: Redirects

    /// A connection to a host behind one of two routers, to which the first sends a redirect.
    private func redirected(
        from router: IPv4Address, to gateway: IPv4Address, quoting change: (inout [UInt8]) -> Void = { _ in }
    ) -> Bool {
        let wire = SimulatedWire(seed: 7)
        let client = wire.add([SimulatedWire.interface(1)]) { $0.gateways = [.v4(SimulatedWire.address(254))] }
        for number in [UInt8(253), 254] {
            wire.add([SimulatedWire.interface(number), SimulatedWire.interface(number, on: 2)]) { $0.forwards = true }
        }
        let far = wire.add([SimulatedWire.interface(2, on: 2)]) {
            $0.gateways = [.v4(SimulatedWire.address(254, on: 2))]
        }
        let transfer = Transfer(from: client, to: far, there: 400_000, back: 1_000, seed: 7)
        transfer.begin(to: .v4(SimulatedWire.address(2, on: 2)), at: wire.now)
        _ = wire.run(for: .seconds(10)) { transfer.there.received > 50_000 }
        var last: [UInt8] = []
        var byOther = 0
        wire.watch = { _, number, frame in
            guard number == 0, let arrived = ReceivedFrame(frame), arrived.etherType == .ipv4 else { return }
            if arrived.destination == SimulatedWire.mac(253) { byOther += 1 }
            last = frame.dropping(arrived.payloadOffset).prefix(28).copied()
        }
        _ = wire.run(for: .milliseconds(50)) { !last.isEmpty }
        change(&last)
        let error = ICMPv4Message(.redirect(code: 1, ICMPErrorBody(restOfHeader: gateway.rawValue, data: last)))
        let header = IPv4Header(
            source: router, destination: SimulatedWire.address(1), protocol: .icmp, payloadLength: error.byteCount)
        wire.send(
            EthernetHeader.padded(
                EthernetHeader(
                    destination: SimulatedWire.mac(1), source: SimulatedWire.mac(254), etherType: .ipv4
                ).encoded() + header.encoded() + error.encoded()), from: -1)
        #expect(wire.run(for: .seconds(60)) { transfer.isDone })
        #expect(transfer.there.isWhole && transfer.back.isWhole)
        return byOther > 10
    }

    @Test("a redirect is accepted only from the current router, about sent segments, and to a neighbor")
    func redirects() {
        let (router, other) = (SimulatedWire.address(254), SimulatedWire.address(253))
        #expect(redirected(from: router, to: other))
        #expect(!redirected(from: other, to: other))
        #expect(!redirected(from: router, to: IPv4Address(203, 0, 113, 1)))
        #expect(!redirected(from: router, to: router))
        // A number that was never outstanding: a spoofed redirect.
        #expect(!redirected(from: router, to: other) { $0[24] ^= 0x40 })
        #expect(!redirected(from: router, to: other) { $0[19] ^= 0x40 })
    }

    // MARK: RARP and IPv4 options

    @Test("clients in the RARP table are answered, and no others")
    func reverse() {
        let wire = SimulatedWire(seed: 8)
        let (known, unknown) = (MACAddress(rawValue: 0x0200_0000_0055), MACAddress(rawValue: 0x0200_0000_0056))
        wire.add([SimulatedWire.interface(2)]) { $0.rarpTable = [known: SimulatedWire.address(55)] }
        var replies: [ARPPacket] = []
        wire.watch = { _, number, frame in
            if number == 0, let arrived = ReceivedARP(frame, etherType: .reverseARP) { replies.append(arrived.packet) }
        }
        for mac in [known, unknown] {
            wire.send(
                ARPFrame.bytes(
                    ARPPacket(
                        operation: .reverseRequest, senderMAC: mac, senderAddress: .unspecified, targetMAC: mac,
                        targetAddress: .unspecified), to: .broadcast), from: -1)
        }
        wire.run(for: .milliseconds(10))
        #expect(replies.map(\.targetAddress) == [SimulatedWire.address(55)])
        #expect(replies.first?.senderAddress == SimulatedWire.address(2) && replies.first?.operation == .reverseReply)
    }

    @Test("a malformed option is a parameter problem with its offset, a source route is rejected (RFC 1122)")
    func optionsOfIPv4() {
        func problem(_ options: [UInt8]) -> (type: UInt8, code: UInt8, pointer: UInt8)? {
            let wire = SimulatedWire(seed: 1)
            wire.add(2)
            let otherHost = SimulatedWire.address(9)
            let mac = MACAddress(rawValue: 0x0200_0000_0009)
            wire.send(
                ARPFrame.bytes(ARPPacket.request(for: SimulatedWire.address(2), from: mac, otherHost), to: .broadcast),
                from: -1)
            wire.run(for: .milliseconds(10))
            var heard: (UInt8, UInt8, UInt8)?
            wire.watch = { _, number, frame in
                guard number == 0, let view = try? IPv4View(frame.dropping(EthernetView.headerLength)),
                    let icmp = try? ICMPv4View(view.payload)
                else { return }
                heard = (icmp.type.rawValue, icmp.code, icmp.bytes.byte(at: 4))
            }
            var header = IPv4Header(
                source: otherHost, destination: SimulatedWire.address(2), protocol: .icmp,
                payloadLength: options.count + 8
            ).encoded()
            header[0] = 0x45 + UInt8(options.count / 4)
            header[10] = 0
            header[11] = 0
            var datagram = header + options
            let checksum = InternetChecksum.of(datagram.rawBytes)
            datagram.withMutableBytes { $0.setBigEndian16(checksum, at: 10) }
            let echo = ICMPv4Message(.echoRequest(ICMPEcho(identifier: 1, sequenceNumber: 1, data: []))).encoded()
            wire.send(
                EthernetHeader.padded(
                    EthernetHeader(destination: SimulatedWire.mac(2), source: mac, etherType: .ipv4).encoded()
                        + datagram + echo), from: -1)
            wire.run(for: .milliseconds(10))
            return heard
        }
        #expect(problem([1, 1, 1, 0])?.type == 0)
        // A record route longer than the options, after a no-operation.
        let broken = problem([1, 7, 9, 4])
        #expect(broken?.type == 12 && broken?.pointer == 21)
        let loose = problem([131, 7, 4, 203, 0, 113, 1, 0])
        #expect(loose?.type == 3 && loose?.code == 5)
        // A completed source route.
        #expect(problem([131, 7, 8, 203, 0, 113, 1, 0])?.type == 0)
    }
}
