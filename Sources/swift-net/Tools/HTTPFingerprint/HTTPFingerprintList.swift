import LinuxProcess
import SwiftNet

/// Prints the products that `http-fingerprint` can recognize.
struct HTTPFingerprintList {
    private let console: Console

    init(_ console: Console) { self.console = console }

    /// - Parameter signatures: signatures in addition to the built-in ones.
    func run(_ signatures: [Signature]) throws -> Int32 {
        let products = try HTTPFingerprint.products(signatures)
        let claimed = HTTPFingerprint.claimedProducts.filter { name in !products.contains { $0.name == name } }
        if console.isJSON {
            for product in products {
                write(
                    ProductRow(
                        product: product.name, versions: product.versions, configurations: product.configurations,
                        base: product.base, origins: product.origins, evidence: "behavior"))
            }
            for name in claimed {
                write(
                    ProductRow(
                        product: name, versions: [], configurations: 0, base: nil, origins: [], evidence: "banner"))
            }
            return 0
        }
        let width = products.map(\.name.count).max() ?? 0
        for product in products {
            var line = Text.left(Text.escaped(product.name), width, gap: 0)
            line += Text.right("\(product.configurations)", 5)
            if !product.versions.isEmpty { line += "  " + product.versions.map(Text.escaped).joined(separator: ", ") }
            if let base = product.base { line += "  (built on \(Text.escaped(base)))" }
            if !product.origins.isEmpty { line += "  (also before other servers)" }
            console.output.write(line + "\n")
        }
        let configurations = products.reduce(0) { $0 + $1.configurations }
        console.output.write(
            "\n\(products.count) products in \(configurations) configurations\n\nBy their banner only:\n")
        for line in Self.wrapped(claimed) { console.output.write("    \(line)\n") }
        return 0
    }

    /// Returns names separated by commas, in lines of a readable length.
    private static func wrapped(_ names: [String]) -> [String] {
        var lines: [String] = []
        for (index, name) in names.enumerated() {
            let word = index == names.count - 1 ? name : name + ","
            if let last = lines.last, last.count + word.count < 90 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines
    }

    private func write(_ row: ProductRow) { console.write("product", row, at: SystemClock.now) }

    private struct ProductRow: JSONRow {
        var product: String
        var versions: [String]
        var configurations: Int
        @Null var base: String?
        var origins: [String]
        var evidence: String
    }
}
