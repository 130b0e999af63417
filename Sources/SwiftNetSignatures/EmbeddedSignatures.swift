import CSignatureData
import SwiftNetCompression

/// The signatures that come with the tool: the files of `Products`, packed by `make signatures` into one.
package enum EmbeddedSignatures {
    /// All files one after the other.
    /// - Throws: `DecompressionFailure` when what was packed is not whole.
    package static func text() throws(DecompressionFailure) -> [UInt8] {
        try inflated(csignaturedata_signatures())
    }

    /// The table of the library of all files, with what was learned from them.
    package static var table: [UInt8] { Array(buffer(csignaturedata_table())) }

    /// How similarity becomes confidence.
    package static var calibrations: [UInt8] { Array(buffer(csignaturedata_calibrations())) }

    /// The behaviors of servers below HTTP/1.
    package static var tls: [UInt8] { Array(buffer(csignaturedata_tls())) }

    private static func inflated(_ packed: csignaturedata_bytes) throws(DecompressionFailure) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(packed.count * 12)
        var inflater = Inflater(.deflate)
        try inflater.inflate(buffer(packed).bytes) { piece in
            piece.withUnsafeBytes { text.append(contentsOf: $0) }
            return true
        }
        return text
    }

    /// Unsafe as every pointer from C is; the bytes are part of the executable and stay as they are.
    private static func buffer(_ data: csignaturedata_bytes) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: data.bytes, count: data.count)
    }
}
