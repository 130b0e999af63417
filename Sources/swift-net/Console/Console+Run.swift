import LinuxProcess
import SwiftNet

extension Console {
    /// Returns the options of a command's run: it stops on SIGINT and SIGTERM, and drops all privileges once its
    /// sockets are open.
    /// - Parameters:
    ///   - capture: The file for the frames of the run.
    ///   - explained: The number of packets to explain in each direction.
    func runOptions(capture: String? = nil, explained: Int? = nil, isVerbose: Bool = false) throws -> RunOptions {
        var options = RunOptions()
        options.privileges = .dropForGood
        options.signals = .stopOnInterrupt
        options.isVerbose = isVerbose
        options.onNotice = { [self] in complain($0) }
        options.onLinkChange = { [self] in report($0, at: $1) }
        options.capture = try capture.map(frameCapture)
        if let explained, explained > 0 {
            let explainer = Explainer(count: explained, console: self)
            options.onPacket = { explainer.show($0) }
        }
        options.outputs = outputs
        return options
    }

    func runOptions(_ general: GeneralOptions) throws -> RunOptions {
        try runOptions(capture: general.capture, explained: general.explained, isVerbose: general.isVerbose)
    }

    /// Returns the terminal whose keys request a status line; nil if standard input is used for something else.
    func statusKeys(readsInput: Bool = false) -> Terminal? { readsInput ? nil : Terminal.forStatusKeys() }

    private func frameCapture(_ path: String) throws -> FrameCapture {
        let capture = FrameCapture(
            writingTo: try file(path, for: "--pcap"), isStandardOutput: BufferedOutput.isStandardOutput(path),
            application: "swift-net \(CommandTree.version)")
        capture.onProblem = { [self] problem in
            switch problem {
            case .ended(let reason): complain("--pcap: \(path): \(reason); the capture is incomplete")
            case .lost(let count): complain("--pcap: \(count) frames are missing from the capture")
            }
        }
        return capture
    }
}
