import LinuxProcess
import SwiftNet

/// Writes the selected packets to a pcapng file.
final class PacketCopy {
    private let file: BufferedOutput
    private let path: String
    private var writer = PcapNGWriter()

    init(_ path: String, _ console: Console) throws {
        self.path = path
        file = try console.file(path, for: "--pcap")
        file.write(PcapNG.sectionHeader(application: "swift-net \(CommandTree.version)"))
    }

    /// Writes a packet; a packet without a time gets 1970-01-01 00:00 UTC.
    func write(_ packet: CapturedPacket, _ bytes: RawSpan) {
        file.write(
            writer.blocks(
                of: bytes,
                on: .init(
                    index: packet.interface, linkType: packet.linkType,
                    frameCheckSequenceLength: packet.frameCheckSequenceLength),
                name: "\(packet.interface)", nanoseconds: packet.nanoseconds, originalLength: packet.originalLength,
                direction: packet.direction))
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
