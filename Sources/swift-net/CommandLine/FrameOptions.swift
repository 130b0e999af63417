import ArgumentParser

/// The options of commands that speak in frames: JSON, a capture, explanations.
struct FrameOptions: ParsableArguments {
    @Flag(name: [.customShort("j"), .customLong("json")], help: "One JSON object a line.")
    var json = false
    @Option(
        name: .customLong("pcap"),
        help: ArgumentHelp("Write the frames sent and received to this file (pcapng).", valueName: "file"),
        completion: .file())
    var pcap: String?
    @Option(
        name: .customLong("explain"),
        help: ArgumentHelp("Explain the first frames, field by field (2).", valueName: "number"))
    var explain: String?

    /// Frames that are explained each way; nil for none.
    func explained() throws -> Int? {
        try explain.map { try ArgumentValue.integer("--explain", $0, in: 1...Int.max) }
    }
}
