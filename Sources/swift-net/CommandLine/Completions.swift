/// Scripts that complete commands, options and their values, from the tables.
enum Completions {
    /// Nil for a shell that is none of bash, zsh and fish.
    static func script(_ shell: String, _ commands: [CommandEntry]) -> String? {
        switch shell {
        case "bash": bash(commands)
        case "zsh": zsh(commands)
        case "fish": fish(commands)
        default: nil
        }
    }

    private static func names(_ commands: [CommandEntry]) -> String {
        Text.joined(commands.map(\.summary.name), by: " ")
    }

    // MARK: bash

    private static func bash(_ commands: [CommandEntry]) -> String {
        var cases = ""
        for command in commands {
            let options = command.options()
            cases +=
                "        \(command.summary.name))\n            options='\(Text.joined(options.flatMap(\.names), by: " "))'\n"
            if !command.summary.actions.isEmpty {
                cases +=
                    "            ((COMP_CWORD == 2)) && [[ $current != -* ]] && words='\(Text.joined(command.summary.actions, by: " "))'\n"
            }
            cases += "            case \"$previous\" in\n"
            for option in options where option.preset == nil {
                guard let value = option.value else { continue }
                let words =
                    !value.choices.isEmpty
                    ? "words='\(Text.joined(value.choices, by: " "))'"
                    : value.completion == .file
                        ? "files=1" : value.completion == .interface ? "words=$(command ls /sys/class/net)" : "return"
                cases += "                \(Text.joined(option.names, by: "|"))) \(words) ;;\n"
            }
            cases += "            esac ;;\n"
        }
        return """
            # bash completion of swift-net; written by 'swift-net --generate-completion-script bash'.
            _swift_net() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options= words= files=
                local command=${COMP_WORDS[1]}
                COMPREPLY=()
                # Where '=' splits words, the option stands 2 words before its value.
                if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
                if ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W '\(names(commands)) help --help --version' -- "$current"))
                    return
                fi
                case "$command" in
                    help)
                        ((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W '\(names(commands))' -- "$current"))
                        return ;;
            \(cases)    esac
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

            """
    }

    // MARK: zsh

    /// A text within single quotes, with what `_arguments` takes for its own escaped.
    private static func zshText(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "'": result += "'\\''"
            case "[", "]", ":", "\\": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    private static func zsh(_ commands: [CommandEntry]) -> String {
        var functions = ""
        for command in commands {
            functions += "(\(command.summary.name))\n        _arguments -s -S \\\n"
            for option in command.options() {
                let isRepeatable = option.isList || option.names.contains("-v")
                for name in option.names {
                    let others = isRepeatable ? "*" : "(\(Text.joined(option.names, by: " ")))"
                    var line = "\(others)\(name)"
                    if option.value != nil { line += option.preset != nil ? "" : name.hasPrefix("--") ? "=" : "+" }
                    line += "[\(zshText(option.help))]"
                    if let value = option.value, option.preset == nil {
                        line += ":\(zshText(value.name)):"
                        if !value.choices.isEmpty { line += "(\(Text.joined(value.choices, by: " ")))" }
                        if value.completion == .file { line += "_files" }
                        if value.completion == .interface { line += "_net_interfaces" }
                    }
                    functions += "            '\(line)' \\\n"
                }
            }
            let actions = Text.joined(command.summary.actions, by: " ")
            if !actions.isEmpty { functions += "            '1:action:(\(actions))' \\\n" }
            functions += "            '*:target:_default' ;;\n    "
        }
        let described = commands.map { "        '\($0.summary.name):\(zshText($0.summary.abstract))'\n" }
        return """
            #compdef swift-net
            # zsh completion of swift-net; written by 'swift-net --generate-completion-script zsh'.
            local -a commands=(
            \(Text.joined(described, by: ""))        'help:Describe a command.'
            )
            if ((CURRENT == 2)); then
                _describe command commands
                return
            fi
            local command=$words[2]
            shift words
            ((CURRENT--))
            case $command in
                (help)
                    ((CURRENT == 2)) && _describe command commands ;;
                \(functions)(*) _default ;;
            esac

            """
    }

    // MARK: fish

    private static func fishText(_ text: String) -> String {
        var result = ""
        for character in text { result += character == "'" || character == "\\" ? "\\\(character)" : "\(character)" }
        return result
    }

    private static func fish(_ commands: [CommandEntry]) -> String {
        var text = """
            # fish completion of swift-net; written by 'swift-net --generate-completion-script fish'.
            set -l commands \(names(commands))
            complete -c swift-net -f
            complete -c swift-net -n "not __fish_seen_subcommand_from $commands help" -l help -s h -d 'Print this help.'
            complete -c swift-net -n "not __fish_seen_subcommand_from $commands help" -l version -s V -d 'Print the version.'
            complete -c swift-net -n "not __fish_seen_subcommand_from $commands help" -a help -d 'Describe a command.'
            complete -c swift-net -n '__fish_seen_subcommand_from help' -a "$commands"

            """
        for command in commands {
            let name = command.summary.name
            text +=
                "complete -c swift-net -n \"not __fish_seen_subcommand_from $commands help\" -a \(name) -d '\(fishText(command.summary.abstract))'\n"
            let actions = Text.joined(command.summary.actions, by: " ")
            if !actions.isEmpty {
                text +=
                    "complete -c swift-net -n '__fish_seen_subcommand_from \(name); and not __fish_seen_subcommand_from \(actions)' -a '\(actions)'\n"
            }
            for option in command.options() {
                text += "complete -c swift-net -n '__fish_seen_subcommand_from \(name)'"
                for name in option.names {
                    let letters = name.drop { $0 == "-" }
                    text += (name.hasPrefix("--") ? " -l " : letters.count == 1 ? " -s " : " -o ") + letters
                }
                if let value = option.value, option.preset == nil {
                    text += value.completion == .file ? " -r -F" : " -x"
                    if !value.choices.isEmpty { text += " -a '\(Text.joined(value.choices, by: " "))'" }
                    if value.completion == .interface { text += " -a '(command ls /sys/class/net)'" }
                }
                text += " -d '\(fishText(option.help))'\n"
            }
        }
        return text
    }
}
