import CLinux

/// Facts about this process and its environment.
public enum CurrentProcess {
    /// A variable of the environment.
    public static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    /// The real user.
    public static var userIdentifier: UInt32 { getuid() }

    /// Ends the process at once, without waiting for threads that hang in a look-up.
    public static func exit(_ status: Int32) -> Never { _exit(status) }
}
