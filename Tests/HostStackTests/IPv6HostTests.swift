import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// The IPv6 of a host: its replies to packets on its link.
@Suite("IPv6 of a host")
struct IPv6HostTests {
    private static let mac = SimulatedWire.mac(2)
    private static let here = SimulatedWire.address6(2)
    private static let otherHost = SimulatedWire.address6(9)
    private static let otherMAC = MACAddress(rawValue: 0x0200_0000_00EE)

    /// Returns the host's replies to packets from another host whose link-layer address it knows.
    private func answers(
        checksAddresses: Bool = false, for time: Nanoseconds = .milliseconds(100), _ packets: [[UInt8]]
    ) -> [ICMPv6Message] {
        let wire = SimulatedWire(seed: 1)
        wire.add(2, family: .v6, checksAddresses: checksAddresses)
        var heard: [ICMPv6Message] = []
        wire.send(
            NDPFrame.solicitation(for: Self.here, from: Self.otherHost, mac: Self.otherMAC), from: -1)
        wire.run(for: .milliseconds(10))
        wire.watch = { _, number, frame in
            guard number == 0, let arrived = ReceivedFrame(frame), arrived.etherType == .ipv6,
                let view = try? IPv6View(frame.dropping(arrived.payloadOffset)), view.nextHeader == .icmpv6,
                view.destination == Self.otherHost, let icmp = try? ICMPv6View(view.payload)
            else { return }
            #expect(icmp.checksumState(source: view.source, destination: view.destination) == .correct)
            heard.append(ICMPv6Message(icmp))
        }
        for packet in packets { wire.send(packet, from: -1) }
        wire.run(for: time)
        return heard
    }

    private func packet(
        _ next: IPProtocol, _ payload: [UInt8], from source: IPv6Address = otherHost,
        to destination: IPv6Address = here,
        frameTo: MACAddress? = nil
    ) -> [UInt8] {
        let receiver = frameTo ?? (destination.isMulticast ? MACAddress(multicast: destination) : Self.mac)
        return EthernetHeader.padded(
            EthernetHeader(destination: receiver, source: Self.otherMAC, etherType: .ipv6).encoded()
                + IPv6Header(
                    source: source, destination: destination, nextHeader: next, payloadLength: payload.count
                ).encoded() + payload)
    }

    private func echo(to destination: IPv6Address = here, from source: IPv6Address = otherHost) -> [UInt8] {
        ICMPv6Message(
            .echoRequest(ICMPEcho(identifier: 7, sequenceNumber: 1, data: Array(0..<100))), source: source,
            destination: destination
        ).encoded()
    }

    private func problem(_ messages: [ICMPv6Message]) -> (code: UInt8, pointer: UInt32)? {
        guard messages.count == 1, case .parameterProblem(let code, let body) = messages[0].body else { return nil }
        return (code, body.restOfHeader)
    }

    @Test("echo to the host and to all nodes; replies to all nodes are limited to 10 per second")
    func echoes() {
        #expect(answers([packet(.icmpv6, echo())]).map(\.type) == [.echoReply])
        let toAll = packet(.icmpv6, echo(to: .allNodes), to: .allNodes)
        #expect(answers([toAll]).map(\.type) == [.echoReply])
        #expect(answers(Array(repeating: toAll, count: 50)).count == 10)
        // An unspecified source, and the host's own address as source.
        #expect(answers([packet(.icmpv6, echo(from: .unspecified), from: .unspecified)]).isEmpty)
        #expect(answers([packet(.icmpv6, echo(from: Self.here), from: Self.here)]).isEmpty)
        var wrong = packet(.icmpv6, echo())
        wrong[14 + 40 + 50] ^= 1
        #expect(answers([wrong]).isEmpty)
    }

