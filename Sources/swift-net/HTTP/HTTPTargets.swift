import LinuxProcess
import SwiftNet

/// The URLs of a command line, and where they lead.
struct HTTPTargets {
    let urls: [String]
    /// Standard input, where its URLs are requested as they come.
    private(set) var input: LineInput?
    private(set) var comingURLs: HTTPTargetInput?
    let places: HTTPPlaces
    /// Of the addresses of names; nil for any.
    let family: IPAddress.Family?

    /// - Parameter readsAhead: whether standard input is read to its end before the first request.
    /// - Throws: `UsageError` for an invalid `--resolve`, and the errors of reading a file.
    init(_ options: HTTPTargetOptions, readsAhead: Bool, _ console: Console) throws {
        var texts = options.urls
        for path in options.targetFiles {
            let file = TargetFile(path: path, option: "--targets")
            if path == "-", !readsAhead, input == nil {
                do {
                    let lines = try LineInput(for: file.option)
                    input = lines
                    comingURLs = file.urls(ofComing: lines, console)
                } catch {
                    throw UsageError("--targets: \(error)")
                }
            } else {
                texts += try file.urls(console)
            }
        }
        guard !texts.isEmpty || input != nil else { throw UsageError("a URL is missing") }
        urls = texts
        var places = HTTPPlaces()
        for text in options.resolve { places.others.append(try Self.place(text)) }
        places.localSocket = options.unixSocket
        self.places = places
        if options.ipv4, options.ipv6 { throw UsageError("-4 and -6 exclude each other") }
        family = options.ipv4 ? .v4 : options.ipv6 ? .v6 : nil
    }

    /// `HOST:PORT:ADDR`, the address in brackets or not.
    private static func place(_ text: String) throws -> (host: String, port: UInt16, endpoint: StreamEndpoint) {
        let mistake = UsageError("--resolve: '\(text)' is not HOST:PORT:ADDR")
        let parts: [Substring]
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let rest = text[text.index(after: close)...].dropFirst()
            parts = [text[...close]] + rest.split(separator: ":", maxSplits: 1)
        } else {
            parts = text.split(separator: ":", maxSplits: 2)
        }
        guard parts.count == 3, let port = UInt16(parts[1]), port > 0 else { throw mistake }
        let address = parts[2].hasPrefix("[") ? parts[2].dropFirst().dropLast() : parts[2]
        guard let address = IPAddress(address) else { throw mistake }
        return (parts[0].lowercased(), port, .tcp(address, zone: 0, port: port))
    }
}
