import Testing

/// The exit statuses that scripts rely on: 0 yes, 1 no, 2 it could not run or could not finish.
@Suite("exit statuses")
struct ExitStatusTests {
    private typealias Row = (status: Int32, arguments: String)

    /// Two hosts; `b` has a web server, a member of 239.1.2.3, a RARP server and a DHCP server.
    private static let layout = Lab.Layout.pair.and(
        """
        mount -t tmpfs none /mnt
        mkdir /mnt/web; echo page > /mnt/web/index.html
        printf '02:00:00:00:00:07 192.0.2.7\\n' > /mnt/ethers
        ip netns exec a \(Binary.swiftNet) ping -qc1 192.0.2.2 --pcap /mnt/whole.pcapng >/dev/null
        head -c -7 /mnt/whole.pcapng > /mnt/cut.pcapng; echo text > /mnt/text
        """)

    private static let servers = """
        timeout 60 dnsmasq --keep-in-foreground --port=0 --conf-file=/dev/null --user=root --interface=vb --no-ping \
            --bind-interfaces --dhcp-range=192.0.2.100,192.0.2.150,600 --dhcp-host=02:00:00:00:00:99,ignore \
            --dhcp-leasefile=/mnt/leases --pid-file= --log-facility=/mnt/dhcp >/dev/null 2>&1 &
        cd /mnt/web; timeout 60 python3 -m http.server --bind 192.0.2.2 80 >/dev/null 2>&1 &
        timeout 60 \(Binary.swiftNet) rarp serve -I vb --ethers /mnt/ethers -w 60 >/dev/null 2>&1 &
        timeout 60 \(Binary.swiftNet) igmp-join 239.1.2.3 -I vb -w 60 >/mnt/joined 2>&1 &
        until ss -ltn | grep -q 192.0.2.2:80 && grep -qi joined /mnt/joined \
            && grep -qs 'IP range' /mnt/dhcp; do sleep 0.05; done
        echo begun; wait
        """

    /// The rows of each command in turn; the commands run side by side.
    private static let rows: [[Row]] = [
        [
            (0, "ping -c1 192.0.2.2"), (1, "ping -c1 -W0.2 192.0.2.77"), (2, "ping -c1 -I nosuch0 192.0.2.2"),
            (0, "ping 192.0.2.1-2"), (1, "ping -W0.2 --retries 0 192.0.2.2 192.0.2.77"), (2, "ping 192.0.2.2 no..name"),
            (2, "ping -c1 -w1 192.0.2.2 --pcap /dev/full"), (2, "ping"),
        ],
        [
            (0, "traceroute -n 192.0.2.2"), (1, "traceroute -n -q1 -m2 -w0.2 198.18.77.1"),
            (2, "traceroute -i nosuch0 192.0.2.2"), (1, "traceroute -n -q1 -m2 -w0.2 192.0.2.77 192.0.2.2"),
        ],
        [
            (0, "arping -c1 192.0.2.2"), (1, "arping -c1 -w0.3 192.0.2.77"), (0, "arping -D -c1 -w0.3 192.0.2.77"),
            (1, "arping -D -c1 -w1 192.0.2.2"), (0, "arping --probe 192.0.2.77"), (1, "arping --probe 192.0.2.2"),
            (0, "arping --sweep 192.0.2.0/30"), (1, "arping --sweep 192.0.2.64/30"),
            (0, "arping --sweep 192.0.2.0/30 --duplicates"), (2, "arping -I nosuch0 192.0.2.2"),
            (2, "arping -D --sweep 192.0.2.0/30"),
        ],
        [
            (0, "rarp query -c1 -i0.3 02:00:00:00:00:07"), (1, "rarp query -c1 -i0.3 02:00:00:00:00:08"),
            (2, "rarp query -I nosuch0 02:00:00:00:00:07"), (0, "rarp serve -I va --ethers /mnt/ethers -w0.3"),
            (2, "rarp serve -I va --ethers /nosuch"), (2, "rarp ask"),
        ],
        [
            (0, "dhcp-discover -w0.5"), (1, "dhcp-discover -w0.5 --mac 02:00:00:00:00:99"),
            (2, "dhcp-discover -I nosuch0"),
        ],
        [
            (0, "igmp-query --listen 0 --response 0.5 239.1.2.3"),
            (1, "igmp-query --listen 0 --response 0.5 239.9.9.9"),
            (2, "igmp-query -I nosuch0 239.1.2.3"), (2, "igmp-query 192.0.2.1"),
        ],
        [
            (0, "igmp-join -w0.3 239.5.5.5"), (1, "igmp-join -c1 -w0.3 239.5.5.5"),
            (2, "igmp-join -I nosuch0 239.5.5.5"), (2, "igmp-join 192.0.2.2"),
        ],
        [
            (0, "host -I va --address 192.0.2.50/24 --duration 0.3"), (1, "host -I va --address 192.0.2.2/24 -w2"),
            (2, "host -I nosuch0 --address 192.0.2.51/24"),
        ],
        [
            (0, "tcp-syn-scan -p 80,81 192.0.2.2"), (1, "tcp-syn-scan -p 81 192.0.2.2"),
            (2, "tcp-syn-scan -p 80 no..name"), (2, "tcp-syn-scan -p 80 -I nosuch0 192.0.2.2"),
            (2, "tcp-syn-scan -p x 192.0.2.2"),
        ],
        [
            (0, "http-probe http://192.0.2.2/"), (0, "http-probe http://192.0.2.2/missing"),
            (1, "http-probe --fail http://192.0.2.2/missing"), (1, "http-probe http://192.0.2.2:81/"),
            (1, "http-probe http://192.0.2.2/ http://192.0.2.2:81/"), (2, "http-probe -I nosuch0 http://192.0.2.2/"),
            (2, "http-probe ftp://192.0.2.2/"),
        ],
        [
            (0, "http-fingerprint http://192.0.2.2/"), (1, "http-fingerprint http://192.0.2.2:81/"),
            (2, "http-fingerprint -I nosuch0 http://192.0.2.2/"),
        ],
        [
            (0, "decode /mnt/whole.pcapng"), (1, "decode /mnt/cut.pcapng"), (1, "decode /mnt/text"),
            (2, "decode /nosuch"), (0, "address 192.0.2.1/24"), (2, "address"),
        ],
    ]

    @Test("every row of the table, of every command")
    func rows() async throws {
        guard await Peer.require(.dnsmasq) else { return }
        try await Lab.with(Self.layout) { lab in
            try await lab.beside("b", ["sh", "-c", Self.servers], readyMark: "begun") {
                await together(Self.rows, atMost: Self.rows.count) { rows in
                    for (status, arguments) in rows {
                        let list = arguments.split(separator: " ").map(String.init)
                        let outcome = try await lab.run("a", ["timeout", "20", Binary.swiftNet] + list)
                        #expect(outcome.status == status, "\(arguments): \(outcome)")
                        #expect(
                            status < 2 || outcome.errors.hasPrefix("\(list[0]): "), "\(arguments): \(outcome)")
                    }
                }
            }
        }
    }
}
