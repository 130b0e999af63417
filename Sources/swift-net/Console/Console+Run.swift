import LinuxProcess
import SwiftNet

extension Console {
    /// How a command runs a tool: it ends with a signal, and gives up every privilege once its sockets are open.
    /// - Parameters:
    ///   - capture: the file of the run's frames.
    ///   - explained: packets each way to explain.
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

    private func frameCapture(_ path: String) throws -> FrameCapture {
        let capture = FrameCapture(
            writingTo: try file(path, for: "--pcap"), isStandardOutput: BufferedOutput.isStandardOutput(path),
            application: "swift-net \(CommandTree.version)")
        capture.onProblem = { [self] problem in
            switch problem {
            case .ended(let reason): complain("--pcap: \(path): \(reason); the capture ends here")
            case .lost(let count): complain("--pcap: \(count) frames were lost here")
            }
        }
        return capture
    }
}
