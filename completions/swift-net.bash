#!/bin/bash

__swift-net_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__swift-net_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__swift-net_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__swift-net_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_swift-net() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __swift-net_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    ping|traceroute|arping|rarp|igmp-join|igmp-query|tcp-syn-scan|http-probe|http-fingerprint|host|decode|address|help)
        # Offer subcommand argument completions
        "_swift-net_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'ping traceroute arping rarp igmp-join igmp-query tcp-syn-scan http-probe http-fingerprint host decode address help' -- "${cur}"))
        ;;
    esac
}

_swift-net_ping() {
    repeating_flags=()
    non_repeating_flags=(-4 --ipv4 -6 --ipv6 -3 --precise -a --audible -A --adaptive -b --broadcast -B --sticky-source -C --connect -d -D --timestamps -f --flood -H --names -j --json -L --no-loop -n --numeric -O --outstanding -q --quiet -r --bypass-routing -R --record-route -U --user-latency -v --verbose -V --version --alive --unreachable --plot --split -h --help)
    repeating_options=(--targets)
    non_repeating_options=(-c --count -e --identifier -F --flow-label -i --interval -I --interface -l --preload -m --mark -M --pmtu-discovery -p --pattern -Q --tos -s --size -S --send-buffer -t --ttl -T --timestamp -w --deadline -W --timeout --rate --retries --icmp --fragment --fragment-order --report-every --pcap --explain --color)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--count')
        return
        ;;
    '-e'|'--identifier')
        return
        ;;
    '-F'|'--flow-label')
        return
        ;;
    '-i'|'--interval')
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '-l'|'--preload')
        return
        ;;
    '-m'|'--mark')
        return
        ;;
    '-M'|'--pmtu-discovery')
        return
        ;;
    '-p'|'--pattern')
        return
        ;;
    '-Q'|'--tos')
        return
        ;;
    '-s'|'--size')
        return
        ;;
    '-S'|'--send-buffer')
        return
        ;;
    '-t'|'--ttl')
        return
        ;;
    '-T'|'--timestamp')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '-W'|'--timeout')
        return
        ;;
    '--targets')
        __swift-net_add_completions -f
        return
        ;;
    '--rate')
        return
        ;;
    '--retries')
        return
        ;;
    '--icmp')
        return
        ;;
    '--fragment')
        return
        ;;
    '--fragment-order')
        __swift-net_add_completions -W 'in-order'$'\n''reversed'$'\n''overlapping'
        return
        ;;
    '--report-every')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    '--color')
        __swift-net_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_swift-net_traceroute() {
    repeating_flags=()
    non_repeating_flags=(-4 --ipv4 -6 --ipv6 -I --icmp -U --udp -T --tcp -F --dont-fragment --no-paris -n --numeric -e --extensions -A --as-path-lookups --back --mtu --paths --dot --report --live -j --json -V --version -h --help)
    repeating_options=(-g --gateway)
    non_repeating_options=(-f --first -m --max-hops -q --queries -N --sim-queries -w --wait -z --sendwait --gap -p --port --sport -i --interface -s --source -t --tos -l --flowlabel --size --explain -M --module -O --options --pcap --confidence --cycles --interval --name-wait)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-f'|'--first')
        return
        ;;
    '-m'|'--max-hops')
        return
        ;;
    '-q'|'--queries')
        return
        ;;
    '-N'|'--sim-queries')
        return
        ;;
    '-w'|'--wait')
        return
        ;;
    '-z'|'--sendwait')
        return
        ;;
    '--gap')
        return
        ;;
    '-p'|'--port')
        return
        ;;
    '--sport')
        return
        ;;
    '-i'|'--interface')
        return
        ;;
    '-s'|'--source')
        return
        ;;
    '-t'|'--tos')
        return
        ;;
    '-l'|'--flowlabel')
        return
        ;;
    '--size')
        return
        ;;
    '--explain')
        return
        ;;
    '-M'|'--module')
        return
        ;;
    '-O'|'--options')
        return
        ;;
    '-g'|'--gateway')
        return
        ;;
    '--pcap')
        return
        ;;
    '--confidence')
        return
        ;;
    '--cycles')
        return
        ;;
    '--interval')
        return
        ;;
    '--name-wait')
        return
        ;;
    esac
}

