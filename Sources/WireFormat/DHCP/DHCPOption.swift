/// An option of a DHCP message (RFC 2132).
public struct DHCPOption: Hashable, Sendable {
    /// The option's number.
    public var code: UInt8
    /// The data after code and length.
    public var data: [UInt8]

    /// An option of these parts.
    public init(_ code: UInt8, _ data: [UInt8]) {
        self.code = code
        self.data = data
    }

    /// The numbers of options that this library reads or writes itself.
    public enum Code {
        /// One byte without length and data, between options and after the end.
        public static let pad: UInt8 = 0
        /// How long an address may be used, in seconds, 32 bits.
        public static let leaseTime: UInt8 = 51
        /// Which of the fields `file` (1) and `sname` (2) hold options, or both (3).
        public static let overload: UInt8 = 52
        /// What the message is for, a byte: `DHCPMessageType`.
        public static let messageType: UInt8 = 53
        /// The server's address.
        public static let serverIdentifier: UInt8 = 54
        /// The codes of options that the client asks for.
        public static let parameterRequestList: UInt8 = 55
        /// The longest message that the sender accepts, in bytes, 16 bits.
        public static let maximumMessageSize: UInt8 = 57
        /// One byte without length and data, after the last option.
        public static let end: UInt8 = 255
    }

    /// What an option's data means.
    public enum Value: Hashable, Sendable {
        case address(IPv4Address)
        case addresses([IPv4Address])
        /// Bytes that are text; nothing is known of their encoding.
        case text([UInt8])
        /// A number, in the unit that the option's name implies: seconds for times, bytes for sizes.
        case number(Int)
        case numbers([Int])
        case flag(Bool)
        /// Parts with a form of their own: routes (`198.51.100.0/24 via 192.0.2.1`), domain names, suboptions.
        case list([String])
        /// A name for a number: a message type.
        case name(String)
        /// Data of unknown meaning, or that does not fit its type.
        case bytes([UInt8])
    }

    private enum Kind {
        case address, addresses, text, seconds, signedSeconds, number8, number16, numbers8, numbers16, flag
        case addressPairs, classlessRoutes, relayAgent, domains, messageType, clientIdentifier
    }

    /// Names and types (RFC 2132 and the registry of IANA).
    private static let known: [UInt8: (name: StaticString, kind: Kind?)] = [
        1: ("subnet_mask", .address), 2: ("time_offset", .signedSeconds), 3: ("router", .addresses),
        4: ("time_server", .addresses), 5: ("ien_name_server", .addresses), 6: ("domain_name_server", .addresses),
        7: ("log_server", .addresses), 8: ("cookie_server", .addresses), 9: ("lpr_server", .addresses),
        10: ("impress_server", .addresses), 11: ("resource_location_server", .addresses), 12: ("host_name", .text),
        13: ("boot_file_size", .number16), 14: ("merit_dump_file", .text), 15: ("domain_name", .text),
        16: ("swap_server", .address), 17: ("root_path", .text), 18: ("extensions_path", .text),
        19: ("ip_forwarding", .flag), 20: ("non_local_source_routing", .flag), 21: ("policy_filter", .addressPairs),
        22: ("maximum_datagram_reassembly_size", .number16), 23: ("default_ip_ttl", .number8),
        24: ("path_mtu_aging_timeout", .seconds), 25: ("path_mtu_plateau_table", .numbers16),
        26: ("interface_mtu", .number16), 27: ("all_subnets_are_local", .flag), 28: ("broadcast_address", .address),
        29: ("perform_mask_discovery", .flag), 30: ("mask_supplier", .flag), 31: ("perform_router_discovery", .flag),
        32: ("router_solicitation_address", .address), 33: ("static_route", .addressPairs),
        34: ("trailer_encapsulation", .flag), 35: ("arp_cache_timeout", .seconds),
        36: ("ethernet_encapsulation", .flag), 37: ("tcp_default_ttl", .number8),
        38: ("tcp_keepalive_interval", .seconds), 39: ("tcp_keepalive_garbage", .flag), 40: ("nis_domain", .text),
        41: ("nis_server", .addresses), 42: ("ntp_server", .addresses), 43: ("vendor_specific_information", nil),
        44: ("netbios_name_server", .addresses), 45: ("netbios_datagram_distribution_server", .addresses),
        46: ("netbios_node_type", .number8), 47: ("netbios_scope", .text), 48: ("x_window_font_server", .addresses),
        49: ("x_window_display_manager", .addresses), 50: ("requested_ip_address", .address),
        51: ("ip_address_lease_time", .seconds), 52: ("option_overload", .number8), 53: ("message_type", .messageType),
        54: ("server_identifier", .address), 55: ("parameter_request_list", .numbers8), 56: ("message", .text),
        57: ("maximum_message_size", .number16), 58: ("renewal_time", .seconds), 59: ("rebinding_time", .seconds),
        60: ("vendor_class_identifier", .text), 61: ("client_identifier", .clientIdentifier),
        64: ("nisplus_domain", .text), 65: ("nisplus_server", .addresses), 66: ("tftp_server_name", .text),
        67: ("boot_file_name", .text), 68: ("mobile_ip_home_agent", .addresses), 69: ("smtp_server", .addresses),
        70: ("pop3_server", .addresses), 71: ("nntp_server", .addresses), 72: ("www_server", .addresses),
        73: ("finger_server", .addresses), 74: ("irc_server", .addresses), 75: ("streettalk_server", .addresses),
        76: ("streettalk_directory_assistance_server", .addresses), 77: ("user_class", nil),
        80: ("rapid_commit", nil), 81: ("client_fqdn", nil), 82: ("relay_agent_information", .relayAgent),
        93: ("client_system_architecture", .numbers16), 94: ("client_network_interface", nil),
        97: ("client_machine_identifier", nil), 100: ("posix_timezone", .text), 101: ("tzdb_timezone", .text),
        108: ("ipv6_only_preferred", .seconds), 114: ("captive_portal", .text), 116: ("auto_configure", .number8),
        118: ("subnet_selection", .address), 119: ("domain_search", .domains), 120: ("sip_server", nil),
        121: ("classless_static_route", .classlessRoutes), 124: ("vendor_identifying_vendor_class", nil),
        125: ("vendor_identifying_vendor_specific", nil), 138: ("capwap_access_controller", .addresses),
        150: ("tftp_server_address", .addresses), 249: ("microsoft_classless_static_route", .classlessRoutes),
        252: ("web_proxy_auto_discovery", .text),
    ]

