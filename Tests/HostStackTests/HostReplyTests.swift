import HostStack
import HostStackTestSupport
import PacketEngine
import Testing
import WireFormat

/// The replies of a host and a router to single datagrams of another station.
@Suite("replies of a host")
struct HostReplyTests {
    private static let mac = SimulatedWire.mac(2)
    private static let here = SimulatedWire.address(2)
    private static let otherHost = SimulatedWire.address(9)
    private static let otherMAC = MACAddress(rawValue: 0x0200_0000_0009)

    /// Sends datagrams to a host that knows the sender's MAC address, and returns the IPv4 datagrams that it sends.
    private func replies(
        to datagrams: [[UInt8]], for time: Nanoseconds = .milliseconds(20),
        _ configure: (inout HostConfiguration) -> Void = { _ in }
    ) -> [[UInt8]] {
        let wire = SimulatedWire(seed: 3)
        let station = wire.add([SimulatedWire.interface(2), SimulatedWire.interface(2, on: 2)], configure)
        _ = try? station.host.bind(7)
        station.application = { host, event, now in
            guard case .datagrams(let port, _) = event, let datagram = host.takeDatagram(port) else { return }
            try? host.sendDatagram(
                from: port, to: TCPEndpoint(datagram.remote, datagram.remotePort), datagram.data, at: now)
        }
        for (number, wireNumber) in [(UInt8(9), UInt32(1)), (1, 2)] {
            let request = ARPPacket.request(
                for: SimulatedWire.address(2, on: wireNumber),
                from: MACAddress(rawValue: 0x0200_0000_0000 + UInt64(number)),
                SimulatedWire.address(number, on: wireNumber))
            wire.send(ARPFrame.bytes(request, to: .broadcast), from: -1, on: wireNumber)
        }
        wire.run(for: .milliseconds(10))
        var heard: [[UInt8]] = []
        wire.watch = { _, number, frame in
            guard number == 0, let arrived = ReceivedFrame(frame), arrived.etherType == .ipv4,
                let view = try? IPv4View(frame.dropping(arrived.payloadOffset))
            else { return }
            #expect(view.checksumState == .correct)
            heard.append(view.bytes.prefix(view.datagramLength).copied())
        }
        for datagram in datagrams {
            wire.send(
                EthernetHeader.padded(
                    EthernetHeader(destination: Self.mac, source: Self.otherMAC, etherType: .ipv4).encoded()
                        + datagram), from: -1)
        }
        wire.run(for: time)
        return heard
    }

    private func datagram(
        _ protocol: IPProtocol, _ payload: [UInt8], options: [UInt8] = [], to destination: IPv4Address = here
    ) -> [UInt8] {
        IPv4Header(
            source: Self.otherHost, destination: destination, protocol: `protocol`, payloadLength: payload.count,
            options: IPv4Options(options.rawBytes)
        ).encoded() + payload
    }

    private let echo = ICMPv4Message(.echoRequest(ICMPEcho(identifier: 7, sequenceNumber: 1, data: [1, 2]))).encoded()

    // MARK: Resets

    @Test("every segment to a closed port of the host is reset, at any rate")
    func resets() {
        let segments = (0..<8_000).map { number in
            var segment = TCPSegment(
                sourcePort: 1_000, destinationPort: UInt16(1_000 + number), sequenceNumber: 7,
                acknowledgmentNumber: 0, flags: number % 2 == 0 ? .syn : .ack)
            segment.updateChecksum(source: .v4(Self.otherHost), destination: .v4(Self.here))
            return datagram(.tcp, segment.encoded())
        }
        let ports = replies(to: segments).compactMap { bytes -> UInt16? in
            guard let view = try? IPv4View(bytes.rawBytes), let segment = try? TCPView(view.payload),
                segment.flags.contains(.rst)
            else { return nil }
            return segment.sourcePort
        }
        #expect(Set(ports).count == 8_000)
    }

    // MARK: UDP

    @Test(
        "a UDP length below 8 or beyond the datagram is dropped",
        arguments: [
            (0, false), (1, false), (7, false), (8, true), (11, true), (12, true), (13, false), (65_535, false),
        ])
    func lengthsOfUDP(length: Int, isAnswered: Bool) {
        let bytes: [UInt8] = [0x13, 0x88, 0, 7, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 1, 2, 3, 4]
        let answers = replies(to: [datagram(.udp, bytes)])
        #expect(answers.count == (isAnswered ? 1 : 0))
        guard let answer = answers.first, let view = try? IPv4View(answer.rawBytes) else { return }
        #expect(view.payload.byteCount == length)
        // A closed port does not answer an invalid length either.
        let closed = [0x13, 0x88, 0, 70] + bytes.dropFirst(4)
        #expect(replies(to: [datagram(.udp, closed)]).count == 1)
    }

    // MARK: Options

