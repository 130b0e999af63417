import WireFormat

/// The errors that report a path MTU (RFC 1191, section 4; RFC 4443, section 3.2).
enum PacketTooBig {
    /// The MTU in bytes that an error reports, 0 if it reports none; nil if the message is not such an error.
    static func mtu(_ family: IPAddress.Family, _ type: UInt8, _ code: UInt8, _ information: UInt32) -> Int? {
        switch family {
        case .v4:
            guard type == ICMPv4Type.destinationUnreachable.rawValue,
                code == ICMPv4UnreachableCode.fragmentationNeeded.rawValue
            else { return nil }
            return Int(information & 0xFFFF)
        case .v6:
            return type == ICMPv6Type.packetTooBig.rawValue ? Int(information) : nil
        }
    }
}
