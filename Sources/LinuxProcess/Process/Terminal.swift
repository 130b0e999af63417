import CLinux

/// The terminal of the standard streams in full-screen mode (termios(3)).
///
/// Keys are read one by one, without echo; Ctrl-C and Ctrl-Z remain signals. The terminal is
/// restored when the process ends, even after a crash.
public final class Terminal {
    package static let inputDescriptor: Int32 = 0

    /// Whether the terminal has not hung up.
    public private(set) var isOpen = true
    private var isEntered = false

    /// Returns nil if standard input or output is not a terminal.
    public init?() {
        guard isatty(0) == 1, isatty(1) == 1 else { return nil }
    }

    deinit { leave() }

    /// Switches to full-screen mode.
    public func enter() {
        guard !isEntered, clinux_terminal_enter() == 0 else { return }
        isEntered = true
    }

    /// Restores the terminal and its contents.
    public func leave() {
        guard isEntered else { return }
        clinux_terminal_leave()
        isEntered = false
    }

    /// The size; 24 rows and 80 columns if it is not known.
    public var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard clinux_ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// Returns the pressed keys, as bytes.
    public func readKeys() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = bytes.withUnsafeMutableBytes { CLinux.read(Self.inputDescriptor, $0.baseAddress, $0.count) }
        // poll(2) reported input: an empty read means that the terminal has hung up.
        if count == 0 || count < 0 && clinux_errno() != EINTR && clinux_errno() != EAGAIN { isOpen = false }
        return Array(bytes.prefix(max(count, 0)))
    }
}