    /// The name from RFC 2132 or the IANA registry, in snake_case; `option_224` for a code without a name.
    public var name: String { Self.known[code]?.name.description ?? "option_\(code)" }

    /// The value by the option's type; bytes for an unknown option, or if the data does not fit its type.
    public var value: Value { Self.known[code]?.kind.flatMap(interpreted) ?? .bytes(data) }

    /// Whether the data has a length or form that the option's standard does not allow; false for an unknown option.
    var isMisfit: Bool {
        switch (code, Self.known[code]?.kind) {
        case (43, _): data.isEmpty
        case (77, _), (120, _), (_, .clientIdentifier?): data.count < 2
        case (80, _): !data.isEmpty
        case (81, _), (94, _): code == 81 ? data.count < 3 : data.count != 3
        case (97, _): data.count != 17
        case (124, _), (125, _): data.count < 5
        // No home agent is known (RFC 2132, section 8.13).
        case (68, _) where data.isEmpty: false
        case (_, let kind?): interpreted(kind) == nil
        case (_, nil): false
        }
    }

    private func interpreted(_ kind: Kind) -> Value? {
        let bytes = data.rawBytes
        func fits(_ size: Int) -> Bool { !data.isEmpty && data.count.isMultiple(of: size) }
        switch (kind, data.count) {
        case (.address, 4): return .address(bytes.ipv4Address(at: 0))
        case (.addresses, _) where fits(4): return .addresses(Self.addresses(bytes))
        case (.text, 1...):
            // Some servers end it with a zero byte (RFC 2132, section 2).
            return .text(data.last == 0 ? data.dropLast() : data)
        case (.seconds, 4): return .number(Int(bytes.bigEndian32(at: 0)))
        case (.signedSeconds, 4): return .number(Int(Int32(bitPattern: bytes.bigEndian32(at: 0))))
        case (.number8, 1): return .number(Int(data[0]))
        case (.number16, 2): return .number(Int(bytes.bigEndian16(at: 0)))
        case (.numbers8, 1...): return .numbers(data.map(Int.init))
        case (.numbers16, _) where fits(2):
            return .numbers(stride(from: 0, to: data.count, by: 2).map { Int(bytes.bigEndian16(at: $0)) })
        case (.flag, 1): return data[0] > 1 ? nil : .flag(data[0] == 1)
        case (.messageType, 1): return .name(DHCPMessageType(rawValue: data[0]).description)
        case (.clientIdentifier, 7) where data[0] == 1:
            return .name(
                MACAddress(rawValue: UInt64(bytes.bigEndian16(at: 1)) << 32 | UInt64(bytes.bigEndian32(at: 3)))
                    .description)
        case (.addressPairs, _) where fits(8):
            let all = Self.addresses(bytes)
            let separator = code == 33 ? " via " : "/"
            return .list(stride(from: 0, to: all.count, by: 2).map { "\(all[$0])\(separator)\(all[$0 + 1])" })
        case (.classlessRoutes, 1...): return Self.routes(bytes).map { .list($0) }
        case (.relayAgent, 1...): return Self.suboptions(bytes).map { .list($0) }
        case (.domains, 1...): return Self.domains(bytes).map { .list($0) }
        default: return nil
        }
    }

