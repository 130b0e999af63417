import LinuxNet
import WireFormat

/// Explains the first packets each way, field by field.
final class Explainer {
    private var left: [PacketTrace.Direction: Int]
    private let console: Console

    init(count: Int, console: Console) {
        left = [.outbound: count, .inbound: count]
        self.console = console
    }

    func show(_ packet: PacketTrace) {
        guard let count = left[packet.direction], count > 0 else { return }
        left[packet.direction] = count - 1
    }
}
