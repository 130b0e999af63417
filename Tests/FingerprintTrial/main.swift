import Diagnostics
import LinuxProcess

// Every configuration of a folder's signatures named by all others, and how far the answers can be trusted:
//
//     fingerprint-trial FOLDER CALIBRATIONS [--learn]
//
// With --learn the calibrations that fit are written, otherwise they are read.
let words = CommandLine.arguments.dropFirst()
guard words.count >= 2, let folder = words.first else {
    print("Usage: fingerprint-trial FOLDER CALIBRATIONS [--learn]")
    CurrentProcess.exit(2)
}
let path = words[words.startIndex + 1]
let signatures = try Folder.files(of: folder).filter { $0.hasSuffix(".signature") }.flatMap {
    try Signature.all(in: BufferedInput.bytes(ofFile: $0))
}
let products = Set(signatures.map(\.product)).count
print(
    "\(signatures.count) signatures of \(products) products, "
        + "\(signatures.reduce(0) { $0 + $1.configurations.count }) configurations")
let trial = FingerprintTrial(signatures)
let calibrations: Calibrations?
if words.last == "--learn" {
    let fitted = trial.calibrations
    let text = """
        # Written by `make signatures`: offset, similarity, lead, and what came of what they gave.
        product \(fitted.product.text)
        origin \(fitted.origin.text)

        """
    let file = try BufferedOutput.file(path)
    file.write(text)
    file.flush()
    calibrations = fitted
} else {
    calibrations = Calibrations(try BufferedInput.bytes(ofFile: path))
}
guard let calibrations else {
    print("\(path) has no calibrations that can be read")
    CurrentProcess.exit(2)
}
TrialReport(trial: trial, calibrations: calibrations).printAll()

extension Calibration {
    fileprivate var text: String {
        func short(_ number: Double) -> String { "\((number * 1_000).rounded() / 1_000)" }
        let numbers = [offset, similarity, lead].map(short) + steps.map { "\(short($0.given)):\(short($0.right))" }
        return numbers.joined(separator: " ")
    }
}
