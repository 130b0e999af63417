import Testing

/// Commands that run until they are told to end, on links that go down, come up, and go away.
@Suite("links that change")
struct LinkChangeTests {
    /// A command on `vb`, how to see that it works, and what its summary has.
    struct Command: Sendable, CustomTestStringConvertible {
        var arguments: String
        var readyMark: String
        /// A shell's command for `a`, to be tried until it succeeds.
        var proof: String
        /// Part of the summary's line.
        var summary: String
        var testDescription: String { arguments }

        static let host = Command(
            arguments: "host -I vb --address 192.0.2.50/24 --no-check", readyMark: "the host is up",
            // Its MAC address is asked for each time.
            proof: "ip neigh flush dev va; ping -c 1 -W 1 192.0.2.50", summary: " frames received, ")
        static let rarp = Command(
            arguments: "rarp serve -I vb --ethers /mnt/ethers", readyMark: "Serving 1 host on vb",
            proof: "\(Binary.swiftNet) rarp query -I va -f -c 2 -i 0.2 02:00:00:00:00:07", summary: " requests, ")
        static let join = Command(
            arguments: "igmp-join -I vb 239.1.2.3", readyMark: "Joined 239.1.2.3",
            proof: "\(Binary.swiftNet) igmp-query -I va --force --response 0.3 --listen 0 239.1.2.3",
            summary: " received")
    }

    static let commands = [Command.host, .rarp, .join]

    private static let layout = Lab.Layout.pair.withFiles.and(
        "ip netns add c; echo '02:00:00:00:00:07 192.0.2.7' > /mnt/ethers")

