/// Writes packets as the blocks of a pcapng file: each interface is described before its first packet.
public struct PcapNGWriter: Sendable {
    /// An interface of packets, with what its description block has.
    public struct Interface: Hashable, Sendable {
        /// A number that identifies the interface to the caller.
        public var index: UInt32
        /// The link-layer header type of its packets.
        public var linkType: LinkType
        /// The length of the frame check sequence at the end of its packets, in bytes.
        public var frameCheckSequenceLength: Int

        /// Creates an interface.
        public init(index: UInt32, linkType: LinkType, frameCheckSequenceLength: Int = 0) {
            self.index = index
            self.linkType = linkType
            self.frameCheckSequenceLength = frameCheckSequenceLength
        }
    }

    private var numbers: [Interface: UInt32] = [:]

    /// Creates a writer for a file that begins with `PcapNG.sectionHeader`.
    public init() {}

    /// Returns the block of a packet, after that of its interface if this is its first packet.
    /// - Parameters:
    ///   - name: the interface's name, for its description.
    ///   - nanoseconds: the timestamp since 1970-01-01 00:00 UTC; nil or an earlier time becomes 0.
    ///   - originalLength: the length of the packet on the wire, if longer than `bytes`.
    public mutating func blocks(
        of bytes: RawSpan, on interface: Interface, name: @autoclosure () -> String, nanoseconds: Int64?,
        originalLength: Int? = nil, direction: PcapNG.Direction? = nil
    ) -> [UInt8] {
        var blocks: [UInt8] = []
        let number = numbers[interface] ?? UInt32(truncatingIfNeeded: numbers.count)
        if numbers.updateValue(number, forKey: interface) == nil {
            blocks = PcapNG.interface(
                name: name(), linkType: interface.linkType,
                frameCheckSequenceLength: UInt8(truncatingIfNeeded: interface.frameCheckSequenceLength))
        }
        return blocks
            + PcapNG.packet(
                bytes, interface: number, nanoseconds: UInt64(max(nanoseconds ?? 0, 0)),
                originalLength: originalLength, direction: direction)
    }
}
