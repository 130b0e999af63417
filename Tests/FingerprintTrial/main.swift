import Diagnostics
import LinuxNet

// Cross-validation of the signatures in a folder: fingerprint-trial FOLDER
let arguments = CommandLine.arguments
let signatures = try Folder.files(of: arguments[1]).map { path in
    let input = try InputStream.bytes(ofFile: path)
    return try Signature(input)
}
print("\(signatures.count) signatures, \(signatures.reduce(0) { $0 + $1.configurations.count }) configurations")
let trial = FingerprintTrial(signatures)
trial.run()
