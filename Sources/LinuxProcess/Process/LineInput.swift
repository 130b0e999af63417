import CLinux

/// Standard input, read line by line as it arrives, in a run that also waits for other events.
package final class LineInput {
    /// The error that ended reading; nil at the end of the input.
    package private(set) var failure: SystemError?
    /// Whether all input was read and taken.
    package var isOver: Bool { hasEnded && lines.isEmpty }

    private var lines: [String] = []
    /// The bytes of an incomplete line.
    private var rest: [UInt8] = []
    private var isFirstLine = true
    private var hasEnded = false
    private var isWatched = false
    /// Whether the input is a regular file, which is always ready and not supported by epoll(7).
    private var isFile = false
    private var chunk = [UInt8](repeating: 0, count: 1 << 14)

    /// - Parameter option: the command-line option that names it.
    package init(for option: String) throws(SystemError) {
        try RunFiles.claimStandardInput("-", for: option)
        _ = try RunFiles.claim(descriptor: 0, path: "-", .input, for: option)
    }

    /// Returns the lines read so far, without line endings and byte order mark. Later input wakes the run.
    /// - Parameter isWanted: whether to read more; otherwise the writer is blocked.
    package func take(isWanted: Bool, reactor: Reactor) -> [String] {
        watch(isWanted && !hasEnded, reactor)
        while isFile, !hasEnded { read() }
        defer { lines = [] }
        return lines
    }

    private func watch(_ isWanted: Bool, _ reactor: Reactor) {
        guard isWanted != isWatched, !isFile else { return }
        isWatched = isWanted
        guard isWanted else { return reactor.unwatch(0) }
        do throws(SystemError) {
            try reactor.watch(0, for: .reading) { [weak self, weak reactor] _ in
                self?.read()
                reactor?.reportResult()
            }
        } catch {
            reactor.unwatch(0)
            isFile = true
        }
    }

    /// Reads available input without blocking.
    private func read() {
        let count = chunk.withUnsafeMutableBytes { CLinux.read(0, $0.baseAddress, $0.count) }
        if count < 0, [EINTR, EAGAIN].contains(clinux_errno()) { return }
        if count < 0 { failure = .last("-") }
        var bytes = rest + chunk[..<max(count, 0)]
        hasEnded = count <= 0
        if hasEnded, !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
        var parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = parts.popLast().map(Array.init) ?? []
        for part in parts {
            lines.append(TextInput.line(part, isFirst: isFirstLine))
            isFirstLine = false
        }
    }
}
