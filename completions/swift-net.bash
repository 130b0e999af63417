# bash completion of swift-net; written by 'swift-net --generate-completion-script bash'.
_swift_net() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options= words= files=
    local command=${COMP_WORDS[1]}
    COMPREPLY=()
    # Where '=' splits words, the option stands 2 words before its value.
    if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W 'ping traceroute arping rarp igmp-join igmp-query tcp-syn-scan http-probe http-fingerprint host decode address help --help --version' -- "$current"))
        return
    fi
    case "$command" in
        help)
            ((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W 'ping traceroute arping rarp igmp-join igmp-query tcp-syn-scan http-probe http-fingerprint host decode address' -- "$current"))
            return ;;
        ping)
            options='-4 --ipv4 -6 --ipv6 -I --interface -s --size -p --pattern -t --ttl -Q --tos -F --flow-label -e --identifier -m --mark -M --pmtu-discovery --icmp -R --record-route -T --timestamp --fragment --fragment-order -b --broadcast -B --sticky-source -C --connect -d -L --no-loop -r --bypass-routing -S --send-buffer -c --count -i --interval -w --deadline -W --timeout -A --adaptive -f --flood -l --preload --targets --alive --unreachable --rate --retries -j --json -q --quiet -v --verbose -n --numeric -H --names -a --audible -D --timestamps -O --outstanding -U --user-latency -3 --precise --plot --report-every --split --pcap --explain --color -h --help -V --version'
            case "$previous" in
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -s|--size) return ;;
                -p|--pattern) return ;;
                -t|--ttl) return ;;
                -Q|--tos) return ;;
                -F|--flow-label) return ;;
                -e|--identifier) return ;;
                -m|--mark) return ;;
                -M|--pmtu-discovery) words='do dont want probe' ;;
                --icmp) words='echo timestamp address-mask router-solicitation' ;;
                -T|--timestamp) words='tsonly tsandaddr tsprespec' ;;
                --fragment) return ;;
                --fragment-order) words='in-order reversed overlapping' ;;
                -S|--send-buffer) return ;;
                -c|--count) return ;;
                -i|--interval) return ;;
                -w|--deadline) return ;;
                -W|--timeout) return ;;
                -l|--preload) return ;;
                --targets) files=1 ;;
                --rate) return ;;
                --retries) return ;;
                --report-every) return ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        traceroute)
            options='--paths --dot --confidence --report --live --cycles --interval --mtu -4 --ipv4 -6 --ipv6 -I --icmp -U --udp -T --tcp -M --module -O --options -p --port --sport -i --interface -s --source -g --gateway --size -F --dont-fragment -t --tos -l --flowlabel --fwmark --no-paris -f --first -m --max-hops --gap -q --queries -N --sim-queries -w --wait -z --sendwait -j --json -n --numeric --name-wait -A --as-path-lookups -e --extensions --back --pcap --explain --color -h --help -V --version'
            case "$previous" in
                --confidence) return ;;
                --cycles) return ;;
                --interval) return ;;
                -M|--module) words='default udp icmp tcp' ;;
                -O|--options) return ;;
                -p|--port) return ;;
                --sport) return ;;
                -i|--interface) words=$(command ls /sys/class/net) ;;
                -s|--source) return ;;
                -g|--gateway) return ;;
                --size) return ;;
                -t|--tos) return ;;
                -l|--flowlabel) return ;;
                --fwmark) return ;;
                -f|--first) return ;;
                -m|--max-hops) return ;;
                --gap) return ;;
                -q|--queries) return ;;
                -N|--sim-queries) return ;;
                -w|--wait) return ;;
                -z|--sendwait) return ;;
                --name-wait) return ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        arping)
            options='-D -U -A --probe --announce --sweep --table -I --interface -s -S --source --sender -0 -t --target-mac -T --target-address -b --vlan -c --count -i -W --interval --wait -w --deadline -f --rate --retries --duplicates --compare -j --json -q --quiet -v --verbose -r --pcap --explain --style -h --help -V --version'
            case "$previous" in
                --probe) return ;;
                --announce) return ;;
                --sweep) return ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -s|-S|--source|--sender) return ;;
                -t|--target-mac) return ;;
                -T|--target-address) return ;;
                --vlan) return ;;
                -c|--count) return ;;
                -i|-W|--interval|--wait) return ;;
                -w|--deadline) return ;;
                --rate) return ;;
                --retries) return ;;
                --compare) files=1 ;;
                --pcap) files=1 ;;
                --style) words='iputils habets' ;;
            esac ;;
        rarp)
            options='-I --interface -c --count -i --interval -w --deadline -f --ethers --rate -j --json -q --quiet -v --verbose --pcap --explain -h --help -V --version'
            ((COMP_CWORD == 2)) && [[ $current != -* ]] && words='query serve'
            case "$previous" in
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -c|--count) return ;;
                -i|--interval) return ;;
                -w|--deadline) return ;;
                --ethers) files=1 ;;
                --rate) return ;;
                --pcap) files=1 ;;
            esac ;;
        igmp-join)
            options='--source --exclude --version --robustness --kernel -I --interface -c --count -w --deadline --duration -j --json -q --quiet -v --verbose --pcap --explain -h --help -V'
            case "$previous" in
                --source) return ;;
                --version) words='1 2 3' ;;
                --robustness) return ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -c|--count) return ;;
                -w|--deadline|--duration) return ;;
                --pcap) files=1 ;;
            esac ;;
        igmp-query)
            options='-4 --ipv4 -6 --ipv6 --source --version --response --listen --force -I --interface -c --count -w --deadline -j --json -q --quiet -v --verbose --pcap --explain -h --help -V'
            case "$previous" in
                --source) return ;;
                --version) words='1 2 3' ;;
                --response) return ;;
                --listen) return ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -c|--count) return ;;
                -w|--deadline) return ;;
                --pcap) files=1 ;;
            esac ;;
        tcp-syn-scan)
            options='-p --ports --top-ports -iL --targets --exclude --exclude-file --include-reserved -4 --ipv4 -6 --ipv6 --rate --retries --wait -w --deadline --seed --shard --resume -I --interface --source --no-check --banners --all --sort -o --output --format -j --json -q --quiet -v --verbose -n --numeric --pcap --explain --color -h --help -V --version'
            case "$previous" in
                -p|--ports) return ;;
                --top-ports) return ;;
                -iL|--targets) files=1 ;;
                --exclude) return ;;
                --exclude-file) files=1 ;;
                --rate) return ;;
                --retries) return ;;
                --wait) return ;;
                -w|--deadline) return ;;
                --seed) return ;;
                --shard) return ;;
                --resume) files=1 ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                --source) return ;;
                -o|--output) files=1 ;;
                --format) words='text json csv grepable' ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        http-probe)
            options='-X --method --head -H --header -d --data --http --compressed --raw --follow --max-redirects --location-trusted --methods --keep-alive --intermediaries --tcp --segments --timing --stack --source --gateway --no-check -k --insecure --cacert --tls --targets --resolve --unix-socket -4 --ipv4 -6 --ipv6 -I --interface -c --count -i --interval --reuse --concurrency -w --deadline --max-body --fail -j --json -q --quiet -v --verbose -o --output --plot --pcap --explain --color -h --help -V --version'
            case "$previous" in
                -X|--method) return ;;
                -H|--header) return ;;
                -d|--data) return ;;
                --http) words='1.0 1.1' ;;
                --raw) files=1 ;;
                --max-redirects) return ;;
                --stack) words='kernel user' ;;
                --source) return ;;
                --gateway) return ;;
                --cacert) files=1 ;;
                --tls) return ;;
                --targets) files=1 ;;
                --resolve) return ;;
                --unix-socket) files=1 ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                -c|--count) return ;;
                -i|--interval) return ;;
                --concurrency) return ;;
                -w|--deadline) return ;;
                --max-body) return ;;
                -o|--output) files=1 ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        http-fingerprint)
            options='--classic --targets --resolve --unix-socket -4 --ipv4 -6 --ipv6 -I --interface --concurrency -w --deadline --signatures --learn --versions --origin -o --output -j --json -q --quiet -v --verbose --pcap --explain --color -h --help -V --version'
            case "$previous" in
                --targets) files=1 ;;
                --resolve) return ;;
                --unix-socket) files=1 ;;
                -I|--interface) words=$(command ls /sys/class/net) ;;
                --concurrency) return ;;
                -w|--deadline) return ;;
                --signatures) files=1 ;;
                --learn) return ;;
                --versions) return ;;
                --origin) return ;;
                -o|--output) files=1 ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        host)
            options='-I --interface --address --gateway --mac --vlan --join --no-check --serve --ethers --forward -w --deadline --duration -j --json -q --quiet -v --verbose --pcap --explain --color -h --help -V --version'
            case "$previous" in
                -I|--interface) words=$(command ls /sys/class/net) ;;
                --address) return ;;
                --gateway) return ;;
                --mac) return ;;
                --vlan) return ;;
                --join) return ;;
                --serve) words='echo discard http' ;;
                --ethers) files=1 ;;
                -w|--deadline|--duration) return ;;
                --pcap) files=1 ;;
                --color) words='auto always never' ;;
            esac ;;
        decode)
            options='-c --count --filter -w --pcap -j --json -q --quiet -v --verbose --explain -x --hex -e --link-level --number --time -n --numeric --color -h --help -V --version'
            case "$previous" in
                -c|--count) return ;;
                --filter) return ;;
                -w|--pcap) files=1 ;;
                --time) words='local utc epoch delta none' ;;
                --color) words='auto always never' ;;
            esac ;;
        address)
            options='-j --json -h --help -V --version'
            case "$previous" in
            esac ;;
    esac
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$current"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        compopt -o default 2>/dev/null
    fi
}
complete -F _swift_net swift-net
