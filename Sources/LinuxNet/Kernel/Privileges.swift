import CLibcap
import CLinux
import LinuxProcess

/// The capabilities of this process, through libcap.
///
/// CAP_NET_RAW lies in the permitted set alone (`setcap cap_net_raw+p`) until
/// `raise` makes it effective for the opening of sockets; `dropForGood` then
/// empties every set, and no program started from here can get any back.
public enum Privileges {
    /// The one line that helps somebody without the capability.
    public static var hint: String { "sudo setcap cap_net_raw+p \(executablePath)" }

    /// The path of the running binary, as the kernel knows it.
    public static var executablePath: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : "swift-net"
    }

    /// Makes CAP_NET_RAW, and CAP_NET_ADMIN where it is permitted (marks), effective.
    /// - Returns: whether CAP_NET_RAW is effective now.
    public static func raise() -> Bool {
        guard let capabilities = cap_get_proc() else { return false }
        defer { cap_free(UnsafeMutableRawPointer(capabilities)) }
        var isRawPermitted = false
        for capability in [CAP_NET_RAW, CAP_NET_ADMIN] {
            var permitted = CAP_CLEAR
            cap_get_flag(capabilities, capability, CAP_PERMITTED, &permitted)
            guard permitted == CAP_SET else { continue }
            var value = capability
            cap_set_flag(capabilities, CAP_EFFECTIVE, 1, &value, CAP_SET)
            if capability == CAP_NET_RAW { isRawPermitted = true }
        }
        return cap_set_proc(capabilities) == 0 && isRawPermitted
    }

    /// Empties the permitted, effective and inheritable sets, returns to the
    /// real user and sets no_new_privs. There is no way back.
    public static func dropForGood() throws(SystemError) {
        if geteuid() != getuid(), setuid(getuid()) != 0 { throw .last("setuid") }
        guard let none = cap_init() else { throw .last("cap_init") }
        defer { cap_free(UnsafeMutableRawPointer(none)) }
        guard cap_set_proc(none) == 0 else { throw .last("cap_set_proc") }
        guard clinux_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0 else { throw .last("PR_SET_NO_NEW_PRIVS") }
    }

    /// Whether this is root or a user to whom the limits for ordinary users do not apply.
    public static var isSuperuser: Bool { getuid() == 0 }
}
