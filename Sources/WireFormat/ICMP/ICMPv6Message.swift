/// An ICMPv6 message (RFC 4443, RFC 4861).
public struct ICMPv6Message: Hashable, Sendable, WireEncodable {
    /// The contents of a message by type.
    public enum Body: Hashable, Sendable {
        case destinationUnreachable(ICMPv6UnreachableCode, ICMPErrorBody)
        /// The MTU is the body's `restOfHeader`, in bytes.
        case packetTooBig(code: UInt8, ICMPErrorBody)
        case timeExceeded(code: UInt8, ICMPErrorBody)
        /// The pointer is the body's `restOfHeader`.
        case parameterProblem(code: UInt8, ICMPErrorBody)
        case echoRequest(ICMPEcho)
        case echoReply(ICMPEcho)
        case neighborDiscovery(NDPMessage)
        case multicastListener(MLDMessage)
        /// An unknown type, or contents that are invalid for the type.
        case unknown(type: ICMPv6Type, code: UInt8, restOfHeader: UInt32, data: [UInt8])
    }

    /// The contents of the message.
    public var body: Body
    /// The checksum to write; computed by `updateChecksum`, because it covers the addresses.
    public var checksum: UInt16

    /// Creates a message without checksum.
    public init(_ body: Body) {
        self.body = body
        checksum = 0
    }

    /// Creates a message with the checksum for a pair of addresses.
    public init(_ body: Body, source: IPv6Address, destination: IPv6Address) {
        self.init(body)
        updateChecksum(source: source, destination: destination)
    }

    /// Parses a message of any type; invalid contents are kept as `.unknown`.
    public init(_ view: borrowing ICMPv6View) {
        checksum = view.checksum
        switch view.type {
        case .destinationUnreachable:
            body = .destinationUnreachable(ICMPv6UnreachableCode(rawValue: view.code), ICMPErrorBody(view))
        case .packetTooBig: body = .packetTooBig(code: view.code, ICMPErrorBody(view))
        case .timeExceeded: body = .timeExceeded(code: view.code, ICMPErrorBody(view))
        case .parameterProblem: body = .parameterProblem(code: view.code, ICMPErrorBody(view))
        case .echoRequest: body = .echoRequest(ICMPEcho(view))
        case .echoReply: body = .echoReply(ICMPEcho(view))
        default:
            if let message = NDPMessage(view) {
                body = .neighborDiscovery(message)
            } else if let message = MLDMessage(view) {
                body = .multicastListener(message)
            } else {
                body = .unknown(
                    type: view.type, code: view.code, restOfHeader: view.restOfHeader, data: view.payload.copied())
            }
        }
    }

    /// The type of the message.
    public var type: ICMPv6Type {
        switch body {
        case .destinationUnreachable: .destinationUnreachable
        case .packetTooBig: .packetTooBig
        case .timeExceeded: .timeExceeded
        case .parameterProblem: .parameterProblem
        case .echoRequest: .echoRequest
        case .echoReply: .echoReply
        case .neighborDiscovery(let message): message.type
        case .multicastListener(let message): message.type
        case .unknown(let type, _, _, _): type
        }
    }

    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8 {
        switch body {
        case .destinationUnreachable(let code, _): code.rawValue
        case .packetTooBig(let code, _), .timeExceeded(let code, _), .parameterProblem(let code, _),
            .unknown(_, let code, _, _):
            code
        case .echoRequest(let echo), .echoReply(let echo): echo.code
        case .neighborDiscovery(let message): message.code
        case .multicastListener(let message): message.code
        }
    }

    public var byteCount: Int {
        switch body {
        case .destinationUnreachable(_, let error), .packetTooBig(_, let error), .timeExceeded(_, let error),
            .parameterProblem(_, let error):
            ICMPv6View.headerLength + error.data.count
        case .echoRequest(let echo), .echoReply(let echo): ICMPv6View.headerLength + echo.data.count
        case .neighborDiscovery(let message): message.byteCount
        case .multicastListener(let message): message.byteCount
        case .unknown(_, _, _, let data): ICMPv6View.headerLength + data.count
        }
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setByte(type.rawValue, at: offset)
        bytes.setByte(code, at: offset + 1)
        bytes.setBigEndian16(checksum, at: offset + 2)
        let data = offset + ICMPv6View.headerLength
        switch body {
        case .destinationUnreachable(_, let error), .packetTooBig(_, let error), .timeExceeded(_, let error),
            .parameterProblem(_, let error):
            bytes.setBigEndian32(error.restOfHeader, at: offset + 4)
            bytes.copy(error.data, at: data)
        case .echoRequest(let echo), .echoReply(let echo): echo.write(into: &bytes, at: offset)
        case .neighborDiscovery(let message): message.write(into: &bytes, at: offset)
        case .multicastListener(let message): message.write(into: &bytes, at: offset)
        case .unknown(_, _, let restOfHeader, let rest):
            bytes.setBigEndian32(restOfHeader, at: offset + 4)
            bytes.copy(rest, at: data)
        }
    }

    /// Computes the checksum, which covers the pseudo-header (RFC 4443, section 2.3).
    public mutating func updateChecksum(source: IPv6Address, destination: IPv6Address) {
        checksum = 0
        let bytes = encoded()
        var sum = InternetChecksum()
        sum.addPseudoHeader(source: source, destination: destination, protocol: .icmpv6, length: bytes.count)
        sum.add(bytes.rawBytes)
        checksum = sum.value
    }
}
