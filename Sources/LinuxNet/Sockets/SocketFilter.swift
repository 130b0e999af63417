import CLinux
import LinuxProcess
import WireFormat

/// A classic BPF program, which selects in the kernel the packets that a socket
/// receives (Documentation/networking/filter.rst), so that other traffic costs little.
public struct SocketFilter: Sendable, Equatable {
    /// One instruction: the fields of `struct sock_filter`.
    public struct Instruction: Sendable, Equatable {
        public var code: UInt16
        public var jumpTrue: UInt8
        public var jumpFalse: UInt8
        public var k: UInt32
    }

    public private(set) var instructions: [Instruction] = []

    public init() {}

    /// The target of a conditional jump: the next instruction, or the end of the program.
    public enum Target: Sendable { case next, accept, reject }

    // Jumps to the end are completed when the program's length is known.
    private var pending: [(index: Int, whenTrue: Target, whenFalse: Target)] = []

    private mutating func emit(_ code: Int32, _ k: UInt32 = 0) {
        instructions.append(Instruction(code: UInt16(code), jumpTrue: 0, jumpFalse: 0, k: k))
    }

    /// A := the value.
    public mutating func loadImmediate(_ value: UInt32) { emit(BPF_LD | BPF_IMM, value) }
    /// A := byte at the absolute offset.
    public mutating func loadByte(_ offset: UInt32) { emit(BPF_LD | BPF_B | BPF_ABS, offset) }
    /// A := byte at X + offset.
    public mutating func loadByte(indexed offset: UInt32) { emit(BPF_LD | BPF_B | BPF_IND, offset) }
    /// A := 16-bit word at the absolute offset.
    public mutating func loadHalf(_ offset: UInt32) { emit(BPF_LD | BPF_H | BPF_ABS, offset) }
    /// A := 16-bit word at X + offset.
    public mutating func loadHalf(indexed offset: UInt32) { emit(BPF_LD | BPF_H | BPF_IND, offset) }
    /// X := length of the IPv4 header at the absolute offset.
    public mutating func loadHeaderLength(_ offset: UInt32) { emit(BPF_LDX | BPF_B | BPF_MSH, offset) }
    /// A := A & mask.
    public mutating func and(_ mask: UInt32) { emit(BPF_ALU | BPF_AND | BPF_K, mask) }
    /// A := A << bits.
    public mutating func shiftLeft(_ bits: UInt32) { emit(BPF_ALU | BPF_LSH | BPF_K, bits) }
    /// A := A + X.
    public mutating func addX() { emit(BPF_ALU | BPF_ADD | BPF_X) }
    /// X := A.
    public mutating func moveToX() { emit(BPF_MISC | BPF_TAX) }

    /// Jumps to one target if A equals `value`, else to the other.
    public mutating func ifEqual(_ value: UInt32, _ whenTrue: Target, otherwise whenFalse: Target) {
        pending.append((instructions.count, whenTrue, whenFalse))
        emit(BPF_JMP | BPF_JEQ | BPF_K, value)
    }

    /// Jumps to one target if A is at least `value`, else to the other.
    public mutating func ifAtLeast(_ value: UInt32, _ whenTrue: Target, otherwise whenFalse: Target) {
        pending.append((instructions.count, whenTrue, whenFalse))
        emit(BPF_JMP | BPF_JGE | BPF_K, value)
    }

    /// Jumps to one target if A is greater than `value`, else to the other.
    public mutating func ifMore(than value: UInt32, _ whenTrue: Target, otherwise whenFalse: Target) {
        pending.append((instructions.count, whenTrue, whenFalse))
        emit(BPF_JMP | BPF_JGT | BPF_K, value)
    }

    /// Continues if A is one of the values, else jumps to the target.
    public mutating func requireOne(of values: [UInt32], otherwise target: Target) {
        for (index, value) in values.enumerated() {
            let isLast = index == values.count - 1
            if isLast {
                ifEqual(value, .next, otherwise: target)
            } else {
                emit(BPF_JMP | BPF_JEQ | BPF_K, value)
                instructions[instructions.count - 1].jumpTrue = UInt8(values.count - 1 - index)
            }
        }
    }

    /// Ends the program with the result for packets that reach its end, and completes the jumps.
    public mutating func end(fallThrough accepts: Bool) {
        emit(BPF_RET | BPF_K, accepts ? .max : 0)
        let fallThrough = instructions.count - 1
        emit(BPF_RET | BPF_K, accepts ? 0 : .max)
        let (accept, reject) = accepts ? (fallThrough, fallThrough + 1) : (fallThrough + 1, fallThrough)
        for jump in pending {
            func distance(_ target: Target) -> UInt8 {
                switch target {
                case .next: 0
                case .accept: UInt8(clamping: accept - jump.index - 1)
                case .reject: UInt8(clamping: reject - jump.index - 1)
                }
            }
            instructions[jump.index].jumpTrue = distance(jump.whenTrue)
            instructions[jump.index].jumpFalse = distance(jump.whenFalse)
        }
        pending = []
    }

    public static func == (left: SocketFilter, right: SocketFilter) -> Bool { left.instructions == right.instructions }
}

extension SocketFilter {
    /// Returns a filter that also accepts frames whose tag (IEEE 802.1Q) is in their bytes: those that this host sends on
    /// a packet socket. The kernel removes the outer tag of received frames before.
    public var orTagged: SocketFilter {
        var filter = SocketFilter()
        filter.loadHalf(UInt32(bitPattern: -0x1000))
        filter.branch(ifOneOf: [UInt32(EtherType.vlan.rawValue)]) { $0.emit(BPF_RET | BPF_K, .max) }
        filter.instructions += instructions
        return filter
    }

    /// Attaches the filter to a socket and discards packets that were queued before.
    func attach(to descriptor: Int32) throws(SystemError) {
        var program = instructions.map { sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.k) }
        let result = program.withUnsafeMutableBufferPointer { buffer in
            var header = sock_fprog(len: UInt16(buffer.count), filter: buffer.baseAddress)
            return setsockopt(
                descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &header, socklen_t(MemoryLayout<sock_fprog>.size))
        }
        guard result == 0 else { throw .last("SO_ATTACH_FILTER") }
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, clinux_MSG_DONTWAIT) >= 0 {}
    }
}

extension SocketFilter {
    /// Runs `body`, which must accept or reject on every path, if A is one
    /// of the values; otherwise continues after it, with A unchanged.
    mutating func branch(ifOneOf values: [UInt32], _ body: (inout SocketFilter) -> Void) {
        guard !values.isEmpty else { return }
        let first = instructions.count
        for value in values { emit(BPF_JMP | BPF_JEQ | BPF_K, value) }
        // No value matched: skip the body.
        let over = instructions.count
        emit(BPF_JMP | BPF_JA)
        let start = instructions.count
        for (index, _) in values.enumerated() {
            instructions[first + index].jumpTrue = UInt8(clamping: start - (first + index) - 1)
        }
        body(&self)
        instructions[over].k = UInt32(instructions.count - over - 1)
    }
}
