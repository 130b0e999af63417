/// Finds the empty line that ends a head, incrementally: each byte is examined once.
struct HeadScan: Sendable {
    private var hasText = false
    private var lineLength = 0
    private var endsWithReturn = false

    /// Returns the number of bytes up to and including the line feed that ends the head, or nil if it is not in
    /// `bytes`.
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
