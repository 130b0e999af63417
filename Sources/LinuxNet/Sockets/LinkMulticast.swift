import CLinux
import LinuxProcess
import WireFormat

/// The frames that an interface's hardware accepts in addition to those that the system requires.
public enum LinkMulticast: Sendable {
    case group(MACAddress)
    case all
    /// All frames, including those for other stations.
    case promiscuous
}

extension Descriptor {
    /// Makes an interface accept more frames (PACKET_ADD_MEMBERSHIP), until the packet socket is closed.
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
