/// Looks for the empty line that ends a head, in pieces: no byte is looked at twice.
struct HeadScan: Sendable {
    private var hasText = false
    private var lineLength = 0
    private var endsWithReturn = false

    /// The count of bytes up to and with the line feed that ends the head; nil when it is not among them.
    mutating func end(in bytes: RawSpan) -> Int? {
        for offset in 0..<bytes.byteCount {
            let byte = bytes.byte(at: offset)
            if byte == 10 {
                if lineLength > (endsWithReturn ? 1 : 0) {
                    hasText = true
                } else if hasText {
                    return offset + 1
                }
                lineLength = 0
                endsWithReturn = false
            } else {
                lineLength += 1
                endsWithReturn = byte == 13
            }
        }
        return nil
    }
}
