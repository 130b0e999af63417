import SwiftNetCompression

/// The signatures that come with the tool: the files of `Products`, packed by `make signatures` into one, because
/// the compiler takes half a minute to read them as they are.
package enum EmbeddedSignatures {
    /// All files one after the other.
    /// - Throws: `DecompressionFailure` when what was packed is not whole.
    package static func text() throws(DecompressionFailure) -> [UInt8] {
        try inflated(PackageResources.signatures_deflate)
    }

    /// The table of the library of all files, with what was learned from them.
    /// - Throws: `DecompressionFailure` when what was packed is not whole.
    package static func table() throws(DecompressionFailure) -> [UInt8] {
        try inflated(PackageResources.table_deflate)
    }

    private static func inflated(_ packed: [UInt8]) throws(DecompressionFailure) -> [UInt8] {
        var text: [UInt8] = []
        var inflater = Inflater(.deflate)
        try inflater.inflate(packed.span.bytes) { piece in
            text += piece.withUnsafeBytes { Array($0) }
            return true
        }
        return text
    }

    /// How similarity becomes confidence.
    package static var calibrations: [UInt8] { PackageResources.calibrations_txt }
}
