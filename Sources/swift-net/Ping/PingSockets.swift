import LinuxNet
import LinuxProcess
import PacketEngine
import WireFormat

/// The sockets of a ping, opened with the privilege they need and used without it.
struct PingSockets {
    private(set) var v4: ICMPChannel?
    private(set) var v6: ICMPChannel?
    /// For seeking neighbors; nil without CAP_NET_RAW.
    private(set) var reserve: SocketReserve?

    /// Opens raw sockets where CAP_NET_RAW allows it, ICMP datagram sockets where it does not.
    /// - Parameters:
    ///   - needsRaw: the option for which a datagram socket will not do.
    ///   - packetSockets: how many packet sockets are opened beside them, where that is allowed.
    init(
        families: Set<IPAddress.Family>, configuration: ICMPSocketConfiguration, needsRaw: String?,
        capture: FrameCapture?, packetSockets: Int = 0
    ) throws {
        let isRaw = Privileges.raise()
        if !isRaw, let needsRaw {
            throw CannotRun(message: "\(needsRaw) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        if let capture { try capture.open() }
        // A container may refuse packet sockets though it allows raw ones.
        if isRaw, packetSockets > 0 { reserve = try? SocketReserve(packetSockets: packetSockets) }
        var failure: SystemError?
        for family in families {
            do throws(SystemError) {
                let channel = try ICMPChannel(family, level: isRaw ? .raw : .datagram, configuration: configuration)
                if family == .v4 { v4 = channel } else { v6 = channel }
            } catch {
                failure = error
            }
        }
        guard v4 == nil, v6 == nil, let failure else { return }
        guard failure.isPermission else { throw CannotRun(message: "\(failure)") }
        throw CannotRun(message: "\(failure)", hints: [Privileges.hint])
    }

    /// How many packets may wait in the kernel for stations to be found.
    func unresolvedCapacity(packetLength: Int) -> Int {
        [v4, v6].compactMap { $0?.unresolvedCapacity(packetLength: packetLength) }.min() ?? 1
    }

    func channel(_ family: IPAddress.Family) -> ICMPChannel? { family == .v4 ? v4 : v6 }

    /// The families for which there is a socket.
    var families: [IPAddress.Family] { (v4 == nil ? [] : [.v4]) + (v6 == nil ? [] : [.v6]) }
}
