import CLinux

/// The terminal of the standard streams as a full screen (termios(3)).
///
/// Keys come one by one and unseen; Ctrl-C and Ctrl-Z stay signals. Whatever
/// ends the process gives the terminal back, a crash too.
public final class Terminal {
    package static let inputDescriptor: Int32 = 0

    /// The other side has not hung up.
    public private(set) var isOpen = true
    private var isEntered = false

    /// Nil when the standard input or output is no terminal.
    public init?() {
        guard isatty(0) == 1, isatty(1) == 1 else { return nil }
    }

    deinit { leave() }

    /// Takes the screen.
    public func enter() {
        guard !isEntered, clinux_terminal_enter() == 0 else { return }
        isEntered = true
    }

    /// Gives the screen back, with what stood on it.
    public func leave() {
        guard isEntered else { return }
        clinux_terminal_leave()
        isEntered = false
    }

    /// Rows and columns; 24 and 80 where nobody knows.
    public var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard clinux_ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// The keys that were pressed, as bytes.
    public func readKeys() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { CLinux.read(Self.inputDescriptor, $0.baseAddress, $0.count) }
        // Poll said that there is something: nothing means that the other side is gone.
        if count == 0 || count < 0 && clinux_errno() != EINTR && clinux_errno() != EAGAIN { isOpen = false }
        return Array(bytes.prefix(max(count, 0)))
    }
}
