import CLinux

/// Reads a whole file or standard input.
public enum TextInput {
    /// The usual limit, and that of the bodies of requests, in MiB.
    public static let usualLimit = 64
    public static let bodyLimit = 1_024

    /// Reads all bytes.
    /// - Parameters:
    ///   - path: the path; `-` for standard input.
    ///   - option: the command-line option that names the file; nil for system files.
    ///   - limit: the size in MiB beyond which the file is refused.
    public static func bytes(
        of path: String, for option: String? = nil, limit: Int = usualLimit
    ) throws(SystemError) -> [UInt8] {
        if let option { try RunFiles.claimStandardInput(path, for: option) }
        let descriptor = path == "-" ? 0 : clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .last(path) }
        defer { if descriptor != 0 { close(descriptor) } }
        if let option { _ = try RunFiles.claim(descriptor: descriptor, path: path, .input, for: option) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { CLinux.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count < 0 {
                if clinux_errno() == EINTR { continue }
                throw .last(path)
            }
            guard bytes.count + count <= limit << 20 else {
                throw SystemError(code: EFBIG, operation: path, reason: "larger than \(limit) MiB")
            }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Reads all lines, without line endings and byte order mark.
    /// - Parameters:
    ///   - path: the path; `-` for standard input.
    ///   - option: the command-line option that names the file; nil for system files.
    public static func lines(of path: String, for option: String? = nil) throws(SystemError) -> [String] {
        try bytes(of: path, for: option).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().map { line($0.element, isFirst: $0.offset == 0) }
    }

    /// Returns the text of a line without its line ending, and the first without byte order mark.
    static func line(_ bytes: ArraySlice<UInt8>, isFirst: Bool) -> String {
        let text = bytes.dropFirst(isFirst && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        return String(decoding: text.last == UInt8(ascii: "\r") ? text.dropLast() : text, as: UTF8.self)
    }
}
