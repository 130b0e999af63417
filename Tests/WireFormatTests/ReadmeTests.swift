import Foundation
import Testing
import WireFormat

/// The examples of the README and of the articles: each block of code in them must be part of this
/// file or of the sample package, which are compiled and run.
@Suite("README and article")
struct ReadmeTests {
    @Test("README: an ARP request, built, printed and parsed back")
    func newcomer() throws {
        var printed: [String] = []
        func print(_ values: Any...) { printed.append(values.map { "\($0)" }.joined(separator: " ")) }

        let me = MACAddress(rawValue: 0x0200_0000_0001)
        let request = ARPPacket.request(for: IPv4Address(192, 0, 2, 2), from: me, IPv4Address(192, 0, 2, 1))
        let bytes = request.encoded()
        print(bytes.map(hexadecimal).joined(separator: " "))
        print(try ARPPacket(ARPView(bytes.rawBytes)) == request)  // true

        #expect(
            printed == ["00 01 08 00 06 04 00 01 02 00 00 00 00 01 c0 00 02 01 00 00 00 00 00 00 c0 00 02 02", "true"])
    }

    @Test("the article")
    func article() throws {
        let me = try #require(MACAddress("02:00:00:00:00:01"))
        let request = ARPPacket.request(for: IPv4Address(192, 0, 2, 2), from: me, IPv4Address(192, 0, 2, 1))
        let bytes = request.encoded()
        let parsed = try ARPPacket(ARPView(bytes.rawBytes))
        #expect(parsed == request && bytes.count == 28)

        var frame = [UInt8](repeating: 0, count: EthernetHeader.minimumFrameLength)
        let header = EthernetHeader(destination: .broadcast, source: me, etherType: .arp)
        try frame.withMutableBytes { (output: inout MutableRawSpan) throws(CapacityError) in
            try header.write(into: &output, at: 0)
            try request.write(into: &output, at: header.byteCount)
        }

        let ethernet = try EthernetView(frame.rawBytes)
        let arp = try ARPView(ethernet.payload)
        #expect(arp.operation == .request && arp.targetAddress == IPv4Address(192, 0, 2, 2))

        let short: [UInt8] = [0, 1, 8, 0]
        do throws(ParseError) {
            _ = try ARPView(short.rawBytes)
        } catch {
            #expect(error.description == "arp: header at offset 0 needs 8 bytes, but has 4")
        }

        let layers = PacketLayers(frame.rawBytes, linkType: .ethernet)
        #expect(layers.network == .arp && layers.networkOffset == 14 && layers.broken == nil)
        var line = TextBuffer()
        line.append(lineOf: frame.rawBytes, layers, originalLength: frame.count)
        #expect(line.text() == "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 46")
        let isWanted = try PacketFilter("arp and host 192.0.2.2").matches(frame.rawBytes, layers)
        #expect(isWanted)

        let explanation = Explanation(frame.rawBytes, startingAt: .ethernet)
        let operation = try #require(explanation.sections.last?.fields.first { $0.name == "operation" })
        #expect(operation.offset == 20 && operation.meaning == "1, request")

        let writer = PcapWriter(linkType: .ethernet)
        let file = writer.header + writer.record(frame.rawBytes, nanoseconds: 1_700_000_000_000_000_000)
        var reader = CaptureReader()
        var offset = 0
        var packets = 0
        while offset < file.count {
            switch try reader.next(file.rawBytes.dropping(offset)) {
            case .packet(let packet, let consumed):
                #expect(packet.originalLength == frame.count)
                packets += 1
                offset += consumed
            case .consumed(let count): offset += count
            case .needs: offset = file.count
            }
        }
        #expect(packets == 1)
    }

    @Test("the article on checksums")
    func checksums() throws {
        let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        let destination = IPAddress.v4(IPv4Address(192, 0, 2, 2))
        var syn = TCPSegment(
            sourcePort: 40_000, destinationPort: 443, sequenceNumber: 1, flags: .syn,
            options: TCPOptions([.maximumSegmentSize(1_460), .selectiveAcknowledgmentPermitted]))
        syn.updateChecksum(source: source, destination: destination)
        let segment = syn.encoded()
        let view = try TCPView(segment.rawBytes)
        #expect(view.checksumState(source: source, destination: destination) == .correct)
    }

    private static let root = String(#filePath.dropLast("/Tests/WireFormatTests/ReadmeTests.swift".count))

    /// Returns lines without their indentation, so that a block is found at any depth.
    private func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private func contains(_ whole: [String], _ part: [String]) -> Bool {
        whole.indices.contains { whole[$0...].starts(with: part) }
    }

    @Test(
        "every block of Swift in them is part of compiled code",
        arguments: [
            ("Sources/WireFormat/WireFormat.docc/FromBytesToPacketsAndBack.md", 8), ("README.md", 2),
            ("Sources/SwiftNet/SwiftNet.docc/SwiftNet.md", 1),
        ])
    func blocks(path: String, count: Int) throws {
        let text = try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(blocks.count == count)
        let sample = Self.root + "/Tests/SamplePackage/Sources/sample/"
        let files = try [#filePath] + FileManager.default.contentsOfDirectory(atPath: sample).map { sample + $0 }
        let sources = try files.map { lines(try String(contentsOfFile: $0, encoding: .utf8)) }
        for block in blocks {
            let part = lines(block).filter { !$0.hasPrefix("import ") }
            #expect(sources.contains { contains($0, part) }, "\(path):\n\(block)")
        }
    }
}