    private static func addresses(_ bytes: RawSpan) -> [IPv4Address] {
        stride(from: 0, to: bytes.byteCount, by: 4).map { bytes.ipv4Address(at: $0) }
    }

    /// Returns classless routes: each prefix in its minimum number of bytes, followed by its router (RFC 3442).
    private static func routes(_ bytes: RawSpan) -> [String]? {
        var routes: [String] = []
        var offset = 0
        while offset < bytes.byteCount {
            let length = Int(bytes.byte(at: offset))
            let count = (length + 7) / 8
            guard length <= 32, offset + 1 + count + 4 <= bytes.byteCount else { return nil }
            var prefix: UInt32 = 0
            for index in 0..<count { prefix |= UInt32(bytes.byte(at: offset + 1 + index)) << UInt32(24 - 8 * index) }
            routes.append("\(IPv4Address(rawValue: prefix))/\(length) via \(bytes.ipv4Address(at: offset + 1 + count))")
            offset += 1 + count + 4
        }
        return routes
    }

    /// Returns the suboptions of a relay agent, with their data in hexadecimal (RFC 3046, section 2.0).
    private static func suboptions(_ bytes: RawSpan) -> [String]? {
        let names: [UInt8: String] = [1: "circuit-id", 2: "remote-id", 5: "link-selection", 6: "subscriber-id"]
        var parts: [String] = []
        var offset = 0
        while offset < bytes.byteCount {
            guard offset + 2 <= bytes.byteCount else { return nil }
            let end = offset + 2 + Int(bytes.byte(at: offset + 1))
            guard end <= bytes.byteCount else { return nil }
            let code = bytes.byte(at: offset)
            let data = bytes.extracting(offset + 2..<end).copied()
            parts.append("\(names[code] ?? "suboption-\(code)") \(hexadecimalText(data))")
            offset = end
        }
        return parts
    }

    /// Returns domain names, which may be compressed (RFC 3397, section 2).
    private static func domains(_ bytes: RawSpan) -> [String]? {
        var names: [String] = []
        var offset = 0
        while offset < bytes.byteCount {
            // The limit bounds the memory that compression pointers to one long name can use.
            guard names.count < 64, let (name, end) = DNSName.parse(bytes, at: offset) else { return nil }
            names.append(name.description)
            offset = end
        }
        return names
    }

    /// Data as `0x0102`; `0x` alone for no byte.
    public static func hexadecimalText(_ data: [UInt8]) -> String {
        var text = TextBuffer()
        text.append("0x")
        text.append(hexadecimal: data.rawBytes)
        return text.text()
    }
}

extension DHCPOption.Value: CustomStringConvertible {
    /// One line of printable ASCII: other bytes of text are written as `\xNN`.
    public var description: String {
        switch self {
        case .address(let address): address.description
        case .addresses(let addresses): addresses.map(\.description).joined(separator: ", ")
        case .text(let bytes):
            {
                var text = TextBuffer()
                text.append(escaped: bytes.rawBytes)
                return text.text()
            }()
        case .number(let number): "\(number)"
        case .numbers(let numbers): numbers.map { "\($0)" }.joined(separator: ", ")
        case .flag(let isSet): isSet ? "yes" : "no"
        case .list(let parts): parts.joined(separator: ", ")
        case .name(let name): name
        case .bytes(let bytes): DHCPOption.hexadecimalText(bytes)
        }
    }
}
