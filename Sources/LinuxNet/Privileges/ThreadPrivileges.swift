import CLinux
import LinuxProcess
import PacketEngine
import Synchronization

/// Drops the privileges of the other threads of this process, which each thread has to drop itself.
enum ThreadPrivileges {
    /// The time limit for a thread to react; a thread stopped by a debugger or waiting for a disk does not react.
    private static var patience: Nanoseconds { .seconds(5) }
    /// The pause between two checks of the threads, in microseconds.
    private static var pause: UInt32 { 100 }
    private static var folder: String { "/proc/self/task" }

    /// Serializes callers, because they share one signal.
    private static let lock = Mutex(())

    private enum State {
        case privileged, unprivileged
        /// The thread has ended since the threads were listed.
        case ended
    }

    /// Makes every thread empty its capability sets and set no_new_privs, and waits until all have done so.
    static func dropInEveryThread() throws(SystemError) {
        try lock.withLock { _ throws(SystemError) in
            guard clinux_thread_drop_begin() == 0 else { throw .last("rt_sigaction") }
            defer { clinux_thread_drop_end() }
            let deadline = SystemClock.now + patience
            var requested: Set<pid_t> = []
            var isConfirmed = false
            while true {
                let isDone = try requestWherePrivileged(&requested)
                // A thread may have created another one between the listing of the threads and the check of its own
                // state. The other one is in the second list, and no unprivileged thread can create a privileged one.
                if isDone, isConfirmed { return }
                isConfirmed = isDone
                if isDone { continue }
                guard SystemClock.now < deadline else {
                    throw SystemError(
                        code: ETIMEDOUT, operation: "capset", reason: "a thread did not drop its privileges")
                }
                usleep(pause)
            }
        }
    }

    /// - Returns: whether no thread has privileges.
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

    /// Returns the state of a thread, from its status file (proc_pid_status(5)).
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
            // A main thread that has ended before the others remains as a zombie and no longer runs.
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
