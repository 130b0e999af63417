import CLinux
import LinuxProcess
import WireFormat

/// An entry of the kernel's neighbor table.
public struct Neighbor: Sendable, Equatable {
    /// The state of a neighbor entry (RFC 4861, section 7.3.2, and Linux's own).
    public enum State: String, Sendable, Equatable {
        case incomplete, reachable, stale, delay, probe, failed, permanent, none
    }

    public var address: IPAddress
    public var macAddress: MACAddress?
    public var interfaceIndex: UInt32
    public var state: State

    /// Returns every entry of both families.
    public static func all() throws(SystemError) -> [Neighbor] {
        var socket = try NetlinkSocket()
        var neighbors: [Neighbor] = []
        for message in try socket.request(Int(RTM_GETNEIGH), flags: clinux_NLM_F_DUMP, header: ndmsg(), "neighbors") {
            guard let fixed = message.header(ndmsg.self) else { continue }
            let attributes = message.attributes(after: MemoryLayout<ndmsg>.size)
            guard let destination = attributes.first(where: { $0.type == UInt16(NDA_DST) }),
                let address = RouteTable.address(message.bytes[destination.range])
            else { continue }
            let link = attributes.first { $0.type == UInt16(NDA_LLADDR) && $0.range.count == 6 }
            neighbors.append(
                Neighbor(
                    address: address,
                    macAddress: link.map { message.bytes.rawBytes.macAddress(at: $0.range.lowerBound) },
                    interfaceIndex: UInt32(bitPattern: fixed.ndm_ifindex), state: State(fixed.ndm_state)))
        }
        return neighbors
    }
}

extension Neighbor.State {
    fileprivate init(_ bits: UInt16) {
        switch Int32(bits) {
        case NUD_INCOMPLETE: self = .incomplete
        case NUD_REACHABLE: self = .reachable
        case NUD_STALE: self = .stale
        case NUD_DELAY: self = .delay
        case NUD_PROBE: self = .probe
        case NUD_FAILED: self = .failed
        case NUD_PERMANENT: self = .permanent
        default: self = .none
        }
    }
}
