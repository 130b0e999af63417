import CLinux
import LinuxProcess
import PacketEngine
import Synchronization

/// The privileges of the other threads of this process, which each thread must give up itself.
enum ThreadPrivileges {
    /// How long a thread may take to react: one that a debugger has stopped, or that waits for a disk, does not.
    private static var patience: Nanoseconds { .seconds(5) }
    /// Pause between two looks at the threads.
    private static var pause: UInt32 { 100 }
    private static var folder: String { "/proc/self/task" }

    /// One caller at a time: there is one signal for it.
    private static let lock = Mutex(())

    private enum State {
        case privileged, unprivileged
        /// The thread has ended since the threads were listed.
        case ended
    }

    /// Has every thread empty its capability sets and set no_new_privs, and waits until all have done so.
    static func dropInEveryThread() throws(SystemError) {
        try lock.withLock { _ throws(SystemError) in
            guard clinux_thread_drop_begin() == 0 else { throw .last("rt_sigaction") }
            defer { clinux_thread_drop_end() }
            let deadline = SystemClock.now + patience
            var requested: Set<pid_t> = []
            var isConfirmed = false
            while true {
                let isDone = try requestWherePrivileged(&requested)
                // A thread may have created another between the listing of the threads and the reading of its own
                // state. The other is in the second list, and no unprivileged thread can create a privileged one.
                if isDone, isConfirmed { return }
                isConfirmed = isDone
                if isDone { continue }
                guard SystemClock.now < deadline else {
                    throw SystemError(
                        code: ETIMEDOUT, operation: "capset", reason: "a thread did not give up its privileges")
                }
                usleep(pause)
            }
        }
    }

    /// - Returns: whether every thread was found without privileges.
    private static func requestWherePrivileged(_ requested: inout Set<pid_t>) throws(SystemError) -> Bool {
        var isDone = true
        for thread in try threads() {
            switch try state(of: thread) {
            case .unprivileged: continue
            case .ended: isDone = false
            case .privileged:
                isDone = false
                guard !requested.contains(thread) else { continue }
                if clinux_thread_drop_request(thread) == 0 {
                    requested.insert(thread)
                } else if ![ESRCH, EAGAIN].contains(clinux_errno()) {
                    throw .last("rt_tgsigqueueinfo")
                }
            }
        }
        return isDone
    }

    private static func threads() throws(SystemError) -> [pid_t] {
        guard let stream = opendir(folder) else { throw .last(folder) }
        defer { closedir(stream) }
        var threads: [pid_t] = []
        while let entry = readdir(stream) {
            let thread = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    pid_t(String(cString: $0))
                }
            }
            if let thread { threads.append(thread) }
        }
        return threads
    }

    /// The state of a thread by its status file (proc_pid_status(5)).
    private static func state(of thread: pid_t) throws(SystemError) -> State {
        let text: String
        do throws(SystemError) {
            text = try BufferedInput.text(ofFile: "\(folder)/\(thread)/status")
        } catch {
            if error.isMissing || error.code == ESRCH { return .ended }
            throw error
        }
        var isPrivileged = false
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            switch line[..<colon] {
            // A first thread that has ended before the others stays as a zombie, and runs no more.
            case "State" where value.hasPrefix("Z") || value.hasPrefix("X"): return .unprivileged
            case "CapInh", "CapPrm", "CapEff", "CapAmb":
                if value.contains(where: { $0 != "0" }) { isPrivileged = true }
            case "NoNewPrivs":
                if value == "0" { isPrivileged = true }
            default: continue
            }
        }
        return isPrivileged ? .privileged : .unprivileged
    }
}
