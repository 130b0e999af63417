import LinuxProcess
import SwiftNet

/// Writes the selected packets to a pcapng file.
final class PacketCopy {
    private let file: BufferedOutput
    private let path: String
    /// The interface numbers in the new file, by the interface properties in the old one.
    private var interfaces: [Source: UInt32] = [:]

    private struct Source: Hashable {
        var interface: UInt32
        var linkType: LinkType
        var frameCheckSequenceLength: Int
    }

    init(_ path: String, _ console: Console) throws {
        self.path = path
        file = try console.file(path, for: "--pcap")
        file.write(PcapNG.sectionHeader(application: "swift-net \(CommandTree.version)"))
    }

    /// Writes a packet; a packet without a time gets 1970-01-01 00:00 UTC.
    func write(_ packet: CapturedPacket, _ bytes: RawSpan) {
        let source = Source(
            interface: packet.interface, linkType: packet.linkType,
            frameCheckSequenceLength: packet.frameCheckSequenceLength)
        let number: UInt32
        if let known = interfaces[source] {
            number = known
        } else {
            number = UInt32(truncatingIfNeeded: interfaces.count)
            interfaces[source] = number
            file.write(
                PcapNG.interface(
                    name: "\(packet.interface)", linkType: packet.linkType,
                    frameCheckSequenceLength: UInt8(truncatingIfNeeded: packet.frameCheckSequenceLength)))
        }
        file.write(
            PcapNG.packet(
                bytes, interface: number, nanoseconds: UInt64(max(packet.nanoseconds ?? 0, 0)),
                originalLength: packet.originalLength, direction: packet.direction))
    }

    /// Flushes the file.
    /// - Returns: The reason why packets could not be written; nil if all were.
    func finish() -> String? {
        file.flush()
        if file.isOpen || file.failure == nil && BufferedOutput.isStandardOutput(path) { return nil }
        file.isFailureReported = true
        return "\(path): \(file.failure?.message ?? "the reader has closed it")"
    }
}
