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
            options=''
            case "$previous" in
            esac ;;
        arping)
            options=''
            case "$previous" in
            esac ;;
        rarp)
            options=''
            case "$previous" in
            esac ;;
        igmp-join)
            options=''
            case "$previous" in
            esac ;;
        igmp-query)
            options=''
            case "$previous" in
            esac ;;
        tcp-syn-scan)
            options=''
            case "$previous" in
            esac ;;
        http-probe)
            options=''
            case "$previous" in
            esac ;;
        http-fingerprint)
            options=''
            case "$previous" in
            esac ;;
        host)
            options=''
            case "$previous" in
            esac ;;
        decode)
            options=''
            case "$previous" in
            esac ;;
        address)
            options=''
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
