function __swift-net_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __swift-net_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __swift-net_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __swift-net_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __swift-net_parse_tokens -S
    set -l unparsed_tokens (__swift-net_tokens -pc)
    switch $unparsed_tokens[1]
    case 'swift-net'
        __swift-net_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'ping'
            __swift-net_parse_subcommand -r 1 '4/ipv4' '6/ipv6' '3/precise' 'a/audible' 'A/adaptive' 'b/broadcast' 'B/sticky-source' 'C/connect' 'd' 'D/timestamps' 'f/flood' 'H/names' 'j/json' 'L/no-loop' 'n/numeric' 'O/outstanding' 'q/quiet' 'r/bypass-routing' 'R/record-route' 'U/user-latency' 'v/verbose' 'V/version' 'alive' 'unreachable' 'plot' 'split' 'c/count=' 'e/identifier=' 'F/flow-label=' 'i/interval=' 'I/interface=' 'l/preload=' 'm/mark=' 'M/pmtu-discovery=' 'p/pattern=' 'Q/tos=' 's/size=' 'S/send-buffer=' 't/ttl=' 'T/timestamp=' 'w/deadline=' 'W/timeout=' 'targets=+' 'rate=' 'retries=' 'icmp=' 'fragment=' 'fragment-order=' 'report-every=' 'pcap=' 'explain=' 'color=' 'h/help'
        case 'traceroute'
            __swift-net_parse_subcommand -r 1 '4/ipv4' '6/ipv6' 'I/icmp' 'U/udp' 'T/tcp' 'F/dont-fragment' 'no-paris' 'n/numeric' 'e/extensions' 'A/as-path-lookups' 'back' 'mtu' 'paths' 'dot' 'report' 'live' 'j/json' 'V/version' 'f/first=' 'm/max-hops=' 'q/queries=' 'N/sim-queries=' 'w/wait=' 'z/sendwait=' 'gap=' 'p/port=' 'sport=' 'i/interface=' 's/source=' 't/tos=' 'l/flowlabel=' 'size=' 'explain=' 'M/module=' 'O/options=' 'g/gateway=+' 'pcap=' 'confidence=' 'cycles=' 'interval=' 'name-wait=' 'h/help'
        case 'arping'
            __swift-net_parse_subcommand -r 1 'f' 'q/quiet' 'v/verbose' 'b' 'D' 'U' 'A' 'r' '0' 'duplicates' 'table' 'j/json' 'V/version' 'c/count=' 'w/deadline=' 'i/interval=' 'I/interface=' 's/source=' 'S/sender=' 'W/wait=' 't/target-mac=' 'T/target-address=' 'style=' 'probe=' 'announce=' 'sweep=' 'rate=' 'retries=' 'compare=' 'vlan=' 'pcap=' 'explain=' 'h/help'
        case 'rarp'
            __swift-net_parse_subcommand -r 2 'f' 'q/quiet' 'v/verbose' 'I/interface=+' 'c/count=' 'i/interval=' 'w/deadline=' 'ethers=' 'rate=' 'j/json' 'pcap=' 'explain=' 'h/help'
        case 'igmp-join'
            __swift-net_parse_subcommand -r 1 'source=+' 'exclude' 'version=' 'kernel' 'robustness=' 'w/deadline=' 'c/count=' 'I/interface=' 'q/quiet' 'v/verbose' 'j/json' 'pcap=' 'explain=' 'h/help'
        case 'igmp-query'
            __swift-net_parse_subcommand 1 'source=+' '4' '6' 'version=' 'response=' 'listen=' 'force' 'c/count=' 'w/deadline=' 'I/interface=' 'q/quiet' 'v/verbose' 'j/json' 'pcap=' 'explain=' 'h/help'
        case 'tcp-syn-scan'
            __swift-net_parse_subcommand -r 1 'p/ports=+' 'top-ports=' 'targets=+' 'exclude=+' 'exclude-file=+' 'include-reserved' 'rate=' 'retries=' 'wait=' 'shard=' 'seed=' 'resume=' 'source=' 'no-check' 'banners' 'all' 'sort' 'o/output=' 'format=' '4' '6' 'n' 'I/interface=' 'w/deadline=' 'q/quiet' 'v/verbose' 'color=' 'j/json' 'pcap=' 'explain=' 'h/help'
        case 'http-probe'
            __swift-net_parse_subcommand -r 1 'targets=+' 'resolve=+' 'unix-socket=' '4' '6' 'I/interface=' 'X/method=' 'H/header=+' 'd/data=' 'http=' 'raw=' 'compressed' 'follow' 'max-redirects=' 'location-trusted' 'methods' 'keep-alive=' 'intermediaries' 'tcp' 'segments' 'stack=' 'source=' 'gateway=' 'no-check' 'timing' 'k/insecure' 'cacert=' 'tls=' 'max-body=' 'o/output=' 'c/count=' 'i/interval=' 'reuse' 'plot' 'concurrency=' 'fail' 'w/deadline=' 'q/quiet' 'v/verbose' 'j/json' 'pcap=' 'explain=' 'color=' 'h/help'
        case 'http-fingerprint'
            __swift-net_parse_subcommand -r 1 'targets=+' 'resolve=+' 'unix-socket=' '4' '6' 'I/interface=' 'classic' 'signatures=+' 'learn=' 'versions=' 'origin=' 'o/output=' 'concurrency=' 'w/deadline=' 'q/quiet' 'v/verbose' 'j/json' 'pcap=' 'explain=' 'color=' 'h/help'
        case 'host'
            __swift-net_parse_subcommand 0 'I/interface=+' 'address=+' 'gateway=+' 'mac=' 'serve=' 'ethers=' 'join=+' 'forward' 'no-check' 'w/deadline=' 'q/quiet' 'v/verbose' 'vlan=' 'j/json' 'pcap=' 'explain=' 'h/help'
        case 'decode'
            __swift-net_parse_subcommand -r 2 'v/verbose' 'x/hex' 'e/link-level' 'j/json' 'q/quiet' 'number' 'n/numeric' 'c/count=' 'explain=' 'pcap=' 'filter=' 'time=' 'color=' 'h/help'
        case 'address'
            __swift-net_parse_subcommand -r 1 'j/json' 'h/help'
        case 'help'
            __swift-net_parse_subcommand -r 1 
        end
    end
