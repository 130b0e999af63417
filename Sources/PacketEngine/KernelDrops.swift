/// Packets for this process that the kernel dropped before they could be read.
public struct KernelDrops: Sendable, Equatable {
    public static let none = KernelDrops(overflows: 0, unexplained: 0)

    /// Because a receive buffer was full.
    public var overflows: UInt64
    /// Because a receive buffer was full or an ICMPv6 checksum was wrong: the kernel counts both in one.
    public var unexplained: UInt64

    package init(overflows: UInt64, unexplained: UInt64) {
        self.overflows = overflows
        self.unexplained = unexplained
    }
}