    @Test("unrecognized options, by the action in their type (RFC 8200, section 4.2)")
    func options() {
        func asked(_ type: UInt8, to destination: IPv6Address = Self.here) -> [ICMPv6Message] {
            let options = IPv6ExtensionHeader.destinationOptions([.unknown(type: type, data: [0, 0]), .padN([])])
            let payload = options.encoded(nextHeader: .icmpv6) + echo(to: destination)
            return answers([packet(.destinationOptions, payload, to: destination)])
        }
        #expect(asked(0x1E).map(\.type) == [.echoReply])
        #expect(asked(0x5E).isEmpty)
        for type in [UInt8(0x9E), 0xDE] {
            let error = problem(asked(type))
            #expect(error?.code == 2 && error?.pointer == 42, "\(type)")
        }
        #expect(problem(asked(0x9E, to: .allNodes))?.code == 2)
        #expect(asked(0xDE, to: .allNodes).isEmpty)
    }

    @Test("misplaced headers, routing headers, and unsupported protocols")
    func headers() {
        let padding = IPv6ExtensionHeader.hopByHopOptions([.padN([0, 0, 0, 0])])
        #expect(
            answers([packet(.hopByHopOptions, padding.encoded(nextHeader: .icmpv6) + echo())]).map(\.type)
                == [.echoReply])
        let second = IPv6ExtensionHeader.destinationOptions([.padN([0, 0, 0, 0])]).encoded(nextHeader: .hopByHopOptions)
        let misplaced = problem(
            answers([packet(.destinationOptions, second + padding.encoded(nextHeader: .icmpv6) + echo())]))
        #expect(misplaced?.code == 1 && misplaced?.pointer == 40)
        func route(_ left: UInt8) -> [ICMPv6Message] {
            let route = IPv6ExtensionHeader.routing(
                type: 0, segmentsLeft: left, data: [UInt8](repeating: 0, count: 20))
            return answers([packet(.routing, route.encoded(nextHeader: .icmpv6) + echo())])
        }
        #expect(route(0).map(\.type) == [.echoReply])
        #expect(problem(route(1))?.pointer == 42)
        let unknown = problem(answers([packet(IPProtocol(rawValue: 132), [1, 2, 3, 4])]))
        #expect(unknown?.code == 1 && unknown?.pointer == 6)
        #expect(answers([packet(.noNextHeader, [])]).isEmpty)
        // A header that is named but missing.
        #expect(answers([packet(.destinationOptions, [58, 9, 0, 0])]).isEmpty)
    }

    private func fragment(_ offset: Int, _ data: [UInt8], more: Bool, next: IPProtocol = .icmpv6) -> [UInt8] {
        let header = IPv6ExtensionHeader.fragment(
            offset: UInt16(offset / 8), reserved: 0, moreFragments: more, identification: 7)
        return packet(.fragment, header.encoded(nextHeader: next) + data)
    }

    @Test("fragments: reassembled in any order; overlaps rejected; wrong lengths and timeouts reported")
    func fragments() {
        let whole = echo()
        let first = Array(whole.prefix(48))
        let second = Array(whole.dropFirst(48))
        let pieces = [fragment(0, first, more: true), fragment(48, second, more: false)]
        #expect(answers(pieces).map(\.type) == [.echoReply])
        #expect(answers(pieces.reversed()).map(\.type) == [.echoReply])
        #expect(answers([pieces[0], fragment(40, second, more: false), pieces[1]]).isEmpty)
        #expect(problem(answers([fragment(0, Array(whole.prefix(47)), more: true)]))?.pointer == 4)
        #expect(problem(answers([fragment(65_528, Array(0..<16), more: false, next: .udp)]))?.pointer == 42)
        // It may be quoted in an error.
        #expect(answers([fragment(65_528, Array(0..<16), more: false)]).isEmpty)
        let late = answers(for: .seconds(31), [pieces[0]])
        #expect(late.map(\.type) == [.timeExceeded] && late.map(\.code) == [1])
        #expect(answers(for: .seconds(31), [pieces[1]]).isEmpty)
    }

    @Test("a fragment with an invalid length is reported each time, and the datagram is still reassembled")
    func invalidFragments() {
        let whole = echo()
        let pieces = [
            fragment(0, Array(whole.prefix(48)), more: true), fragment(48, Array(whole.dropFirst(48)), more: false),
        ]
        let wrong = fragment(0, Array(whole.prefix(41)), more: true)
        #expect(answers([wrong, wrong] + pieces).map(\.type) == [.parameterProblem, .parameterProblem, .echoReply])
        #expect(answers([fragment(48, [], more: true)] + pieces).map(\.type) == [.echoReply])
        // The pointer is that of the fragment header behind the options.
        let options: [UInt8] = [44, 0, 1, 4, 0, 0, 0, 0]
        let header = IPv6ExtensionHeader.fragment(offset: 8_190, reserved: 0, moreFragments: true, identification: 7)
        let long = packet(
            .destinationOptions, options + header.encoded(nextHeader: .udp) + [UInt8](repeating: 0, count: 8))
        #expect(problem(answers([long])).map { [Int($0.code), Int($0.pointer)] } == [0, 50])
        // A TCP header in two fragments (RFC 7112).
        let segment = [UInt8](repeating: 0, count: 16)
        #expect(
            problem(answers([fragment(0, segment, more: true, next: .tcp)])).map { [Int($0.code), Int($0.pointer)] }
                == [3, 0])
    }

    @Test("neighbor discovery in fragments is ignored, even in atomic ones (RFC 6980)")
    func fragmentedDiscovery() {
        let frame = NDPFrame.solicitation(for: Self.here, from: Self.otherHost, mac: Self.otherMAC, at: Self.mac)
        let message = Array(frame.dropFirst(EthernetView.headerLength + IPv6View.headerLength))
        #expect(answers([frame]).map(\.type) == [.neighborAdvertisement])
        let atomic = IPv6ExtensionHeader.fragment(offset: 0, reserved: 0, moreFragments: false, identification: 9)
        func inFragment(_ headers: [UInt8], _ data: [UInt8]) -> [UInt8] {
            EthernetHeader(destination: Self.mac, source: Self.otherMAC, etherType: .ipv6).encoded()
                + IPv6Header(
                    source: Self.otherHost, destination: Self.here, nextHeader: .fragment,
                    payloadLength: headers.count + data.count, hopLimit: 255
                ).encoded() + headers + data
        }
        #expect(answers([inFragment(atomic.encoded(nextHeader: .icmpv6), message)]).isEmpty)
        let pieces = [(0, Array(message.prefix(16)), true), (2, Array(message.dropFirst(16)), false)]
        let both = pieces.map { offset, data, more in
            let header = IPv6ExtensionHeader.fragment(
                offset: UInt16(offset), reserved: 0, moreFragments: more, identification: 10)
            return inFragment(header.encoded(nextHeader: .icmpv6), data)
        }
        #expect(answers(both).isEmpty)
    }

    @Test("a fragment within a fragment is rejected, because nesting would be unlimited")
    func nested() {
        let inner = IPv6ExtensionHeader.fragment(offset: 0, reserved: 0, moreFragments: false, identification: 8)
        let atomic = IPv6ExtensionHeader.fragment(offset: 0, reserved: 0, moreFragments: false, identification: 9)
        let once = packet(.fragment, atomic.encoded(nextHeader: .icmpv6) + echo())
        #expect(answers([once]).map(\.type) == [.echoReply])
        let twice = packet(
            .fragment, atomic.encoded(nextHeader: .fragment) + inner.encoded(nextHeader: .icmpv6) + echo())
        #expect(answers([twice]).isEmpty)
    }

    @Test("no error about an error, a multicast packet or an unspecified source")
    func errors() {
        let port = UDPDatagram(sourcePort: 9, destinationPort: 9, data: [1])
        func datagram(from source: IPv6Address, to destination: IPv6Address) -> [UInt8] {
            var own = port
            own.updateChecksum(source: .v6(source), destination: .v6(destination))
            return packet(.udp, own.encoded(), from: source, to: destination)
        }
        let errors = answers([datagram(from: Self.otherHost, to: Self.here)])
        #expect(errors.map(\.type) == [.destinationUnreachable] && errors.map(\.code) == [4])
        #expect(answers([datagram(from: Self.otherHost, to: .allNodes)]).isEmpty)
        // UDP without a checksum is invalid (RFC 8200, section 8.1).
        #expect(answers([packet(.udp, port.encoded())]).isEmpty)
        let error = ICMPv6Message(
            .destinationUnreachable(.port, ICMPErrorBody(restOfHeader: 0, data: [1, 2, 3])), source: Self.otherHost,
            destination: Self.here)
        #expect(answers([packet(.icmpv6, error.encoded())]).isEmpty)
        #expect(answers(Array(repeating: datagram(from: Self.otherHost, to: Self.here), count: 400)).count == 200)
    }

    // MARK: Addresses and groups

    @Test("an address is probed before use, after its groups are joined, and announced afterwards")
    func detection() {
        let wire = SimulatedWire(seed: 3)
        let station = wire.add(2, family: .v6, checksAddresses: true)
        var order: [String] = []
        wire.watch = { _, _, frame in
            guard let arrived = ReceivedFrame(frame), let view = try? IPv6View(frame.dropping(arrived.payloadOffset))
            else { return }
            if view.nextHeader == .hopByHopOptions {
                #expect(view.source == (order.contains("advertised") ? Self.mac.linkLocalAddress : .unspecified))
                order.append("joined")
            } else if let icmp = try? ICMPv6View(view.payload) {
                if icmp.type == .neighborSolicitation { order.append("asked") }
                if icmp.type == .neighborAdvertisement { order.append("advertised") }
            }
        }
        wire.run(for: .seconds(3))
        let isUp = station.host.isUp
        #expect(isUp)
        #expect(order.first == "joined")
        #expect(order.filter { $0 != "joined" } == ["asked", "asked", "advertised", "advertised"], "\(order)")
        #expect(order.filter { $0 == "joined" }.count == 2)
    }

    @Test("an address in use or probed by another station is a conflict and is not used", arguments: [true, false])
    func conflict(has: Bool) {
        let wire = SimulatedWire(seed: 4)
        if has { wire.add(2, family: .v6) }
        // The same address at another station.
        let interface = HostConfiguration.Interface(
            index: 1, mac: Self.otherMAC, addresses: [(.v6(Self.here), 64)])
        let late = wire.add([interface]) { $0.checksAddresses = true }
        let early = has ? nil : wire.add(2, family: .v6, checksAddresses: true)
        var claimants: [MACAddress] = []
        late.application = { _, event, _ in
            if case .conflict(.v6(Self.here), let mac) = event { claimants.append(mac) }
        }
        wire.run(for: .seconds(3)) { !claimants.isEmpty }
        let isUp = late.host.isUp || early?.host.isUp ?? false
        #expect(claimants.first == Self.mac && !isUp)
    }

    @Test("a query is answered with the groups of the addresses, and the groups are left at the end")
    func groups() {
        let wire = SimulatedWire(seed: 5)
        let group = IPAddress.v6(IPv6Address(high: 0xFF15 << 48, low: 0x99))
        var interface = SimulatedWire.interface(2, family: .v6)
        interface.groups = [group]
        let station = wire.add([interface])
        var reports: [MembershipRecord] = []
        wire.watch = { _, number, frame in
            guard number == 0, let packet = ReceivedMulticast(frame), let arrived = ReceivedMembership(packet),
                case .report(.mld2, let records) = arrived.message
            else { return }
            reports += records
        }
        wire.run(for: .seconds(5))
        reports = []
        let querier = LinkIdentity(mac: Self.otherMAC, linkLocal: Self.otherMAC.linkLocalAddress)
        wire.send(
            MembershipFrame.bytes(
                .query(MembershipQuery(version: .mld2, maximumResponse: .seconds(1))), from: querier), from: -1)
        wire.run(for: .seconds(2))
        let wanted = [
            group, .v6(Self.here.solicitedNodeGroup), .v6(Self.mac.linkLocalAddress.solicitedNodeGroup),
        ].sorted()
        #expect(Array(Set(reports.map(\.group))).sorted() == Array(Set(wanted)).sorted())
        #expect(reports.allSatisfy { $0.type == .modeIsExclude })
        reports = []
        station.host.leaveGroups(at: wire.now)
        wire.run(for: .seconds(2))
        #expect(reports.contains { $0.type == .changeToInclude && $0.group == group })
    }
}
