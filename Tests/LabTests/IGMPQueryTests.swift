import Testing

/// `igmp-query` and the kernel's members.
@Suite("igmp-query in the lab")
struct IGMPQueryTests {
    @Test("a query lists the kernel's members in every version, by group and by source", arguments: [1, 2, 3])
    func query(version: Int) async throws {
        try await Lab.with(IGMPLab.bridged(querier: false)) { lab in
            let member = """
                import socket, time
                # The kernel repeats no report of the join, which would be one of version 3.
                with open("/proc/sys/net/ipv4/igmp_qrv", "w") as file: file.write("1")
                sent = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                us = socket.inet_aton("192.0.2.2")
                s.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + us)
                s.setsockopt(0, 39, socket.inet_aton("232.1.2.3") + us + socket.inet_aton("192.0.2.1"))
                # The query follows only when the report of both groups was sent.
                waiting = {socket.inet_aton(group) for group in ("239.1.2.3", "232.1.2.3")}
                while waiting:
                    packet = sent.recv(2048)
                    if packet[9] == 2: waiting = {group for group in waiting if group not in packet}
                print("member", flush=True); time.sleep(60)
                """
            try await lab.beside("h2", ["timeout", "60", "python3", "-c", member], readyMark: "member") {
                func ask(_ arguments: String) async throws -> Lab.Outcome {
                    try await lab.run(
                        "h1",
                        [Binary.swiftNet, "igmp-query", "-j", "--listen", "0"]
                            + arguments.split(separator: " ").map(String.init))
                }
                if version == 3 {
                    let one = try await ask("239.1.2.3")
                    #expect(one.status == 0 && one.objects("member").first?["host"] == "192.0.2.2", "\(one)")
                    let source = try await ask("232.1.2.3 --source 192.0.2.1 --response 0.5")
                    #expect(source.objects("member").first?["mode"] == "include", "\(source)")
                    #expect(source.output.contains("\"sources\":[\"192.0.2.1\"]"), "\(source)")
                    let other = try await ask("232.1.2.3 --source 192.0.2.9 --response 0.3")
                    #expect(other.status == 1 && other.objects("member").isEmpty, "\(other)")
                }
                let all = try await ask("--version \(version)" + (version == 1 ? "" : " --response 1"))
                let members = all.objects("member").filter { $0["host"] == "192.0.2.2" }
                #expect(Set(members.compactMap { $0["group"] }) == ["239.1.2.3", "232.1.2.3"], "\(all)")
                #expect(members.allSatisfy { $0["version"] == "\(version)" }, "\(all)")
            }
        }
    }

    @Test("MLD: our member and the kernel's, by general and by group query", arguments: [1, 2])
    func mld(version: Int) async throws {
        try await Lab.with(IGMPLab.bridged(querier: false)) { lab in
            _ = try await IGMPLab.joining(lab, "-j ff05::1:3 --version \(version)") {
                let all = try await lab.run(
                    "h2",
                    [
                        Binary.swiftNet, "igmp-query", "-6", "-j", "--response", "1", "--listen", "0", "--version",
                        "\(version)",
                    ])
                let ours = all.objects("member").filter { $0["group"] == "ff05::1:3" }
                #expect(ours.map { $0["host"] } == ["fe80::ff:fe00:1"], "\(all)")
                // The solicited-node group of every host.
                #expect(all.objects("member").contains { $0["group"] == "ff02::1:ff00:3" }, "\(all)")
                let one = try await lab.run(
                    "h2", [Binary.swiftNet, "igmp-query", "ff05::1:3", "--response", "0.3", "--listen", "0"])
                #expect(
                    one.status == 0 && one.output.contains("ff05::1:3  fe80::ff:fe00:1 [02:00:00:00:00:01]"), "\(one)")
            }
        }
    }

    @Test("another querier is heard: nothing is asked, status 2; with --force it is")
    func otherQuerier() async throws {
        try await Lab.with(IGMPLab.bridged()) { lab in
            let refused = try await lab.run(
                "h1", [Binary.swiftNet, "igmp-query", "-j", "--response", "0.2", "--listen", "5"])
            #expect(refused.status == 2 && refused.objects("query").isEmpty, "\(refused)")
            #expect(
                refused.errors.contains("192.0.2.254 is the querier on v1; use --force to send queries"),
                "\(refused)")
            #expect(refused.summary?["queries"] == "0" && refused.summary?["other_querier"] == "192.0.2.254")
            let forced = try await lab.run(
                "h1", [Binary.swiftNet, "igmp-query", "--force", "--response", "0.2", "-j"])
            #expect(forced.objects("query").count == 1 && forced.status == 0, "\(forced)")
        }
    }
}
