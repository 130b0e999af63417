/// The reason for which data cannot be decompressed, as the library's message.
package struct DecompressionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var description: String { message }
}
