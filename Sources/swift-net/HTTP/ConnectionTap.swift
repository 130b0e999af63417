import Diagnostics
import LinuxNet
import PacketEngine
import WireFormat

/// The segments of a run's own connections as they pass the interfaces: for a capture, for explanations, and for what
/// a SYN-ACK shows. The connections themselves are the kernel's.
final class ConnectionTap {
    private var tap: PacketTap?
    private var connections = OwnConnections()
    private let capture: FrameCapture?
    private let explainer: Explainer?
    private let ladder: LadderText?

    /// Opens the tap, for which CAP_NET_RAW is raised; nil where nobody wants one.
    /// - Parameter keepsHandshakes: whether `handshake` is going to be asked.
    static func opened(
        _ frames: FrameOptions, keepsHandshakes: Bool, ladder: LadderText? = nil, _ console: Console
    ) throws -> ConnectionTap? {
        let explained = try frames.explained()
        guard frames.pcap != nil || explained != nil || keepsHandshakes || ladder != nil else { return nil }
        let made = ConnectionTap(
            capture: try frames.capture(console), explainer: explained.map { Explainer(count: $0, console: console) },
            ladder: ladder)
        let option =
            frames.pcap != nil ? "--pcap" : explained != nil ? "--explain" : keepsHandshakes ? "--tcp" : "--segments"
        guard Privileges.raise() else {
            throw CannotRun(message: "\(option) needs CAP_NET_RAW", hints: [Privileges.hint])
        }
        try made.open()
        return made
    }

    private init(capture: FrameCapture?, explainer: Explainer?, ladder: LadderText?) {
        self.capture = capture
        self.explainer = explainer
        self.ladder = ladder
    }

    private func open() throws {
        let tap = try PacketTap { [weak self] frame in self?.take(frame) }
        try tap.start(filter: .protocols([.tcp]))
        self.tap = tap
    }

    /// A connection that is being made, before its first answer can be read.
    func begin(_ endpoint: StreamEndpoint, localPort: UInt16) {
        guard case .tcp(let address, _, let port) = endpoint else { return }
        connections.begin(address, port: port, localPort: localPort)
    }

    private func take(_ frame: PacketTap.Frame) {
        let direction = connections.take(
            frame.bytes.rawBytes, hasEthernetHeader: frame.hasEthernetHeader, stamp: frame.wallTime)
        guard let direction else { return }
        capture?.write(frame, isOutbound: direction == .outbound)
        ladder?.take(
            frame.bytes.rawBytes, hasEthernetHeader: frame.hasEthernetHeader, isOutbound: direction == .outbound,
            stamp: frame.wallTime)
        explainer?.show(
            PacketTrace(
                direction: direction == .outbound ? .outbound : .inbound, frame: frame.bytes,
                hasEthernetHeader: frame.hasEthernetHeader))
    }

    /// Takes what has passed.
    func drain() { tap?.drain() }

    /// What the SYN-ACK of an outcome's connection showed.
    func handshake(of outcome: HTTPOutcome) -> HandshakeFacts? {
        drain()
        guard case .tcp(let address, _, let port) = outcome.endpoint, let localPort = outcome.localPort else {
            return nil
        }
        return connections.handshake(address, port: port, localPort: localPort)
    }

    /// Takes the last segments, which the kernel still answers after the run, and writes the capture out.
    /// - Returns: whether all was written.
    func finish() -> Bool {
        tap?.drain(untilQuietFor: 20)
        capture?.finish(of: tap)
        return capture?.hasFailed != true
    }
}
