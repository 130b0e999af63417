import Diagnostics
import LinuxProcess
import SwiftNetSignatures

// Identifies every configuration in a folder of signatures with all others, and measures the confidence:
//
//     fingerprint-trial FOLDER CALIBRATIONS [--learn]
//     fingerprint-trial FOLDER TABLE --table
//     fingerprint-trial FOLDER - --check
//     fingerprint-trial FOLDER - --tests
//
// With --learn, the fitted calibrations are written, otherwise they are read. With --table, only the table of the library
// is written; with --check, the table in this program is held against that of the folder. With --tests, the tests are
// ordered by what they add to those before them.
let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 2, let folder = arguments.first else {
    print("Usage: fingerprint-trial FOLDER CALIBRATIONS [--learn]")
    CurrentProcess.exit(2)
}
let path = arguments[arguments.startIndex + 1]
let signatures = try Folder.files(of: folder).filter { $0.hasSuffix(".signature") }.flatMap {
    try Signature.all(in: BufferedInput.bytes(ofFile: $0))
}
let products = Set(signatures.map(\.product)).count
print(
    "\(signatures.count) signatures of \(products) products, "
        + "\(signatures.reduce(0) { $0 + $1.configurations.count }) configurations")
if arguments.last == "--check" {
    let isSame = EmbeddedSignatures.table == SignatureTable.bytes(of: SignatureLibrary(signatures))
    if !isSame {
        let errors = BufferedOutput.standardError()
        errors.write("The stored table is not that of the signatures: run make signatures.\n")
        errors.flush()
    }
    CurrentProcess.exit(isSame ? 0 : 1)
}
if arguments.last == "--tests" {
    let output = BufferedOutput.standardOutput()
    _ = TestSelection(signatures, step: 6) {
        output.write($0 + "\n")
        output.flush()
    }
    CurrentProcess.exit(0)
}
if arguments.last == "--table" {
    let file = try BufferedOutput.file(path)
    file.write(SignatureTable.bytes(of: SignatureLibrary(signatures)))
    file.flush()
    CurrentProcess.exit(0)
}
let trial = FingerprintTrial(signatures)
let calibrations: Calibrations?
if arguments.last == "--learn" {
    let fitted = trial.calibrations
    let curves = [
        ("product", fitted.usual.product), ("origin", fitted.usual.origin), ("polite-product", fitted.polite.product),
        ("polite-origin", fitted.polite.origin),
    ]
    let text =
        "# Written by `make signatures`: offset, similarity, lead, and what came of what they gave; then the tenths that\n"
        + "# trials support.\n" + curves.map { "\($0.0) \($0.1.text)\n" }.joined()
        + curves.filter { !$0.1.measured.isEmpty }
        .map { "measured \($0.0) \($0.1.measured.sorted().map(String.init).joined(separator: " "))\n" }.joined()
    let file = try BufferedOutput.file(path)
    file.write(text)
    file.flush()
    calibrations = fitted
} else {
    calibrations = Calibrations(try BufferedInput.bytes(ofFile: path))
}
guard let calibrations else {
    print("\(path) contains no valid calibrations")
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