_swift-net_arping() {
    repeating_flags=()
    non_repeating_flags=(-f -q --quiet -v --verbose -b -D -U -A -r -0 --duplicates --table -j --json -V --version -h --help)
    repeating_options=()
    non_repeating_options=(-c --count -w --deadline -i --interval -I --interface -s --source -S --sender -W --wait -t --target-mac -T --target-address --style --probe --announce --sweep --rate --retries --compare --vlan --pcap --explain)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--count')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '-i'|'--interval')
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '-s'|'--source')
        return
        ;;
    '-S'|'--sender')
        return
        ;;
    '-W'|'--wait')
        return
        ;;
    '-t'|'--target-mac')
        return
        ;;
    '-T'|'--target-address')
        return
        ;;
    '--style')
        __swift-net_add_completions -W 'iputils'$'\n''habets'
        return
        ;;
    '--probe')
        return
        ;;
    '--announce')
        return
        ;;
    '--sweep')
        return
        ;;
    '--rate')
        return
        ;;
    '--retries')
        return
        ;;
    '--compare')
        __swift-net_add_completions -f
        return
        ;;
    '--vlan')
        return
        ;;
    '--pcap')
        return
        ;;
    '--explain')
        return
        ;;
    esac
}

_swift-net_rarp() {
    repeating_flags=()
    non_repeating_flags=(-f -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(-I --interface)
    non_repeating_options=(-c --count -i --interval -w --deadline --ethers --rate --pcap --explain)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-I'|'--interface')
        return
        ;;
    '-c'|'--count')
        return
        ;;
    '-i'|'--interval')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '--ethers')
        __swift-net_add_completions -f
        return
        ;;
    '--rate')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __swift-net_add_completions -W 'query'$'\n''serve'
        return
        ;;
    esac
}

_swift-net_igmp-join() {
    repeating_flags=()
    non_repeating_flags=(--exclude --kernel -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(--source)
    non_repeating_options=(--version --robustness -w --deadline --duration -c --count -I --interface --pcap --explain)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--source')
        return
        ;;
    '--version')
        __swift-net_add_completions -W '1'$'\n''2'$'\n''3'
        return
        ;;
    '--robustness')
        return
        ;;
    '-w'|'--deadline'|'--duration')
        return
        ;;
    '-c'|'--count')
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    esac
}

_swift-net_igmp-query() {
    repeating_flags=()
    non_repeating_flags=(-4 -6 --force -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(--source)
    non_repeating_options=(--version --response --listen -c --count -w --deadline -I --interface --pcap --explain)
    __swift-net_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--source')
        return
        ;;
    '--version')
        __swift-net_add_completions -W '1'$'\n''2'$'\n''3'
        return
        ;;
    '--response')
        return
        ;;
    '--listen')
        return
        ;;
    '-c'|'--count')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    esac
}

_swift-net_tcp-syn-scan() {
    repeating_flags=()
    non_repeating_flags=(--include-reserved --no-check --banners --all --sort -4 -6 -n -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(-p --ports --targets --exclude --exclude-file)
    non_repeating_options=(--top-ports --rate --retries --wait --shard --seed --resume --source -o --output --format -I --interface -w --deadline --color --pcap --explain)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-p'|'--ports')
        return
        ;;
    '--top-ports')
        return
        ;;
    '--targets')
        __swift-net_add_completions -f
        return
        ;;
    '--exclude')
        return
        ;;
    '--exclude-file')
        __swift-net_add_completions -f
        return
        ;;
    '--rate')
        return
        ;;
    '--retries')
        return
        ;;
    '--wait')
        return
        ;;
    '--shard')
        return
        ;;
    '--seed')
        return
        ;;
    '--resume')
        __swift-net_add_completions -f
        return
        ;;
    '--source')
        return
        ;;
    '-o'|'--output')
        __swift-net_add_completions -f
        return
        ;;
    '--format')
        __swift-net_add_completions -W 'text'$'\n''json'$'\n''csv'$'\n''grepable'
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '--color')
        __swift-net_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    esac
}

