/// An ICMPv4 message (RFC 792, 950, 1256).
public struct ICMPv4Message: Hashable, Sendable, WireEncodable {
    /// The contents of a message by type.
    public enum Body: Hashable, Sendable {
        case echoReply(ICMPEcho)
        case echoRequest(ICMPEcho)
        case destinationUnreachable(ICMPv4UnreachableCode, ICMPErrorBody)
        case sourceQuench(code: UInt8, ICMPErrorBody)
        case redirect(code: UInt8, ICMPErrorBody)
        case timeExceeded(code: UInt8, ICMPErrorBody)
        case parameterProblem(code: UInt8, ICMPErrorBody)
        case timestampRequest(ICMPv4Timestamp)
        case timestampReply(ICMPv4Timestamp)
        case informationRequest(ICMPEcho)
        case informationReply(ICMPEcho)
        case addressMaskRequest(ICMPv4AddressMask)
        case addressMaskReply(ICMPv4AddressMask)
        case routerAdvertisement(ICMPv4RouterAdvertisement)
        case routerSolicitation(code: UInt8, reserved: UInt32, trailing: [UInt8])
        /// An unknown type, or contents that are invalid for the type.
        case unknown(type: ICMPv4Type, code: UInt8, restOfHeader: UInt32, data: [UInt8])
    }

    /// The contents of the message.
    public var body: Body
    /// The checksum to write; nil to compute it.
    public var checksum: UInt16?

    /// Creates a message whose checksum is computed when it is written.
    public init(_ body: Body) {
        self.body = body
        checksum = nil
    }

    /// Parses a message of any type; invalid contents are kept as `.unknown`.
    public init(_ view: borrowing ICMPv4View) {
        checksum = view.checksum
        body =
            Self.body(view)
            ?? .unknown(
                type: view.type, code: view.code, restOfHeader: view.restOfHeader, data: view.payload.copied())
    }

    private static func body(_ view: borrowing ICMPv4View) -> Body? {
        let code = view.code
        switch view.type {
        case .echoReply: return .echoReply(ICMPEcho(view))
        case .echoRequest: return .echoRequest(ICMPEcho(view))
        case .informationRequest: return .informationRequest(ICMPEcho(view))
        case .informationReply: return .informationReply(ICMPEcho(view))
        case .destinationUnreachable:
            return .destinationUnreachable(ICMPv4UnreachableCode(rawValue: code), ICMPErrorBody(view))
        case .sourceQuench: return .sourceQuench(code: code, ICMPErrorBody(view))
        case .redirect: return .redirect(code: code, ICMPErrorBody(view))
        case .timeExceeded: return .timeExceeded(code: code, ICMPErrorBody(view))
        case .parameterProblem: return .parameterProblem(code: code, ICMPErrorBody(view))
        case .timestampRequest: return ICMPv4Timestamp(view).map { .timestampRequest($0) }
        case .timestampReply: return ICMPv4Timestamp(view).map { .timestampReply($0) }
        case .addressMaskRequest: return ICMPv4AddressMask(view).map { .addressMaskRequest($0) }
        case .addressMaskReply: return ICMPv4AddressMask(view).map { .addressMaskReply($0) }
        case .routerAdvertisement: return ICMPv4RouterAdvertisement(view).map { .routerAdvertisement($0) }
        case .routerSolicitation:
            return .routerSolicitation(code: code, reserved: view.restOfHeader, trailing: view.payload.copied())
        default: return nil
        }
    }

    /// The type of the message.
    public var type: ICMPv4Type {
        switch body {
        case .echoReply: .echoReply
        case .echoRequest: .echoRequest
        case .destinationUnreachable: .destinationUnreachable
        case .sourceQuench: .sourceQuench
        case .redirect: .redirect
        case .timeExceeded: .timeExceeded
        case .parameterProblem: .parameterProblem
        case .timestampRequest: .timestampRequest
        case .timestampReply: .timestampReply
        case .informationRequest: .informationRequest
        case .informationReply: .informationReply
        case .addressMaskRequest: .addressMaskRequest
        case .addressMaskReply: .addressMaskReply
        case .routerAdvertisement: .routerAdvertisement
        case .routerSolicitation: .routerSolicitation
        case .unknown(let type, _, _, _): type
        }
    }

    /// The code within the type (RFC 792; RFC 4443, section 2.1).
    public var code: UInt8 {
        switch body {
        case .echoReply(let echo), .echoRequest(let echo), .informationRequest(let echo), .informationReply(let echo):
            echo.code
        case .destinationUnreachable(let code, _): code.rawValue
        case .sourceQuench(let code, _), .redirect(let code, _), .timeExceeded(let code, _),
            .parameterProblem(let code, _), .routerSolicitation(let code, _, _), .unknown(_, let code, _, _):
            code
        case .timestampRequest(let timestamp), .timestampReply(let timestamp): timestamp.code
        case .addressMaskRequest(let mask), .addressMaskReply(let mask): mask.code
        case .routerAdvertisement(let advertisement): advertisement.code
        }
    }

    public var byteCount: Int {
        ICMPv4View.headerLength
            + {
                switch body {
                case .echoReply(let echo), .echoRequest(let echo), .informationRequest(let echo),
                    .informationReply(let echo):
                    echo.data.count
                case .destinationUnreachable(_, let error), .sourceQuench(_, let error), .redirect(_, let error),
                    .timeExceeded(_, let error), .parameterProblem(_, let error):
                    error.data.count
                case .timestampRequest(let timestamp), .timestampReply(let timestamp): 12 + timestamp.trailing.count
                case .addressMaskRequest(let mask), .addressMaskReply(let mask): 4 + mask.trailing.count
                case .routerAdvertisement(let advertisement):
                    advertisement.routers.count * 8 + advertisement.trailing.count
                case .routerSolicitation(_, _, let trailing): trailing.count
                case .unknown(_, _, _, let data): data.count
                }
            }()
    }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setByte(type.rawValue, at: offset)
        bytes.setByte(code, at: offset + 1)
        bytes.setBigEndian16(checksum ?? 0, at: offset + 2)
        let data = offset + ICMPv4View.headerLength
        switch body {
        case .echoReply(let echo), .echoRequest(let echo), .informationRequest(let echo), .informationReply(let echo):
            echo.write(into: &bytes, at: offset)
        case .destinationUnreachable(_, let error), .sourceQuench(_, let error), .redirect(_, let error),
            .timeExceeded(_, let error), .parameterProblem(_, let error):
            bytes.setBigEndian32(error.restOfHeader, at: offset + 4)
            bytes.copy(error.data, at: data)
        case .timestampRequest(let timestamp), .timestampReply(let timestamp):
            timestamp.write(into: &bytes, at: offset)
        case .addressMaskRequest(let mask), .addressMaskReply(let mask): mask.write(into: &bytes, at: offset)
        case .routerAdvertisement(let advertisement): advertisement.write(into: &bytes, at: offset)
        case .routerSolicitation(_, let reserved, let trailing):
            bytes.setBigEndian32(reserved, at: offset + 4)
            bytes.copy(trailing, at: data)
        case .unknown(_, _, let restOfHeader, let rest):
            bytes.setBigEndian32(restOfHeader, at: offset + 4)
            bytes.copy(rest, at: data)
        }
        if checksum == nil {
            let computed = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + byteCount))
            bytes.setBigEndian16(computed, at: offset + 2)
        }
    }
}
