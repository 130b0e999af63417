import LinuxProcess
import SwiftNet

/// Runs `http-fingerprint`: identifies servers, or writes a signature.
struct HTTPFingerprintRun {
    let command: HTTPFingerprintCommand
    let console: Console

    func run() throws -> Int32 {
        let path = command.output.flatMap { BufferedOutput.isStandardOutput($0) ? nil : $0 }
        let signatureFile = try path.map { try console.file($0, for: "-o") } ?? console.output
        let options = try console.runOptions(command.general)
        let run = try HTTPFingerprint.prepare(
            command.targets.urls, reading: command.targets.input, command.fingerprint, options: options)
        let signature = command.product.map {
            HTTPFingerprintSignature(command, product: $0, to: signatureFile, console)
        }
        let form: any HTTPFingerprintForm =
            signature ?? (command.isSorted ? HTTPFingerprintInOrder(namingForm) : namingForm)
        let summary = try console.run(form, of: run, progress: ProgressLine(console))
        try command.targets.checkInput(console, targets: summary.targets)
        guard run.isComplete else { return 2 }
        if command.isStrict, summary.claimed > 0, summary.outcome == .found { return 1 }
        guard let signature, summary.outcome != .unknown else { return summary.outcome.exitStatus }
        return signature.isComplete ? 0 : 1
    }

    private var namingForm: any HTTPFingerprintForm {
        let isQuiet = command.general.isQuiet
        return console.isJSON
            ? HTTPFingerprintJSON(console, isQuiet: isQuiet, isStrict: command.isStrict)
            : HTTPFingerprintText(
                console, isQuiet: isQuiet, isVerbose: command.general.isVerbose, isStrict: command.isStrict)
    }
}