end

function __swift-net_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __swift-net_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __swift-net_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __swift-net_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__swift-net_tokens -p)
    if test -z "$(__swift-net_tokens -t)"
        set -l index (count (__swift-net_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'swift-net' -f
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net" version' -l 'version' -d 'Print the version.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'ping' -d 'Ask hosts whether they answer, and how fast.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'traceroute' -d 'Show the routers on the way to a host.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'arping' -d 'Ask a link who has an address.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'rarp' -d 'Ask for the address of a machine, or tell machines theirs (RARP).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'igmp-join' -d 'Join groups, answer the network\'s queries, count what arrives (IGMP, MLD).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'igmp-query' -d 'Ask who listens to which groups (IGMP, MLD).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'tcp-syn-scan' -d 'Find open TCP ports by half a handshake.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'http-probe' -d 'Ask web servers, and show what they say.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'http-fingerprint' -d 'Find out what a web server is by what it does.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'host' -d 'Be a host, or a router, that exists only while the command runs.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'decode' -d 'Show the packets of a capture file.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'address' -d 'Explain addresses: class, network, hosts, kind.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" 4 ipv4' -s '4' -l 'ipv4' -d 'Use IPv4.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" 6 ipv6' -s '6' -l 'ipv6' -d 'Use IPv6.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" 3 precise' -s '3' -l 'precise' -d 'Print round trips with all three decimals.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" a audible' -s 'a' -l 'audible' -d 'Ring the bell at every reply.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" A adaptive' -s 'A' -l 'adaptive' -d 'Let the interval follow the round trip.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" b broadcast' -s 'b' -l 'broadcast' -d 'Allow a broadcast address.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" B sticky-source' -s 'B' -l 'sticky-source' -d 'Keep the source address of the first probe.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" C connect' -s 'C' -l 'connect' -d 'Connect the socket to the target.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" d' -s 'd' -d 'Set SO_DEBUG on the socket.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" D timestamps' -s 'D' -l 'timestamps' -d 'Print the time before each line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" f flood' -s 'f' -l 'flood' -d 'Send as fast as answers come, a dot a probe.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" H names' -s 'H' -l 'names' -d 'Look up names even for numeric targets; undoes -n.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" L no-loop' -s 'L' -l 'no-loop' -d 'Do not loop multicast back.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" n numeric' -s 'n' -l 'numeric' -d 'Look up no names; undoes -H.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" O outstanding' -s 'O' -l 'outstanding' -d 'Report probes without an answer before the next one.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" q quiet' -s 'q' -l 'quiet' -d 'Print only the summary.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" bypass-routing r' -s 'r' -l 'bypass-routing' -d 'Send only to hosts on the link.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" R record-route' -s 'R' -l 'record-route' -d 'Record the route (IPv4).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" U user-latency' -s 'U' -l 'user-latency' -d 'Time in this program, not in the kernel.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" v verbose' -s 'v' -l 'verbose' -d 'Say also what was not believed.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" V version' -s 'V' -l 'version' -d 'Print the version.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" alive' -l 'alive' -d 'In a sweep, print only the targets that answer.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" unreachable' -l 'unreachable' -d 'In a sweep, print only the targets that do not.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" plot' -l 'plot' -d 'Draw the round trips over time, and their spread.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" split' -l 'split' -d 'Split the first round trip into its parts.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" c count' -s 'c' -l 'count' -d 'Stop after so many replies.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" e identifier' -s 'e' -l 'identifier' -d 'ICMP identifier; random by default.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" F flow-label' -s 'F' -l 'flow-label' -d 'IPv6 flow label, 20 bits.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" i interval' -s 'i' -l 'interval' -d 'Time between probes (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" I interface' -s 'I' -l 'interface' -d 'Interface or source address.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" l preload' -s 'l' -l 'preload' -d 'Probes to send before waiting for answers (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" m mark' -s 'm' -l 'mark' -d 'Mark on the packets, for routing rules.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" M pmtu-discovery' -s 'M' -l 'pmtu-discovery' -d 'Path MTU discovery: do, dont, want or probe.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" p pattern' -s 'p' -l 'pattern' -d 'Up to 16 hexadecimal bytes to fill the data with.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" Q tos' -s 'Q' -l 'tos' -d 'Type of service or traffic class, 0 to 255.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" s size' -s 's' -l 'size' -d 'Bytes of data (56).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" S send-buffer' -s 'S' -l 'send-buffer' -d 'Bytes of the socket\'s send buffer.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" t ttl' -s 't' -l 'ttl' -d 'Time to live, or hop limit.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" T timestamp' -s 'T' -l 'timestamp' -d 'IP timestamps (IPv4): tsonly, tsandaddr or tsprespec HOST...' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" deadline w' -s 'w' -l 'deadline' -d 'End after this time, whatever has come.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" W timeout' -s 'W' -l 'timeout' -d 'Time to wait for an answer (10; in a sweep 0.5).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping"' -l 'targets' -d 'Read targets from a file, one a line; - for standard input.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" rate' -l 'rate' -d 'Packets a second in a sweep, or max (10000).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" retries' -l 'retries' -d 'Further probes to silent targets of a sweep (3).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" icmp' -l 'icmp' -d 'What to ask: echo, timestamp, address-mask or router-solicitation.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" fragment' -l 'fragment' -d 'Cut every probe into fragments of so many bytes.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" fragment-order' -l 'fragment-order' -d 'The order of the fragments: in-order, reversed or overlapping.' -rfka 'in-order reversed overlapping'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" report-every' -l 'report-every' -d 'Print statistics and outage so often.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" pcap' -l 'pcap' -d 'Write every frame to a pcapng file.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" explain' -l 'explain' -d 'Explain the first packets, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" color' -l 'color' -d 'Colours: auto, always or never.' -rfka 'auto always never'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net ping" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" 4 ipv4' -s '4' -l 'ipv4' -d 'Use IPv4.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" 6 ipv6' -s '6' -l 'ipv6' -d 'Use IPv6.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" I icmp' -s 'I' -l 'icmp' -d 'Send ICMP echo requests instead of UDP.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" U udp' -s 'U' -l 'udp' -d 'Send UDP to port 53, or to that of -p.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" T tcp' -s 'T' -l 'tcp' -d 'Send TCP SYN to port 80, or to that of -p; never is a connection made.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" F dont-fragment' -s 'F' -l 'dont-fragment' -d 'Do not fragment probes, here or (IPv4) on routers.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" no-paris' -l 'no-paris' -d 'Let ports and checksums change from probe to probe.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" n numeric' -s 'n' -l 'numeric' -d 'Look up no names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" e extensions' -s 'e' -l 'extensions' -d 'Print label stacks of MPLS and what routers say of their interfaces.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" A as-path-lookups' -s 'A' -l 'as-path-lookups' -d 'Ask a routing registry which autonomous system each host is in.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" back' -l 'back' -d 'Print the hops of the way back where they seem to be others than those there.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" mtu' -l 'mtu' -d 'Find the longest packet that comes to each hop, and black holes for longer ones.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" paths' -l 'paths' -d 'Find every path of a route whose load is balanced by flow.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" dot' -l 'dot' -d 'Print the paths as a graph for Graphviz.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" report' -l 'report' -d 'Ask every hop again and again, by ICMP echo unless -U or -T is given, and print a table, as mtr -r does.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" live' -l 'live' -d 'The same on a full screen: q, p, r, d, n, j and k are its keys.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" V version' -s 'V' -l 'version' -d 'Print the version.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" f first' -s 'f' -l 'first' -d 'Begin at this hop (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" m max-hops' -s 'm' -l 'max-hops' -d 'End at this hop (30).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" q queries' -s 'q' -l 'queries' -d 'Probes of each hop (3).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" N sim-queries' -s 'N' -l 'sim-queries' -d 'Probes on their way at once (32).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" w wait' -s 'w' -l 'wait' -d 'Wait so long, so many times the round trip of the same hop, and of a later one (5,3; see the manual).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" sendwait z' -s 'z' -l 'sendwait' -d 'Time between probes; a bare number above 10 is of ms (0).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" gap' -l 'gap' -d 'End after so many silent hops (8).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" p port' -s 'p' -l 'port' -d 'Destination port (UDP 33434, -U 53, -T 80).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" sport' -l 'sport' -d 'Source port of UDP and TCP; random by default.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" i interface' -s 'i' -l 'interface' -d 'Send through this interface.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" s source' -s 's' -l 'source' -d 'Send from this address of this host.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" t tos' -s 't' -l 'tos' -d 'Type of service or traffic class, 0 to 255.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" flowlabel l' -s 'l' -l 'flowlabel' -d 'IPv6 flow label, 20 bits.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" size' -l 'size' -d 'Bytes of each packet (60; IPv6 80).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" explain' -l 'explain' -d 'Explain the first packets, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" M module' -s 'M' -l 'module' -d 'The method by name: default, udp, icmp or tcp.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" O options' -s 'O' -l 'options' -d 'Of TCP: info prints the answer\'s flags, mss=N and ecn change the SYN.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute"' -s 'g' -l 'gateway' -d 'Go through these gateways, by a loose source route (IPv4).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" confidence' -l 'confidence' -d 'How sure --paths is to have found all (95).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" cycles' -l 'cycles' -d 'How often --report and --live ask every hop (10; --live without end).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" interval' -l 'interval' -d 'Time from one cycle to the next (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" name-wait' -l 'name-wait' -d 'Hold a finished line for up to TIME until its names are known; 0 prints at once (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net traceroute" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" f' -s 'f' -d 'End at the first answer.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" q quiet' -s 'q' -l 'quiet' -d 'Print nothing.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" v verbose' -s 'v' -l 'verbose' -d 'Also report ignored replies, with the reason, and frames of other VLANs.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" b' -s 'b' -d 'Go on with broadcasts, where otherwise who has answered is asked alone.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" D' -s 'D' -d 'Find out whether the address is in use: exit status 1 when it is.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" U' -s 'U' -d 'Announce our own address by requests, so that others update their caches.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" A' -s 'A' -d 'The same by replies.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" r' -s 'r' -d 'Print only the link-layer address of each answer.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" 0' -s '0' -d 'Ask from 0.0.0.0: the same as -s 0.0.0.0.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" duplicates' -l 'duplicates' -d 'With --sweep, print only addresses that several machines have: exit status 1 when there are some.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" table' -l 'table' -d 'Print the neighbours that the kernel knows; a target and -I choose among them.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" V version' -s 'V' -l 'version' -d 'Print the version.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" c count' -s 'c' -l 'count' -d 'End after so many probes.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" deadline w' -s 'w' -l 'deadline' -d 'End after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" i interval' -s 'i' -l 'interval' -d 'Time from one probe to the next (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" I interface' -s 'I' -l 'interface' -d 'The interface; by default that of the route to the target.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" s source' -s 's' -l 'source' -d 'Our address in the probes.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" S sender' -s 'S' -l 'sender' -d 'The same as -s.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" W wait' -s 'W' -l 'wait' -d 'The same as -i.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" t target-mac' -s 't' -l 'target-mac' -d 'Ask this machine alone.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" T target-address' -s 'T' -l 'target-address' -d 'With a machine as target, its address in the echo requests.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" style' -l 'style' -d 'Whose options and lines: iputils (the default) or habets.' -rfka 'iputils habets'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" probe' -l 'probe' -d 'Check by RFC 5227 whether this address is free: 0 when it is.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" announce' -l 'announce' -d 'Announce by RFC 5227 that this address is ours.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" sweep' -l 'sweep' -d 'Find every host of this network.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" rate' -l 'rate' -d 'Probes a second of a sweep, or max (2000).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" retries' -l 'retries' -d 'Further probes of who does not answer a sweep (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" compare' -l 'compare' -d 'Say what is new and what has gone since an earlier --sweep whose JSON lines are in this file.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" vlan' -l 'vlan' -d 'Tag the probes for VLAN VID, 1 to 4094, and hear its frames only.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net arping" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net rarp" -eq 1' -fka 'query serve'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" f' -s 'f' -d 'With query, end when every machine has one answer.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" q quiet' -s 'q' -l 'quiet' -d 'Print nothing.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" v verbose' -s 'v' -l 'verbose' -d 'Also report ignored replies (query) or unanswered requests (serve).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp"' -s 'I' -l 'interface' -d 'The interface; by default the only one (query) or all (serve, where it may be given several times).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" c count' -s 'c' -l 'count' -d 'With query, requests for each machine at the most (5).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" i interval' -s 'i' -l 'interval' -d 'With query, the pause after the first request (1); each later one is twice as long, up to 16 s.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" deadline w' -s 'w' -l 'deadline' -d 'End after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" ethers' -l 'ethers' -d 'With serve, the file of machines and their addresses or names (/etc/ethers).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" rate' -l 'rate' -d 'With serve, answers a second to one machine at the most (10).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net rarp" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join"' -l 'source' -d 'Only this source\'s datagrams; may be given several times.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" exclude' -l 'exclude' -d 'All but the sources that are given; an address may follow in place of --source.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" version' -l 'version' -d 'The newest version that is spoken: 1, 2, 3 of IGMP, 1, 2 of MLD.' -rfka '1 2 3'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" kernel' -l 'kernel' -d 'The system joins, reports and leaves.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" robustness' -l 'robustness' -d 'How often a change is reported, until a querier says (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" deadline duration w' -s 'w' -l 'deadline' -l 'duration' -d 'Leave after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" c count' -s 'c' -l 'count' -d 'Leave after so many datagrams.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" I interface' -s 'I' -l 'interface' -d 'The interface; by default the only one, or that of the route.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" q quiet' -s 'q' -l 'quiet' -d 'Print only the summary.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" v verbose' -s 'v' -l 'verbose' -d 'Print every datagram, and what other hosts report.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-join" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query"' -l 'source' -d 'Ask who listens to this source of the group; may be given several times.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" 4' -s '4' -d 'Ask for IPv4 groups (the default).'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" 6' -s '6' -d 'Ask for IPv6 groups.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" version' -l 'version' -d 'The version of the query: 1, 2, 3 of IGMP, 1, 2 of MLD.' -rfka '1 2 3'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" response' -l 'response' -d 'Hosts answer within this time (10 s; about one group, 1 s).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" listen' -l 'listen' -d 'Listen so long for another querier before asking (2 s).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" force' -l 'force' -d 'Ask though another querier is there.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" c count' -s 'c' -l 'count' -d 'Queries, each when the answers to the one before are in (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" deadline w' -s 'w' -l 'deadline' -d 'End after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" I interface' -s 'I' -l 'interface' -d 'The interface; by default the only one, or that of the route.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" q quiet' -s 'q' -l 'quiet' -d 'Print only the summary.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" v verbose' -s 'v' -l 'verbose' -d 'Print the hosts that leave, too.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net igmp-query" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan"' -s 'p' -l 'ports' -d 'Ports: 80,443,8000-8100, - for all, names (http).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" top-ports' -l 'top-ports' -d 'The first so many TCP ports of the services file (100 without -p).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan"' -l 'targets' -d 'Read targets from a file, - for standard input.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan"' -l 'exclude' -d 'Never scan these, whatever else is said.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan"' -l 'exclude-file' -d 'The same from a file.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" include-reserved' -l 'include-reserved' -d 'Scan multicast, broadcast, class E and other reserved addresses too.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" rate' -l 'rate' -d 'Packets a second (10000); max for as many as nothing is lost of.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" retries' -l 'retries' -d 'Further probes of who has not answered (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" wait' -l 'wait' -d 'Wait so long for answers to the last probe (2 s, or twice the longest round trip).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" shard' -l 'shard' -d 'Do part K of N; the others do the rest, with the same --seed.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" seed' -l 'seed' -d 'The number that the order of probes follows from.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" resume' -l 'resume' -d 'Go on where the scan of this file stopped, and write there where this one does.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" source' -l 'source' -d 'Scan from this unused address of the local network.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" no-check' -l 'no-check' -d 'Use the source at once, without asking who has it.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" banners' -l 'banners' -d 'Hear what open ports say first: an answer to HEAD, a certificate\'s names, a greeting. Needs --source.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" all' -l 'all' -d 'Report closed and filtered ports too.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" sort' -l 'sort' -d 'Report at the end, by address and port.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" o output' -s 'o' -l 'output' -d 'Write the report to this file too.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" format' -l 'format' -d 'Of the file, or without one of the standard output.' -rfka 'text json csv grepable'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" 4' -s '4' -d 'IPv4 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" 6' -s '6' -d 'IPv6 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" n' -s 'n' -d 'No names of services.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" I interface' -s 'I' -l 'interface' -d 'The interface; by default that of each route.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" deadline w' -s 'w' -l 'deadline' -d 'End after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" q quiet' -s 'q' -l 'quiet' -d 'Print only the ports.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" v verbose' -s 'v' -l 'verbose' -d 'Tell what is done on the way.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" color' -l 'color' -d 'Colours: auto, always, never.' -rfka 'auto always never'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net tcp-syn-scan" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe"' -l 'targets' -d 'Read URLs from a file, - for standard input.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe"' -l 'resolve' -d 'Connect to this address for a host and port; * is any host.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" unix-socket' -l 'unix-socket' -d 'Connect to this socket of the machine instead.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" 4' -s '4' -d 'IPv4 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" 6' -s '6' -d 'IPv6 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" I interface' -s 'I' -l 'interface' -d 'Go through this interface alone.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" X method' -s 'X' -l 'method' -d 'The method; GET, or POST with -d.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe"' -s 'H' -l 'header' -d 'A header field \'Name: value\'; \'Name:\' takes ours away, \'Name;\' is empty.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" d data' -s 'd' -l 'data' -d 'The body; @FILE reads it from a file.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" http' -l 'http' -d 'The version, 1.0 or 1.1.' -rfka '1.0 1.1'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" raw' -l 'raw' -d 'Send the bytes of a file, nothing else; - for standard input.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" compressed' -l 'compressed' -d 'Ask for gzip or deflate.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" follow' -l 'follow' -d 'Follow redirects.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" max-redirects' -l 'max-redirects' -d 'So many of them (10).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" location-trusted' -l 'location-trusted' -d 'Follow redirects, and send credentials wherever they lead.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" methods' -l 'methods' -d 'Find out which methods are allowed.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" keep-alive' -l 'keep-alive' -d 'Find out how long a connection stays; watch an idle one so long (10).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" intermediaries' -l 'intermediaries' -d 'Look for proxies, caches, balancers and tunnels.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" tcp' -l 'tcp' -d 'Show what the SYN-ACK showed.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" segments' -l 'segments' -d 'Show every segment of the connections, one a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" stack' -l 'stack' -d 'Whose TCP: the kernel\'s, or a user\'s, which is our own.' -rfka 'kernel user'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" source' -l 'source' -d 'With --stack user, the address that it has, not the system\'s.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" gateway' -l 'gateway' -d 'With --stack user, the router to other networks.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" no-check' -l 'no-check' -d 'With --stack user, use the address without asking who has it.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" timing' -l 'timing' -d 'Show where the time went.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" insecure k' -s 'k' -l 'insecure' -d 'Believe any certificate.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" cacert' -l 'cacert' -d 'Believe the authorities of this file (PEM), and no others.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" tls' -l 'tls' -d 'TLS versions to offer, as 1.2 or 1.0-1.2.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" max-body' -l 'max-body' -d 'Bytes of a body that are read (67108864).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" o output' -s 'o' -l 'output' -d 'Write the body, decoded, to this file; - for standard output.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" c count' -s 'c' -l 'count' -d 'Requests to each URL (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" i interval' -s 'i' -l 'interval' -d 'From one request to the next (1).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" reuse' -l 'reuse' -d 'Requests to one place share a connection.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" plot' -l 'plot' -d 'Draw the times at the end.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" concurrency' -l 'concurrency' -d 'URLs asked at the same time (20).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" fail' -l 'fail' -d 'A status of 400 and above is no answer.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" deadline w' -s 'w' -l 'deadline' -d 'For the whole of an answer (10).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" q quiet' -s 'q' -l 'quiet' -d 'Print only failures and the summary.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" v verbose' -s 'v' -l 'verbose' -d 'Show what is sent and received.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" color' -l 'color' -d 'Colours: auto, always, never.' -rfka 'auto always never'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-probe" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint"' -l 'targets' -d 'Read URLs from a file, - for standard input.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint"' -l 'resolve' -d 'Connect to this address for a host and port; * is any host.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" unix-socket' -l 'unix-socket' -d 'Connect to this socket of the machine instead.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" 4' -s '4' -d 'IPv4 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" 6' -s '6' -d 'IPv6 addresses of names.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" I interface' -s 'I' -l 'interface' -d 'Go through this interface alone.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" classic' -l 'classic' -d 'Send the four classic requests to the letter: DELETE names /.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint"' -l 'signatures' -d 'Add the signatures of this folder.' -rfa '(__swift-net_complete_directories)'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" learn' -l 'learn' -d 'Write a signature of this product instead of naming it.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" versions' -l 'versions' -d 'The versions that --learn notes.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" origin' -l 'origin' -d 'The product behind it that --learn notes.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" o output' -s 'o' -l 'output' -d 'Where --learn writes.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" concurrency' -l 'concurrency' -d 'Servers asked at the same time (40).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" deadline w' -s 'w' -l 'deadline' -d 'For the first answer of a server (10).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" q quiet' -s 'q' -l 'quiet' -d 'Print only who was not recognized.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" v verbose' -s 'v' -l 'verbose' -d 'Show every answer, and who else is near.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" color' -l 'color' -d 'Colours: auto, always, never.' -rfka 'auto always never'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net http-fingerprint" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host"' -s 'I' -l 'interface' -d 'The interface that it lives on; several for a router. By default the only one.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host"' -l 'address' -d 'Its address with the length of the prefix; ADDR/LEN@NAME on another interface than the first.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host"' -l 'gateway' -d 'The router to other networks, one of a family.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" mac' -l 'mac' -d 'Its link-layer address (made of its first address); \'interface\' for the interface\'s.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" serve' -l 'serve' -d 'What it serves, of echo, discard and http.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" ethers' -l 'ethers' -d 'Answer RARP for the machines of this file, as ethers(5) has them.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host"' -l 'join' -d 'Be a member of this group; GROUP@NAME on another interface than the first.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" forward' -l 'forward' -d 'Pass datagrams on between the interfaces: a router.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" no-check' -l 'no-check' -d 'Use the address at once, without asking who has it.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" deadline duration w' -s 'w' -l 'deadline' -l 'duration' -d 'End after this time.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" q quiet' -s 'q' -l 'quiet' -d 'Print only the summary.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" v verbose' -s 'v' -l 'verbose' -d 'Also report how many frames of other VLANs were ignored.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" vlan' -l 'vlan' -d 'Use VLAN VID (1 to 4094): tag frames sent, and accept only its frames.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" pcap' -l 'pcap' -d 'Write the frames sent and received to this file (pcapng).' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" explain' -l 'explain' -d 'Explain the first frames, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net host" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_positional "swift-net decode" -eq 1' -F
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" v verbose' -l 'verbose' -s 'v' -d 'Every field with its offset, name and meaning.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" hex x' -s 'x' -l 'hex' -d 'The bytes too.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" e link-level' -s 'e' -l 'link-level' -d 'The link-layer addresses before each line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" q quiet' -l 'quiet' -s 'q' -d 'Print no packets, only how many there are.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" number' -l 'number' -d 'The packet\'s number before each line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" n numeric' -s 'n' -l 'numeric' -d 'Look up no names, which is never done.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" c count' -s 'c' -l 'count' -d 'Stop after showing so many packets.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" explain' -l 'explain' -d 'Explain the first packets, field by field (2).' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" pcap' -l 'pcap' -d 'Write the packets shown to a pcapng file.' -rF
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" filter' -l 'filter' -d 'Which packets to show.' -rfka ''
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" time' -l 'time' -d 'How times are printed: local, utc, epoch, delta or none.' -rfka 'local utc epoch delta none'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" color' -l 'color' -d 'Colours: auto, always or never.' -rfka 'auto always never'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net decode" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net address" j json' -s 'j' -l 'json' -d 'One JSON object a line.'
complete -c 'swift-net' -n '__swift-net_should_offer_completions_for_flags_or_options "swift-net address" h help' -s 'h' -l 'help' -d 'Show help information.'
