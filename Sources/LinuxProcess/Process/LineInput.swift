import CLinux

/// Standard input, line by line as it comes, beside what else a run waits for.
package final class LineInput {
    /// Why nothing more can be read; nil at the end of the input.
    package private(set) var failure: SystemError?
    /// Everything has been read and taken.
    package var isOver: Bool { hasEnded && lines.isEmpty }

    private var lines: [String] = []
    /// The bytes of a line whose end has not come.
    private var rest: [UInt8] = []
    private var isFirstLine = true
    private var hasEnded = false
    private var isWatched = false
    /// A file is always ready, and epoll(7) does not take it.
    private var isFile = false
    private var chunk = [UInt8](repeating: 0, count: 1 << 14)

    /// - Parameter option: the option that names it on the command line.
    package init(for option: String) throws(SystemError) {
        _ = try RunFiles.claim(descriptor: 0, path: "-", .input, for: option)
    }

    /// The lines that have come, without their ends and without a byte order mark. Input that comes later wakes the run.
    /// - Parameter isWanted: whether to read more; otherwise the writer is left waiting.
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

    /// Reads what is there, and waits only where nothing is.
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
