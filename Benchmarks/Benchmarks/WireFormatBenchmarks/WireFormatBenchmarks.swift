import Benchmark
import CPacketWalk
import CVectorChecksum
import WireFormat

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], warmupIterations: 10, scalingFactor: .kilo, maxDuration: .seconds(2),
        maxIterations: 10_000)

    for length in [1_500, 65_536] {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        Benchmark("checksum \(length) bytes, WireFormat") { benchmark in
            for _ in benchmark.scaledIterations { blackHole(InternetChecksum.of(bytes.rawBytes)) }
        }
        Benchmark("checksum \(length) bytes, C with vectors") { benchmark in
            bytes.withUnsafeBytes { buffer in
                for _ in benchmark.scaledIterations { blackHole(c_vector_checksum(buffer.baseAddress, buffer.count)) }
            }
        }
    }

    walks()
    builds()
    reassemblies()
}

/// A full datagram in fragments for Ethernet, and in fragments of 8 bytes.
private func reassemblies() {
    let (source, destination) = (IPv4Address(198, 18, 0, 1), IPv4Address(198, 18, 0, 2))
    for (mtu, length) in [(1_500, 65_000), (28, 32_768)] {
        let datagram =
            IPv4Header(source: source, destination: destination, protocol: .udp, payloadLength: length).encoded()
            + [UInt8](repeating: 0x5A, count: length)
        guard let fragments = try? Fragmentation.fragments(of: datagram, mtu: mtu) else { return }
        var reassembly = Reassembly()
        Benchmark(
            "reassembly of \(length) bytes from \(fragments.count) fragments",
            configuration: .init(metrics: [.wallClock, .throughput], scalingFactor: .one)
        ) { benchmark in
            for _ in benchmark.scaledIterations {
                for fragment in fragments { blackHole(reassembly.add(ipv4: fragment.rawBytes, now: 0)) }
            }
        }
    }
}

/// A sequence of different packets, as in a capture.
private struct MixedPackets {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []

    init() {
        for index in 0..<1_000 {
            let packet = Self.packet(index)
            ranges.append(bytes.count..<bytes.count + packet.count)
            bytes += packet
        }
    }

    static func packet(_ index: Int) -> [UInt8] {
        let (mac, peer) = (MACAddress(rawValue: 0x0200_0000_0001), MACAddress(rawValue: 0x0200_0000_0002))
        let source = IPv4Address(rawValue: 0xC612_0000 | UInt32(index))
        let destination = IPv4Address(rawValue: 0xC613_0000 | UInt32(index))
        func ipv4(_ transport: IPProtocol, _ data: [UInt8]) -> [UInt8] {
            EthernetHeader(destination: peer, source: mac, etherType: .ipv4).encoded()
                + IPv4Header(source: source, destination: destination, protocol: transport, payloadLength: data.count)
                .encoded() + data
        }
        switch index % 4 {
        case 0:
            var segment = syn
            segment.updateChecksum(source: .v4(source), destination: .v4(destination))
            return ipv4(.tcp, segment.encoded())
        case 1:
            var datagram = UDPDatagram(
                sourcePort: 40_000, destinationPort: 33_434, data: [UInt8](repeating: 1, count: 16))
            datagram.updateChecksum(source: .v4(source), destination: .v4(destination))
            return ipv4(.udp, datagram.encoded())
        case 2: return ipv4(.icmp, ICMPv4Message(.echoRequest(echo)).encoded())
        default:
            let request = ARPPacket.request(for: destination, from: mac, source)
            return EthernetHeader.padded(
                EthernetHeader(destination: .broadcast, source: mac, etherType: .arp).encoded() + request.encoded())
        }
    }

    static let echo = ICMPEcho(identifier: 1, sequenceNumber: 1, data: [UInt8](repeating: 7, count: 56))
    static let syn = TCPSegment(
        sourcePort: 40_000, destinationPort: 80, sequenceNumber: 1, flags: .syn,
        options: TCPOptions([
            .maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted, .timestamps(value: 1, echoReply: 0),
            .noOperation,
            .windowScale(7),
        ]))
}

/// Every layer of a packet in place, without and with checksums.
private func walks() {
    let packets = MixedPackets()
    Benchmark("walk of a packet, WireFormat") { benchmark in
        var total = 0
        for index in benchmark.scaledIterations {
            let layers = PacketLayers(packets.bytes.rawBytes.extracting(packets.ranges[index]), linkType: .ethernet)
            total &+= layers.transportOffset &+ layers.end &+ (layers.broken == nil ? 0 : 1)
        }
        blackHole(total)
    }
    Benchmark("walk of a packet, C with bounds checks") { benchmark in
        packets.bytes.withUnsafeBufferPointer { buffer in
            var total = 0
            for index in benchmark.scaledIterations {
                let range = packets.ranges[index]
                let layers = c_walk(buffer.baseAddress.map { $0 + range.lowerBound }, range.count)
                total &+= Int(layers.transport) &+ Int(layers.end) &+ Int(layers.broken)
            }
            blackHole(total)
        }
    }
    Benchmark("walk of a packet and its checksums, WireFormat") { benchmark in
        var wrong = 0
        let before = c_allocation_count()
        for index in benchmark.scaledIterations {
            let bytes = packets.bytes.rawBytes.extracting(packets.ranges[index])
            let layers = PacketLayers(bytes, linkType: .ethernet)
            if layers.verifyChecksums(bytes).hasIncorrect { wrong &+= 1 }
        }
        precondition(c_allocation_count() == before, "a walk allocates")
        precondition(wrong == 0)
    }
    Benchmark("walk of a packet and its checksums, C with bounds checks") { benchmark in
        packets.bytes.withUnsafeBufferPointer { buffer in
            var wrong = 0
            for index in benchmark.scaledIterations {
                let range = packets.ranges[index]
                let bytes = buffer.baseAddress.map { $0 + range.lowerBound }
                if c_verify(bytes, range.count, c_walk(bytes, range.count)) != 3 { wrong &+= 1 }
            }
            precondition(wrong == 0)
        }
    }
}

/// A value written into an existing buffer.
private func builds() {
    var buffer = [UInt8](repeating: 0, count: 256)
    func build(_ name: String, _ value: some WireEncodable & Sendable) {
        Benchmark("build of \(name)") { benchmark in
            for _ in benchmark.scaledIterations {
                buffer.withMutableBytes { bytes in try? value.write(into: &bytes, at: 0) }
            }
            blackHole(buffer[0])
        }
    }
    let (mac, peer) = (MACAddress(rawValue: 0x0200_0000_0001), MACAddress(rawValue: 0x0200_0000_0002))
    build("an Ethernet header", EthernetHeader(destination: peer, source: mac, etherType: .ipv4))
    build("a tag", VLANTag(identifier: 5, etherType: .ipv4))
    build("an ARP request", ARPPacket.request(for: .loopback, from: mac, .loopback))
    build(
        "an IPv4 header and its checksum",
        IPv4Header(source: .loopback, destination: .loopback, protocol: .tcp, payloadLength: 20))
    build("an IPv6 header", IPv6Header(source: .loopback, destination: .loopback, nextHeader: .tcp, payloadLength: 20))
    build("a TCP header without options", TCPSegment(sourcePort: 1, destinationPort: 2, sequenceNumber: 3, flags: .ack))
    build("a SYN with five options", MixedPackets.syn)
    build("a UDP header", UDPDatagram(sourcePort: 1, destinationPort: 2, data: []))
    build("an echo of 56 bytes and its checksum", ICMPv4Message(.echoRequest(MixedPackets.echo)))
    build("an IGMP query and its checksum", IGMPMessage.query())
}
