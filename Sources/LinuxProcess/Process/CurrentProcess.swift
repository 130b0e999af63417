import CLinux

/// Properties of this process and its environment.
public enum CurrentProcess {
    /// Returns an environment variable.
    public static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    /// The host name (gethostname(2)).
    public static var hostName: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let result = bytes.withUnsafeMutableBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return -1 }
            return gethostname(base.assumingMemoryBound(to: CChar.self), buffer.count - 1)
        }
        return result == 0 ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : "?"
    }

    /// Makes write errors visible: a closed reader and a file size limit become errors of write(2) instead of signals
    /// that end the process, and a closed standard stream is not replaced by the next opened file.
    public static func prepareStreams() {
        clinux_ignore_signal(SIGPIPE)
        clinux_ignore_signal(SIGXFSZ)
        var status = stat()
        for descriptor: Int32 in 0...2 where fstat(descriptor, &status) < 0 && clinux_errno() == EBADF {
            // Opened for the opposite direction, so that use still fails. open(2) returns the lowest free number.
            _ = clinux_open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY, 0)
        }
    }

    /// Raises the limit of open descriptors to the highest allowed (getrlimit(2)).
    /// - Returns: the number of descriptors that can still be opened.
    package static func raiseDescriptorLimit() -> Int {
        let open = (try? Folder.files(of: "/proc/self/fd").count) ?? 16
        return max(Int(clamping: clinux_raise_descriptor_limit()) - open, 0)
    }

    /// Suspends the process; returns when it is continued.
    public static func stopUntilContinued() { kill(getpid(), SIGSTOP) }

    /// The real user ID.
    package static var userIdentifier: UInt32 { getuid() }

    /// Replaces this process by another program, which is beside this one's executable or in a folder of PATH. Returns
    /// only if that fails, with the reason.
    public static func replace(by program: String, _ arguments: [String]) -> SystemError {
        var pointers = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        let own = String(decoding: buffer.prefix(max(length, 0)), as: UTF8.self)
        if let slash = own.lastIndex(of: "/") {
            execv(String(own[...slash]) + program, pointers)
            let failure = SystemError.last("execv")
            guard failure.isMissingFile else { return failure }
        }
        execvp(program, pointers)
        return .last("execvp")
    }

    /// Ends the process at once, without waiting for threads that are blocked in a lookup.
    public static func exit(_ status: Int32) -> Never {
        clinux_terminal_leave()
        DetachedThread.waitUntilBegun()
        _exit(status)
    }
}
