import WireFormat

/// The request of ours that an ICMP error is about, as far as the error quotes it.
struct PingQuotedProbe: ~Escapable {
    let destination: IPAddress
    let type: UInt8
    let identifier: UInt16
    let sequence: UInt16
    /// What was quoted after the ICMP header: perhaps nothing.
    let data: RawSpan

    /// Reads the quote of an error; nil when it quotes no ICMP message. Only
    /// the addresses, the protocol and the first eight bytes behind the header
    /// are relied on: routers change the rest.
    @_lifetime(copy error)
    init?(_ error: borrowing ReceivedMessage) {
        guard let quote = DatagramView(quoted: error.data), quote.family == error.family, quote.icmp != nil else {
            return nil
        }
        self.init(destination: quote.destination, message: quote.payload)
    }

    /// The request itself, from its ICMP header on; at least eight bytes.
    @_lifetime(copy message)
    init(destination: IPAddress, message: RawSpan) {
        self.destination = destination
        type = message.byte(at: 0)
        identifier = message.bigEndian16(at: 4)
        sequence = message.bigEndian16(at: 6)
        data = message.dropping(8)
    }
}
