/// A protocol that is recognized by its first bytes where HTTP/1 is expected.
public enum ForeignProtocol: String, Sendable {
    /// TLS on a port without it (RFC 8446).
    case tls = "TLS"
    /// HTTP/2 without its negotiation (RFC 9113).
    case http2 = "HTTP/2"
    /// RFC 4253, section 4.2.
    case ssh = "SSH"
    /// RFC 5321, section 4.2.
    case smtp = "SMTP"
    /// RFC 959, section 4.2.
    case ftp = "FTP"
    /// A greeting with the code 220, which FTP and SMTP share.
    case ftpOrSMTP = "FTP or SMTP"
    /// RFC 1939.
    case pop3 = "POP3"
    /// RFC 3501, section 7.1.
    case imap = "IMAP"
    /// RFC 3977, section 5.1.
    case nntp = "NNTP"
    /// RFC 7826.
    case rtsp = "RTSP"
    /// RFC 3261.
    case sip = "SIP"
    /// RFC 6143, section 7.1.1.
    case rfb = "VNC"
    /// AMQP 0-9-1 and 1.0.
    case amqp = "AMQP"
    case redis = "Redis"
    case memcached = "memcached"
    case rsync = "rsync"
    case subversion = "Subversion"
    /// The handshake of MySQL and MariaDB, or their refusal of this host.
    case mysql = "MySQL"
    case postgresql = "PostgreSQL"
    /// RFC 854: commands.
    case telnet = "Telnet"

    /// Recognizes a protocol by its first bytes; nil if they are of none of these.
    public init?(opening bytes: [UInt8]) {
        guard let found = Self.binary(bytes) ?? Self.text(bytes) else { return nil }
        self = found
    }

    private static func binary(_ bytes: [UInt8]) -> Self? {
        // A record of an alert or a handshake message, and its version (RFC 8446, section 5.1).
        if bytes.count >= 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 { return .tls }
        // A frame of the connection itself: SETTINGS, PING, GOAWAY or WINDOW_UPDATE of stream 0 (RFC 9113, section
        // 4.1).
        if bytes.count >= 9, bytes[0] == 0, [4, 6, 7, 8].contains(bytes[3]), bytes[5...8].allSatisfy({ $0 == 0 }) {
            return .http2
        }
        // IAC, the command of an option (251 to 254), and an option, which is no command.
        if bytes.count >= 3, bytes[0] == 0xFF, (0xFB...0xFE).contains(bytes[1]), bytes[2] < 0xF0 { return .telnet }
        // The first packet, of less than 64 KiB: protocol version 10, or an error.
        if bytes.count >= 6, bytes[2] == 0, bytes[3] == 0, bytes[4] == 10 || bytes[4] == 0xFF { return .mysql }
        // ErrorResponse with the field of the severity.
        if bytes.count >= 6, bytes[0] == UInt8(ascii: "E"), bytes[1] == 0, bytes[2] == 0, bytes[5] == UInt8(ascii: "S")
        {
            return .postgresql
        }
        return nil
    }

    private static func text(_ bytes: [UInt8]) -> Self? {
        let beginnings: [(String, Self)] = [
            ("SSH-", .ssh), ("+OK", .pop3), ("* OK", .imap), ("* PREAUTH", .imap), ("* BYE", .imap), ("RTSP/", .rtsp),
            ("SIP/", .sip), ("RFB ", .rfb), ("AMQP", .amqp), ("-ERR ", .redis), ("-NOAUTH ", .redis),
            ("-DENIED ", .redis), ("ERROR\r\n", .memcached), ("@RSYNCD:", .rsync), ("( success ( ", .subversion),
        ]
        if let known = beginnings.first(where: { bytes.starts(with: $0.0.utf8) }) { return known.1 }
        let line = bytes.prefix { $0 != 10 && $0 != 13 }
        guard line.count > 3, bytes[3] == 0x20 || bytes[3] == UInt8(ascii: "-") else { return nil }
        let names = line.split { !($0 >= 0x41 && $0 <= 0x5A || $0 >= 0x61 && $0 <= 0x7A) }
            .map { String(decoding: $0, as: UTF8.self).uppercased() }
        func has(_ ends: [String]) -> Bool { names.contains { name in ends.contains { name.hasSuffix($0) } } }
        switch String(decoding: line.prefix(3), as: UTF8.self) {
        case "220", "421", "554": return has(["SMTP"]) ? .smtp : has(["FTP", "FTPD"]) ? .ftp : .ftpOrSMTP
        case "200", "201": return has(["NNTP", "NNRP", "INN"]) ? .nntp : nil
        default: return nil
        }
    }
}

extension ForeignProtocol: CustomStringConvertible {
    /// The name, such as `TLS`.
    public var description: String { rawValue }
}