_swift-net_http-probe() {
    repeating_flags=()
    non_repeating_flags=(-4 -6 --compressed --follow --location-trusted --methods --intermediaries --tcp --segments --no-check --timing -k --insecure --reuse --plot --fail -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(--targets --resolve -H --header)
    non_repeating_options=(--unix-socket -I --interface -X --method -d --data --http --raw --max-redirects --keep-alive --stack --source --gateway --cacert --tls --max-body -o --output -c --count -i --interval --concurrency -w --deadline --pcap --explain --color)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--targets')
        __swift-net_add_completions -f
        return
        ;;
    '--resolve')
        return
        ;;
    '--unix-socket')
        __swift-net_add_completions -f
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '-X'|'--method')
        return
        ;;
    '-H'|'--header')
        return
        ;;
    '-d'|'--data')
        return
        ;;
    '--http')
        __swift-net_add_completions -W '1.0'$'\n''1.1'
        return
        ;;
    '--raw')
        __swift-net_add_completions -f
        return
        ;;
    '--max-redirects')
        return
        ;;
    '--keep-alive')
        return
        ;;
    '--stack')
        __swift-net_add_completions -W 'kernel'$'\n''user'
        return
        ;;
    '--source')
        return
        ;;
    '--gateway')
        return
        ;;
    '--cacert')
        __swift-net_add_completions -f
        return
        ;;
    '--tls')
        return
        ;;
    '--max-body')
        return
        ;;
    '-o'|'--output')
        __swift-net_add_completions -f
        return
        ;;
    '-c'|'--count')
        return
        ;;
    '-i'|'--interval')
        return
        ;;
    '--concurrency')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    '--color')
        __swift-net_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_swift-net_http-fingerprint() {
    repeating_flags=()
    non_repeating_flags=(-4 -6 --classic -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(--targets --resolve --signatures)
    non_repeating_options=(--unix-socket -I --interface --learn --versions --origin -o --output --concurrency -w --deadline --pcap --explain --color)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--targets')
        __swift-net_add_completions -f
        return
        ;;
    '--resolve')
        return
        ;;
    '--unix-socket')
        __swift-net_add_completions -f
        return
        ;;
    '-I'|'--interface')
        return
        ;;
    '--signatures')
        __swift-net_add_completions -d
        return
        ;;
    '--learn')
        return
        ;;
    '--versions')
        return
        ;;
    '--origin')
        return
        ;;
    '-o'|'--output')
        __swift-net_add_completions -f
        return
        ;;
    '--concurrency')
        return
        ;;
    '-w'|'--deadline')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    '--color')
        __swift-net_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_swift-net_host() {
    repeating_flags=()
    non_repeating_flags=(--forward --no-check -q --quiet -v --verbose -j --json -h --help)
    repeating_options=(-I --interface --address --gateway --join)
    non_repeating_options=(--mac --serve --ethers -w --deadline --duration --vlan --pcap --explain)
    __swift-net_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-I'|'--interface')
        return
        ;;
    '--address')
        return
        ;;
    '--gateway')
        return
        ;;
    '--mac')
        return
        ;;
    '--serve')
        return
        ;;
    '--ethers')
        return
        ;;
    '--join')
        return
        ;;
    '-w'|'--deadline'|'--duration')
        return
        ;;
    '--vlan')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--explain')
        return
        ;;
    esac
}

_swift-net_decode() {
    repeating_flags=()
    non_repeating_flags=(--verbose -v -x --hex -e --link-level -j --json --quiet -q --number -n --numeric -h --help)
    repeating_options=()
    non_repeating_options=(-c --count --explain --pcap --filter --time --color)
    __swift-net_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-c'|'--count')
        return
        ;;
    '--explain')
        return
        ;;
    '--pcap')
        __swift-net_add_completions -f
        return
        ;;
    '--filter')
        return
        ;;
    '--time')
        __swift-net_add_completions -W 'local'$'\n''utc'$'\n''epoch'$'\n''delta'$'\n''none'
        return
        ;;
    '--color')
        __swift-net_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __swift-net_add_completions -f
        return
        ;;
    esac
}

_swift-net_address() {
    repeating_flags=()
    non_repeating_flags=(-j --json -h --help)
    repeating_options=()
    non_repeating_options=()
    __swift-net_offer_flags_options -1
}

_swift-net_help() {
    :
}

complete -o filenames -F _swift-net swift-net
