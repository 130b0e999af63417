import WireFormat

/// The header of a received segment, with the options in use; the data is separate.
struct ReceivedTCPHeader {
    var sequence: SequenceNumber
    var acknowledgment: SequenceNumber
    var flags: TCPFlags
    /// The unscaled value.
    var window: UInt16
    var maximumSegmentSize: UInt16?
    var windowScale: UInt8?
    var permitsSelectiveAcknowledgment = false
    var timestamp: (value: UInt32, echo: UInt32)?
    /// The SACK blocks, of which the first `selectiveCount` are valid.
    var selective: InlineArray<4, SequenceRange>
    var selectiveCount = 0

    init(_ view: borrowing TCPView) {
        sequence = SequenceNumber(view.sequenceNumber)
        acknowledgment = SequenceNumber(view.acknowledgmentNumber)
        flags = view.flags
        window = view.window
        selective = InlineArray(repeating: SequenceRange(SequenceNumber(0), SequenceNumber(0)))
        guard view.headerLength > TCPView.minimumHeaderLength else { return }
        let options = view.options
        var reader = OptionReader(options)
        while let (kind, data) = reader.next() {
            switch (kind, data.count) {
            case (TCPOption.Kind.maximumSegmentSize, 2): maximumSegmentSize = options.bigEndian16(at: data.lowerBound)
            case (TCPOption.Kind.windowScale, 1): windowScale = options.byte(at: data.lowerBound)
            case (TCPOption.Kind.selectiveAcknowledgmentPermitted, 0): permitsSelectiveAcknowledgment = true
            case (TCPOption.Kind.timestamps, 8):
                timestamp = (
                    options.bigEndian32(at: data.lowerBound), options.bigEndian32(at: data.lowerBound + 4)
                )
            case (TCPOption.Kind.selectiveAcknowledgment, let count) where count % 8 == 0 && count <= 32:
                for index in 0..<count / 8 {
                    let block = data.lowerBound + 8 * index
                    selective[index] = SequenceRange(
                        SequenceNumber(options.bigEndian32(at: block)),
                        SequenceNumber(options.bigEndian32(at: block + 4)))
                }
                selectiveCount = count / 8
            default: break
            }
        }
    }

    /// Returns the length of the segment in sequence space.
    func length(_ dataCount: Int) -> Int {
        dataCount + (flags.contains(.syn) ? 1 : 0) + (flags.contains(.fin) ? 1 : 0)
    }
}