    /// Returns the options of the only reply.
    private func options(
        _ options: [UInt8], to destination: IPv4Address = here,
        _ configure: (inout HostConfiguration) -> Void = { _ in }
    ) -> [UInt8]? {
        let answers = replies(to: [datagram(.icmp, echo, options: options, to: destination)], configure)
        guard answers.count == 1, let answer = answers.first, let view = try? IPv4View(answer.rawBytes) else {
            return nil
        }
        let type = view.payload.byte(at: 0)
        guard type == 0 || destination != Self.here && type == 8 else { return nil }
        return view.options.copied()
    }

    @Test("an echo reply returns the record route option with the host in it (RFC 1122, section 3.2.2.6)")
    func recordRoute() {
        let first: [UInt8] = [198, 51, 100, 9]
        let none: [UInt8] = [0, 0, 0, 0]
        let own: [UInt8] = [198, 51, 100, 2]
        #expect(options([7, 15, 8] + first + none + none + [0]) == [7, 15, 12] + first + own + none + [0])
        #expect(options([1, 7, 7, 4] + none) == [7, 7, 8] + own + [0])
        // A full list is returned as it is.
        #expect(options([7, 7, 8] + first + [0]) == [7, 7, 8] + first + [0])
        // Other options are not returned.
        #expect(options([148, 4, 0, 0]) == [])
        #expect(options([130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == [])
    }

    @Test("an echo reply returns the timestamp option with the host's time (RFC 791, section 3.1)")
    func timestamps() {
        // The time at instant 0 is 01:00:00 UTC of any day; the request arrives at 1.0105 s.
        let hour = Int64(86_400 * 3 + 3_600) * 1_000_000_000
        let stamp: [UInt8] = [0x00, 0x36, 0xF2, 0x72]
        let none: [UInt8] = [0, 0, 0, 0]
        let (own, other): ([UInt8], [UInt8]) = ([198, 51, 100, 2], [198, 51, 100, 77])
        let cases: [(sent: [UInt8], expected: [UInt8])] = [
            ([68, 8, 5, 0] + none, [68, 8, 9, 0] + stamp),
            ([68, 12, 5, 1] + none + none, [68, 12, 13, 1] + own + stamp),
            ([68, 12, 5, 3] + own + none, [68, 12, 13, 3] + own + stamp),
            ([68, 12, 5, 3] + other + none, [68, 12, 5, 3] + other + none),
            // A full list counts the host.
            ([68, 8, 9, 0x20] + other, [68, 8, 9, 0x30] + other),
            ([68, 12, 13, 3] + own + none, [68, 12, 13, 3] + own + none),
        ]
        for (sent, expected) in cases {
            #expect(options(sent) { $0.universalTime = hour } == expected)
        }
        // Without the time of day, the highest bit is set.
        #expect(options([68, 8, 5, 0] + none).map { $0[4] & 0x80 } == 0x80)
    }

    @Test(
        "invalid route and timestamp options are a parameter problem with the byte's offset",
        arguments: [
            ([7, 7, 3, 0, 0, 0, 0, 0], 22), ([7, 7, 5, 0, 0, 0, 0, 0], 22), ([7, 2, 0, 0], 21),
            ([1, 7, 7, 0, 0, 0, 0, 0], 23), ([68, 8, 4, 0, 0, 0, 0, 0], 22), ([68, 8, 5, 1, 0, 0, 0, 0], 22),
            ([68, 8, 6, 0, 0, 0, 0, 0], 22), ([68, 8, 5, 2, 0, 0, 0, 0], 23), ([68, 3, 5, 0], 21),
            ([68, 8, 9, 0xF0, 0, 0, 0, 0], 23),
        ] as [([UInt8], UInt8)])
    func invalidOptions(options: [UInt8], pointer: UInt8) {
        for destination in [Self.here, SimulatedWire.address(1, on: 2)] {
            let answers = replies(to: [datagram(.icmp, echo, options: options, to: destination)]) { $0.forwards = true }
            guard answers.count == 1, let answer = answers.first, let view = try? IPv4View(answer.rawBytes) else {
                Issue.record("\(options): \(answers)")
                continue
            }
            let (type, place) = (view.payload.byte(at: 0), view.payload.byte(at: 4))
            #expect(type == 12 && place == pointer, "\(options)")
        }
    }

    @Test("a router records the outgoing interface in datagrams that it forwards (RFC 1812, section 5.3.13)")
    func forwardedOptions() {
        let none: [UInt8] = [0, 0, 0, 0]
        let far = SimulatedWire.address(1, on: 2)
        let route = options([7, 11, 4] + none + none + [0], to: far) { $0.forwards = true }
        #expect(route == [7, 11, 8, 198, 51, 101, 2] + none + [0])
        let time = options([68, 12, 5, 1] + none + none, to: far) { $0.forwards = true }
        #expect(time.map { Array($0.prefix(8)) } == [68, 12, 13, 1, 198, 51, 101, 2])
    }
}
