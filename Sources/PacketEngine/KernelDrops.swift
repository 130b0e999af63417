/// Counters of received packets that the kernel dropped before they were read.
public struct KernelDrops: Sendable, Equatable {
    public static let none = KernelDrops(overflows: 0, unexplained: 0)

    /// Packets dropped because a receive buffer was full.
    public var overflows: UInt64
    /// Packets dropped because a receive buffer was full or an ICMPv6 checksum was wrong; the kernel has one counter
    /// for both.
    public var unexplained: UInt64

    package init(overflows: UInt64, unexplained: UInt64) {
        self.overflows = overflows
        self.unexplained = unexplained
    }
}
