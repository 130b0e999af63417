import CLinux

/// The terminal of the standard streams, for a full screen or for single keys only (termios(3)).
///
/// Keys are read one by one, without echo; Ctrl-C and Ctrl-Z remain signals. The terminal is
/// restored when the process ends, even after a crash.
public final class Terminal {
    package static let inputDescriptor: Int32 = 0

    /// Whether the terminal has not hung up.
    public private(set) var isOpen = true
    /// Whether the run takes the whole screen; otherwise every key requests its status.
    package let isFullScreen: Bool
    private var isEntered = false

    /// Creates a full screen.
    /// - Returns: nil if standard input or output is not a terminal.
    public init?() {
        guard isatty(0) == 1, isatty(1) == 1 else { return nil }
        isFullScreen = true
    }

    private init(isFullScreen: Bool) { self.isFullScreen = isFullScreen }

    /// Returns the terminal whose keys request the status of a run, which standard error shows; nil if there is none,
    /// or if this process is in its background.
    public static func forStatusKeys() -> Terminal? {
        guard isatty(0) == 1, isatty(2) == 1, isForeground else { return nil }
        return Terminal(isFullScreen: false)
    }

    /// Whether the terminal sends its keys and signals to this process.
    package static var isForeground: Bool { clinux_terminal_is_foreground() != 0 }

    deinit { leave() }

    /// Switches to the terminal's mode for the run.
    public func enter() {
        guard !isEntered, clinux_terminal_enter(isFullScreen ? 1 : 0) == 0 else { return }
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
