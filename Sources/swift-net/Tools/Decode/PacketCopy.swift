import LinuxProcess
import SwiftNet

/// The packets that were shown, in a pcapng file of their own.
final class PacketCopy {
    private let file: BufferedOutput
    private let path: String
    /// Numbers of the interfaces in the new file, by what the old one said of them.
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

    /// A packet without a time gets 1970.
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

    /// Why not all could be written; nil when it was.
    func finish() -> String? {
        file.flush()
        if file.isOpen || file.failure == nil && BufferedOutput.isStandardOutput(path) { return nil }
        file.isFailureReported = true
        return "\(path): \(file.failure?.message ?? "the reader has closed it")"
    }
}