    /// Runs a command in `b` until it ends, which `body` has it do.
    /// - Returns: what it wrote to both outputs; the last line is its exit status.
    private static func running(
        _ command: Command, _ more: String = "-w 60", on layout: Lab.Layout = layout,
        _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws -> String {
        try await Lab.with(layout) { lab in
            let script = """
                echo begun
                (echo $BASHPID > /mnt/pid; exec \(Binary.swiftNet) \(command.arguments) \(more)) > /mnt/log 2>&1
                echo "status $?" >> /mnt/log; touch /mnt/done
                """
            return try await lab.beside("b", ["bash", "-c", script], readyMark: "begun") {
                try await Self.wait(
                    lab, "\(more.contains("-j") ? "test -e" : "grep -q '\(command.readyMark)'") /mnt/log")
                try await body(lab)
                try await Self.wait(lab, "test -e /mnt/done")
                return try await lab.run("b", ["cat", "/mnt/log"]).output
            }
        }
    }

    /// Waits until a shell's condition is true, at the longest 20 seconds.
    private static func wait(_ lab: Lab, _ condition: String, in namespace: String = "b") async throws {
        let outcome = try await lab.run(
            namespace, ["timeout", "20", "sh", "-c", "until { \(condition); } >/dev/null 2>&1; do sleep 0.02; done"])
        if outcome.status != 0 {
            let log = try await lab.run("b", ["cat", "/mnt/log"]).output
            Issue.record("never: \(condition)\n\(log)")
        }
    }

    private static func hasLog(_ lab: Lab, _ text: String) async throws {
        try await wait(lab, "grep -q '\(text)' /mnt/log")
    }

    private static func ip(_ lab: Lab, _ arguments: String) async throws {
        let outcome = try await lab.run("b", ["ip"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 0, "\(outcome)")
    }

    private static func signal(_ lab: Lab, _ name: String) async throws {
        _ = try await lab.run("b", ["sh", "-c", "kill -\(name) $(cat /mnt/pid)"])
    }

    /// Lines that have a text.
    private static func count(_ text: String, in log: String) -> Int {
        log.split(separator: "\n").count { $0.contains(text) }
    }

    @Test("down for 0.3 s and up again: a line each, and it works as before", arguments: commands)
    func flap(command: Command) async throws {
        let log = try await Self.running(command) { lab in
            try await Self.wait(lab, command.proof, in: "a")
            _ = try await lab.run("b", ["sh", "-c", "ip link set dev vb down; sleep 0.3; ip link set dev vb up"])
            try await Self.hasLog(lab, "vb is up again")
            try await Self.wait(lab, command.proof, in: "a")
            try await Self.signal(lab, "TERM")
        }
        #expect(Self.count(": vb is down; waiting for it", in: log) == 1, "\(log)")
        #expect(Self.count(": vb is up again", in: log) == 1, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 0\n"), "\(log)")
        #expect(!log.contains("could not be sent") && !log.contains("Network is down"), "\(log)")
    }

    @Test("a flap in JSON", arguments: commands)
    func json(command: Command) async throws {
        let log = try await Self.running(command, "-j -w 60") { lab in
            try await Self.wait(lab, command.proof, in: "a")
            try await Self.ip(lab, "link set dev vb down")
            try await Self.hasLog(lab, #""type":"interface","interface":"vb","state":"down","time":"#)
            try await Self.ip(lab, "link set dev vb up")
            try await Self.hasLog(lab, #""type":"interface","interface":"vb","state":"up","time":"#)
            try await Self.signal(lab, "TERM")
        }
        #expect(log.contains(#"{"type":"summary","#) && log.hasSuffix("status 0\n"), "\(log)")
    }

    @Test(
        "the other end goes down and comes up: the carrier is lost, once, and it works as before", arguments: commands)
    func carrier(command: Command) async throws {
        let log = try await Self.running(command) { lab in
            try await Self.ip(lab, "-n a link set dev va down")
            try await Self.hasLog(lab, "vb has no carrier; waiting for it")
            try await Self.ip(lab, "-n a link set dev va up")
            try await Self.hasLog(lab, "vb has carrier again")
            try await Self.wait(lab, command.proof, in: "a")
            try await Self.signal(lab, "INT")
        }
        #expect(Self.count(": vb has no carrier", in: log) == 1, "\(log)")
        #expect(Self.count(": vb has carrier again", in: log) == 1, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 0\n"), "\(log)")
    }

    @Test("renamed: it goes on, and says so", arguments: commands)
    func renamed(command: Command) async throws {
        let log = try await Self.running(command) { lab in
            // Older kernels rename no interface that is up.
            try await Self.ip(lab, "link set dev vb down")
            try await Self.ip(lab, "link set dev vb name lan0")
            try await Self.hasLog(lab, "vb was renamed to lan0")
            try await Self.ip(lab, "link set dev lan0 up")
            try await Self.hasLog(lab, "lan0 is up again")
            try await Self.wait(lab, command.proof, in: "a")
            try await Self.signal(lab, "TERM")
        }
        #expect(Self.count("was renamed to", in: log) == 1, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 0\n"), "\(log)")
    }

    @Test(
        "deleted or moved to another namespace: it ends with its summary, and says which",
        arguments: commands,
        [
            ("link del dev vb", "vb was deleted"),
            ("link set dev vb netns c", "vb was moved to another network namespace"),
        ])
    func gone(command: Command, change: (arguments: String, message: String)) async throws {
        let log = try await Self.running(command) { lab in try await Self.ip(lab, change.arguments) }
        #expect(Self.count(": \(change.message)", in: log) == 1, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 2\n"), "\(log)")
        #expect(!log.contains("could not be sent") && !log.contains("No such device"), "\(log)")
    }

    @Test("a signal during the wait ends it with its summary", arguments: commands, ["INT", "TERM"])
    func signalWhileDown(command: Command, signal: String) async throws {
        let log = try await Self.running(command) { lab in
            try await Self.ip(lab, "link set dev vb down")
            try await Self.hasLog(lab, "vb is down; waiting for it")
            try await Self.signal(lab, signal)
        }
        #expect(log.contains(command.summary) && log.hasSuffix("status 0\n"), "\(log)")
        #expect(!log.contains("could not be sent") && !log.contains("Network is down"), "\(log)")
    }

    @Test("-w ends it during the wait")
    func deadlineWhileDown() async {
        let cases = Self.commands
        await together(cases) { command in
            let log = try await Self.running(command, "-w 6") { lab in
                try await Self.ip(lab, "link set dev vb down")
                try await Self.hasLog(lab, "vb is down; waiting for it")
            }
            #expect(log.contains(command.summary) && log.hasSuffix("status 0\n"), "\(log)")
        }
    }

    @Test("after a flap the groups are reported anew, and their datagrams still come")
    func reports() async throws {
        let log = try await Self.running(.join) { lab in
            try await Self.hasLog(lab, "Sent IGMPv3 report: 239.1.2.3 to_ex")
            try await Self.ip(lab, "link set dev vb down")
            try await Self.hasLog(lab, "vb is down; waiting for it")
            try await Self.ip(lab, "link set dev vb up")
            // Behind the line that says so.
            try await Self.wait(
                lab, "sed '1,/vb is up again/d' /mnt/log | grep -q 'Sent IGMPv3 report: 239.1.2.3 to_ex'")
            let sender = """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.setsockopt(0, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.1"))
                s.sendto(b"x", ("239.1.2.3", 5000))
                """
            try await Self.wait(
                lab,
                "ip netns exec a python3 -c '\(sender)'; grep -q 'First datagram: 1 byte for 239.1.2.3' /mnt/log")
            try await Self.signal(lab, "TERM")
        }
        #expect(log.hasSuffix("status 0\n"), "\(log)")
    }

    @Test("a query for members goes on, and where answers may have been missed the status is 2")
    func query() async throws {
        let command = Command(
            arguments: "igmp-query -I vb --force --response 20 --version 2 239.1.2.3",
            readyMark: "Sent IGMPv2 query",
            proof: "true", summary: "0 groups, 0 hosts; 1 query sent, ")
        let log = try await Self.running(command) { lab in
            _ = try await lab.run("b", ["sh", "-c", "ip link set dev vb down; sleep 0.3; ip link set dev vb up"])
            try await Self.hasLog(lab, "vb is up again")
            try await Self.signal(lab, "INT")
        }
        #expect(Self.count(": vb is down; waiting for it", in: log) == 1, "\(log)")
        #expect(Self.count(": vb is up again", in: log) == 1, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 2\n"), "\(log)")
    }

    @Test("a query that is due while the interface is down is sent when it is up again")
    func heldQuery() async throws {
        let command = Command(
            arguments: "igmp-query -I vb -c 2 --listen 0 --response 3 239.1.2.3", readyMark: "Sent IGMPv3 query",
            proof: "true", summary: "0 groups, 0 hosts; 2 queries sent, ")
        let log = try await Self.running(command) { lab in
            // The second query is due after 3.6 s.
            _ = try await lab.run("b", ["sh", "-c", "ip link set dev vb down; sleep 5; ip link set dev vb up"])
        }
        #expect(Self.count("Sent IGMPv3 query", in: log) == 2, "\(log)")
        #expect(log.contains(command.summary) && log.hasSuffix("status 2\n"), "\(log)")
        #expect(!log.contains("could not be sent") && !log.contains("Network is down"), "\(log)")
    }

    @Test("more notifications than the kernel keeps for a process that does not read: the state is asked for")
    func lost() async throws {
        let log = try await Self.running(.host) { lab in
            try await Self.signal(lab, "STOP")
            // Nothing that changes the state, until the queue is full.
            let changes =
                "for i in $(seq 1280 1480); do echo link set dev vb mtu $i; echo link set dev vb mtu 1500; done"
            let batch = try await lab.run("b", ["sh", "-c", "(\(changes); echo link del dev vb) | ip -batch -"])
            #expect(batch.status == 0, "\(batch)")
            // The sockets of rtnetlink that hear of links and have lost notifications.
            let lossy = "awk '$2 == 0 && $4 ~ /1$/ && $9 > 0 { print \"lossy\" }' /proc/net/netlink > /mnt/lossy"
            _ = try await lab.run("b", ["sh", "-c", lossy])
            try await Self.signal(lab, "CONT")
            try await Self.wait(lab, "test -e /mnt/done")
            _ = try await lab.run("b", ["sh", "-c", "cat /mnt/lossy /mnt/log > /mnt/both; mv /mnt/both /mnt/log"])
        }
        let isLossy = log.hasPrefix("lossy\n")
        // Where the queue is larger than usual the kernel's message is still in it.
        let message = "vb was deleted" + (isLossy ? " or moved to another network namespace" : "")
        #expect(log.split(separator: "\n").count { $0.hasSuffix(": \(message)") } == 1, "\(log)")
        #expect(log.contains(Command.host.summary) && log.hasSuffix("status 2\n"), "\(log)")
    }

    @Test("of interfaces that were not named one may go: the others are served")
    func another() async throws {
        let command = Command(
            arguments: "rarp serve --ethers /mnt/ethers", readyMark: "Serving 1 host on vb, ub",
            proof: Command.rarp.proof, summary: Command.rarp.summary)
        let layout = Self.layout.and(
            """
            ip link add dev ua netns a type veth peer name ub netns b
            ip -n a link set dev ua up; ip -n b link set dev ub up; ip -n b addr add 198.51.100.2/24 dev ub
            """)
        let log = try await Self.running(command, on: layout) { lab in
            try await Self.ip(lab, "link del dev ub")
            try await Self.hasLog(lab, "ub was deleted")
            try await Self.wait(lab, command.proof, in: "a")
            try await Self.ip(lab, "link del dev vb")
        }
        #expect(log.contains("vb was deleted") && log.hasSuffix("status 2\n"), "\(log)")
    }
}
