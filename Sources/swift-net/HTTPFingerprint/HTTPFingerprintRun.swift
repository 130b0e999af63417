import LinuxProcess
import SwiftNet

/// Servers are named, or a signature is made of their behavior.
struct HTTPFingerprintRun {
    let command: HTTPFingerprintCommand
    let console: Console

    func run() throws -> Int32 {
        let path = command.output.flatMap { BufferedOutput.isStandardOutput($0) ? nil : $0 }
        let signatureFile = try path.map { try console.file($0, for: "-o") }
        let options = try console.runOptions(command.general)
        let fingerprint = try HTTPFingerprint.prepare(command.targets.urls, command.fingerprint, options: options)
        let (isQuiet, isVerbose) = (command.general.isQuiet, command.general.isVerbose)
        let renderer: any FingerprintRenderer =
            console.isJSON
            ? FingerprintJSON(console, isQuiet: isQuiet)
            : FingerprintText(console, isQuiet: isQuiet, isVerbose: isVerbose)
        var observer = FingerprintObserver(
            console: console, renderer: renderer, namesServers: command.product == nil)
        defer { observer.progress.clear() }
        let summary = try fingerprint.run(reportingTo: &observer)
        observer.progress.clear()
        if let product = command.product {
            writeSignature(of: product, observer.reports, to: signatureFile ?? console.output)
            guard summary.unresolved == 0 else { return 2 }
            return observer.reports.allSatisfy { $0.failure == nil && $0.interruption == nil } ? 0 : 1
        }
        renderer.finish(summary)
        // A server whose name has no address was not checked.
        guard summary.unresolved == 0 else { return 2 }
        return summary.recognized == summary.targets ? 0 : 1
    }

    /// Writes what was learned of the servers that replied to everything.
    private func writeSignature(of product: String, _ reports: [FingerprintReport], to file: BufferedOutput) {
        let learned = reports.filter { $0.failure == nil && $0.interruption == nil }
        for report in reports {
            if let failure = report.failure ?? report.interruption {
                console.complain("\(report.url): \(failure.text)")
            }
        }
        guard !learned.isEmpty else { return }
        let banners = Set(learned.compactMap(\.banner).map(SignatureLibrary.name(inBanner:)))
        let signature = Signature(
            product: product, versions: command.versions, banners: banners.filter { !$0.isEmpty }.sorted(),
            configurations: learned.map {
                Signature.Configuration(name: "\($0.url)", origin: command.origin, behavior: $0.behavior)
            })
        file.write(signature.text)
        file.flush()
    }
}
