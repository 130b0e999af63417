import Testing

@testable import swift_net

/// Every command reports a missing operand with the same message.
@Suite struct MissingOperandTests {
    private static func refusal<Main: Command>(_ type: Main.Type) -> String? {
        let arguments = ParsedArguments([], [], foreignOptions: [])
        var command = Main()
        do {
            _ = try command.mode(arguments)
            try command.check(arguments)
        } catch {
            return (error as? UsageError)?.message
        }
        return nil
    }

    private static let refusals: [(String, String?)] = [
        ("ping", "no TARGET given (expected a name, an address or a network)"),
        ("traceroute", "no TARGET given (expected a name or an address)"),
        ("arping", "no TARGET given (expected a name, an IPv4 address or a MAC address)"),
        ("rarp", "no ACTION given (expected query or serve)"),
        ("igmp-join", "no GROUP given (expected a multicast address)"), ("igmp-query", nil),
        ("dhcp-discover", nil),
        ("tcp-syn-scan", "no TARGET given (expected a name, an address, a network or a range)"),
        ("http-probe", "no URL given (expected http://HOST or https://HOST)"),
        ("http-fingerprint", "no URL given (expected http://HOST or https://HOST)"),
        ("host", "--address ADDRESS/LENGTH is required"),
        ("monitor", "no TARGET given (expected a host, a URL, tcp://HOST:PORT, or --config FILE)"),
        ("decode", "no FILE given (expected a pcap or pcapng file, or -)"),
        ("address", "no ADDRESS given (expected an address, a network or PORT/tcp)"),
    ]

    @Test(arguments: refusals)
    func refusal(name: String, message: String?) {
        let type = Self.commands.first { $0.summary.name == name }
        let refusal = type.map { Self.refusal($0) }
        #expect(refusal == .some(message))
        #expect(Self.commands.count == CommandTree.commands.count)
    }

    private static var commands: [any Command.Type] {
        [
            PingCommand.self, TracerouteCommand.self, ArpingCommand.self, RARPCommand.self, IGMPJoinCommand.self,
            IGMPQueryCommand.self, DHCPDiscoverCommand.self, SYNScanCommand.self, HTTPProbeCommand.self,
            HTTPFingerprintCommand.self,
            UserHostCommand.self, MonitorCommand.self, DecodeCommand.self, AddressCommand.self,
        ]
    }
}
