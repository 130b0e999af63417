import CLibcap
import CLinux
import LinuxProcess

/// The capabilities of this process, through libcap.
///
/// CAP_NET_RAW is in the permitted set alone (`setcap cap_net_raw+p`) until `raise` makes it effective to open
/// sockets. Then either `lower` reverts that, for a process that opens more sockets later, or `dropForGood` empties
/// every set, and no program started by this process can regain a capability.
public enum Privileges {
    /// The command that grants the capability to the running executable.
    public static var hint: String { "sudo setcap cap_net_raw+p \(executablePath)" }

    /// The path of the running executable, as reported by the kernel.
    static var executablePath: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : "swift-net"
    }

    /// The changes made by `raise`.
    public struct Raised: Sendable {
        /// Whether CAP_NET_RAW is effective.
        public fileprivate(set) var isNetRawEffective = false
        /// The capabilities that were not effective before.
        fileprivate var added: [cap_value_t] = []
    }

    /// Makes CAP_NET_RAW, and CAP_NET_ADMIN if permitted (for packet marks), effective for the calling thread.
    /// - Returns: the changes, for `lower`.
    public static func raise() -> Raised {
        guard let capabilities = cap_get_proc() else { return Raised() }
        defer { cap_free(UnsafeMutableRawPointer(capabilities)) }
        var raised = Raised()
        for capability in [CAP_NET_RAW, CAP_NET_ADMIN] {
            var permitted = CAP_CLEAR
            var effective = CAP_CLEAR
            cap_get_flag(capabilities, capability, CAP_PERMITTED, &permitted)
            cap_get_flag(capabilities, capability, CAP_EFFECTIVE, &effective)
            guard permitted == CAP_SET else { continue }
            if capability == CAP_NET_RAW { raised.isNetRawEffective = true }
            guard effective == CAP_CLEAR else { continue }
            var value = capability
            cap_set_flag(capabilities, CAP_EFFECTIVE, 1, &value, CAP_SET)
            raised.added.append(capability)
        }
        return cap_set_proc(capabilities) == 0 ? raised : Raised()
    }

    /// Restores the effective capabilities that the calling thread had before `raise`.
    /// - Parameter raised: the value that `raise` returned on the same thread.
    public static func lower(_ raised: Raised) throws(SystemError) {
        guard !raised.added.isEmpty else { return }
        guard let capabilities = cap_get_proc() else { throw .last("cap_get_proc") }
        defer { cap_free(UnsafeMutableRawPointer(capabilities)) }
        guard
            cap_set_flag(capabilities, CAP_EFFECTIVE, Int32(raised.added.count), raised.added, CAP_CLEAR) == 0,
            cap_set_proc(capabilities) == 0
        else { throw .last("cap_set_proc") }
    }

    /// Empties the permitted, effective and inheritable sets of every thread, returns to the real user and sets
    /// no_new_privs. It cannot be undone.
    ///
    /// Other threads are interrupted as by setuid(2): system calls are restarted, but waits such as epoll_wait(2) may
    /// return EINTR. If there are other threads, /proc is required.
    /// - Throws: the error of the first system call that failed, or ETIMEDOUT if a thread did not run for 5 seconds;
    ///   some threads may still have their privileges then.
    public static func dropForGood() throws(SystemError) {
        if geteuid() != getuid(), setuid(getuid()) != 0 { throw .last("setuid") }
        guard clinux_drop_thread_privileges() == 0 else { throw .last("capset") }
        // Allowed only if the process has no other threads; has no effect then (unshare(2)).
        if unshare(CLONE_THREAD) != 0 { try ThreadPrivileges.dropInEveryThread() }
    }

    /// Whether the real user is root, to whom the limits for ordinary users do not apply.
    public static var isSuperuser: Bool { getuid() == 0 }
}
