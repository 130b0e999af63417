import CLinux
import LinuxProcess
import WireFormat

/// Which frames for many, or for others, the hardware of an interface lets through, beside those that the system wants.
public enum LinkMulticast: Sendable {
    case group(MACAddress)
    case all
    /// Those for other machines too.
    case promiscuous
}

extension Descriptor {
    /// Has an interface let through more (PACKET_ADD_MEMBERSHIP); it ends with the packet socket.
    func admit(_ multicast: LinkMulticast, on interface: UInt32) throws(SystemError) {
        var request = packet_mreq()
        request.mr_ifindex = Int32(bitPattern: interface)
        switch multicast {
        case .all: request.mr_type = UInt16(PACKET_MR_ALLMULTI)
        case .promiscuous: request.mr_type = UInt16(PACKET_MR_PROMISC)
        case .group(let address):
            request.mr_type = UInt16(PACKET_MR_MULTICAST)
            request.mr_alen = 6
            withUnsafeMutableBytes(of: &request.mr_address) { bytes in
                for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: address.rawValue >> (40 - 8 * index)) }
            }
        }
        try setOption(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, "PACKET_ADD_MEMBERSHIP")
    }
}
