import LinuxProcess
import SwiftNet

/// `host`: the options and their values.
struct UserHostCommand: Command {
    static let summary = CommandSummary(
        name: "host", group: .link, abstract: "Run a user-space host or router on this network.",
        usage: ["--address ADDRESS/LENGTH [-I INTERFACE] [options]"],
        discussion: """
            The host has its own addresses, which the kernel does not know, its own MAC address, and its own ARP, \
            neighbor discovery, IP, ICMP, UDP and TCP. It checks that no other host has an address, which takes about \
            6 seconds (2 for IPv6), replies to ARP, neighbor discovery and echo requests, runs the services of \
            --serve, and reports the hosts that send to it. Durations are in seconds (1, 0.2) or have a unit (200ms, \
            2s, 1m).

            If another host claims an address in use, the address is announced once; at a second claim within 10 s it \
            is given up, unless --defend is given.

            Exit status: 0 if it ran until -w, SIGINT or SIGTERM, 1 if another host has an address, 2 on error.
            """,
        foreignOptions: [
            ("-i", "-I INTERFACE sets the interface"), ("-a", "--address ADDRESS/LENGTH sets an address"),
            ("-p", "--serve echo,discard,http,iperf runs services on their own ports"),
        ])

    var general = GeneralOptions()
    var configuration = UserHost.Configuration()
    var interfaces: [String] = []

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Addresses")
        options.list(
            "-I", "--interface", value: .interface,
            help: "Use this interface (the only one that is up); may be given several times for a router."
        ) { $0.interfaces.append($1) }
        options.list(
            "--address", value: .hostAddress,
            help: "Use this address and prefix length, on the first interface or on INTERFACE."
        ) { $0.configuration.addresses.append($1) }
        options.list(
            "--gateway", value: .address,
            help: "Send to other networks through this router; at most one per address family."
        ) { $0.configuration.gateways.append($1) }
        options.option(
            "--mac", value: .hostMAC,
            help: "Use this MAC address (derived from the first address); interface: that of the interface."
        ) { $0.configuration.mac = $1 }
        options.option(
            "--vlan", value: .integer(VLANTag.vlans, "VID"),
            help: "Use VLAN VID: tag frames sent, and accept only its frames."
        ) { $0.configuration.vlan = $1 }
        options.list(
            "--join", value: .hostGroup,
            help: "Join this multicast group, on the first interface or on INTERFACE."
        ) { $0.configuration.groups.append($1) }
        options.flag(
            "--defend", help: "Keep addresses that another host claims: announce them again, at most every 10 s."
        ) { $0.configuration.defends = true }
        options.flag("--no-check", help: "Use the addresses at once, without checking whether other hosts have them.") {
            $0.configuration.checksAddresses = false
        }

        options.section("Services")
        options.list("--serve", value: .hostServices, help: "Run these services: echo, discard, http, iperf.") {
            $0.configuration.services.formUnion($1)
        }
        options.option("--ethers", value: .file, help: "Reply to RARP requests of the hosts in FILE (ethers(5)).") {
            $0.configuration.ethers = $1
        }
        options.flag("--forward", help: "Forward packets between the interfaces, as a router.") {
            $0.configuration.forwards = true
        }
        options.flag(
            "--advertise", help: "Send router advertisements with the prefixes of the addresses (with --forward)."
        ) { $0.configuration.advertises = true }
        options.option(
            "-w", "--deadline", "--duration", value: .duration(atLeast: .milliseconds(1)), help: "Stop after TIME."
        ) { $0.configuration.duration = $1 }

        options.section("Output")
        options.json()
        options.quiet()
        options.verbose("Also report the number of ignored frames of other VLANs.")
        options.pcap()
        options.explain()
        options.color()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        if let operand = arguments.operands.first {
            throw UsageError("\(operand): host takes no target (it runs a host and does not look up names)")
        }
        do throws(SwiftNetError) { try configuration.check(interfaces) } catch { throw UsageError(error.description) }
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: configuration.duration)
        var options = try console.runOptions(general)
        options.reloads = configuration.ethers != nil
        let host = try UserHost.prepare(interfaces, configuration, options: options)
        host.onReloadFailure = { [console] in console.fail($0.description) }
        let report: any UserHostReport =
            console.isJSON ? UserHostJSON(console, host, general) : UserHostText(console, host, general)
        let summary = try console.run(report, of: host)
        if !host.isComplete { return 2 }
        return summary.isTaken ? 1 : 0
    }
}
