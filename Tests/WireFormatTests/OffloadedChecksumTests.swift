import Testing
import WireFormat

/// Checksums left to the network card: the field contains the sum of the pseudo-header alone.
@Suite("offloaded checksums")
struct OffloadedChecksumTests {
    /// Returns a packet with the addresses of `source` and the transport's bytes; its checksum field at `field` is
    /// overwritten by the sum of the pseudo-header and `error`.
    private func packet(
        _ source: IPAddress, _ transport: IPProtocol, _ data: [UInt8], field: Int, error: UInt16
    ) throws -> [UInt8] {
        var covered: [UInt8]
        let header: [UInt8]
        switch source {
        case .v4(let address):
            header =
                IPv4Header(source: address, destination: address, protocol: transport, payloadLength: data.count)
                .encoded()
            covered =
                Array(header[12..<20]) + [0, transport.rawValue, UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
        case .v6(let address):
            header =
                IPv6Header(source: address, destination: address, nextHeader: transport, payloadLength: data.count)
                .encoded()
            covered =
                Array(header[8..<40]) + [0, 0, UInt8(data.count >> 8), UInt8(data.count & 0xFF), 0, 0, 0]
                + [transport.rawValue]
        }
        // Computed like the kernel's csum_tcpudp_nofold.
        var sum = stride(from: 0, to: covered.count, by: 2).reduce(UInt32(0)) {
            $0 + UInt32(covered[$1]) << 8 + UInt32(covered[$1 + 1])
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        let value = UInt16(sum) ^ error
        covered = data
        covered[field] = UInt8(value >> 8)
        covered[field + 1] = UInt8(value & 0xFF)
        return header + covered
    }

    private static let sources: [IPAddress] = [
        .v4(IPv4Address(192, 0, 2, 1)), .v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 1)),
    ]

    @Test(
        "the pseudo-header's sum in the field is offloaded, any other wrong value incorrect", arguments: sources,
        [IPProtocol.tcp, .udp])
    func states(source: IPAddress, transport: IPProtocol) throws {
        let data =
            transport == .tcp
            ? TCPSegment(sourcePort: 1, destinationPort: 2, sequenceNumber: 3, flags: .syn, data: [1, 2, 3]).encoded()
            : UDPDatagram(sourcePort: 1, destinationPort: 2, data: [1, 2, 3]).encoded()
        for (error, word, text) in [
            (UInt16(0), ChecksumState.offloaded, "not filled in (offload)"), (1, .incorrect, "incorrect"),
        ] {
            let bytes = try packet(source, transport, data, field: transport == .tcp ? 16 : 6, error: error)
            let layers = PacketLayers(bytes.rawBytes, linkType: .rawIP)
            let states = layers.verifyChecksums(bytes.rawBytes)
            #expect(states.transport == word && states.hasIncorrect == (word == .incorrect))
            var json = PacketJSON()
            json.append(bytes.rawBytes, layers)
            #expect(json.text.text().contains(#""checksum":"\#(word.rawValue)""#))
            let section = try #require(Explanation(bytes.rawBytes, startingAt: .datagram).sections.dropFirst().first)
            let field = try #require(section.fields.first { $0.name == "checksum" })
            #expect(field.meaning.hasSuffix(", \(text)"))
        }
    }
}
