import WireFormat

/// Builds an Ethernet frame, padded to the minimum size.
enum EthernetFrame {
    static func bytes(
        _ packet: RawSpan, _ etherType: EtherType, from source: MACAddress, to destination: MACAddress
    ) -> [UInt8] {
        let length = EthernetView.headerLength + packet.byteCount
        var frame = [UInt8](repeating: 0, count: max(length, EthernetHeader.minimumFrameLength))
        frame.withMutableBytes { bytes in
            bytes.setMACAddress(destination, at: 0)
            bytes.setMACAddress(source, at: 6)
            bytes.setBigEndian16(etherType.rawValue, at: 12)
            bytes.copy(packet, at: EthernetView.headerLength)
        }
        return frame
    }
}
