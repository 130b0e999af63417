import WireFormat

/// Our request as an ICMP error quotes it.
struct PingQuotedProbe: ~Escapable {
    let destination: IPAddress
    let type: UInt8
    let identifier: UInt16
    let sequence: UInt16
    /// The bytes after the quoted ICMP header; may be empty.
    let data: RawSpan

    /// Reads the quote of an error; nil if it quotes no ICMP message. Only the addresses, the protocol and the first 8
    /// bytes after the header are checked: routers change other fields.
    @_lifetime(copy error)
    init?(_ error: borrowing ReceivedMessage) {
        guard let quote = DatagramView(quoted: error.data), quote.family == error.family, quote.icmp != nil else {
            return nil
        }
        self.init(destination: quote.destination, message: quote.payload)
    }

    /// The request from its ICMP header on; at least 8 bytes.
    @_lifetime(copy message)
    init(destination: IPAddress, message: RawSpan) {
        self.destination = destination
        type = message.byte(at: 0)
        identifier = message.bigEndian16(at: 4)
        sequence = message.bigEndian16(at: 6)
        data = message.dropping(8)
    }
}
