extension Lab {
    /// Runs a script of a host with a terminal of 100 columns and 20 rows, and returns what the script prints.
    func inTerminal(_ host: String, _ script: String) async throws -> Outcome {
        let functions = """
            export LANG=C.UTF-8
            t() { tmux -u -L lab\(id) "$@"; }
            trap 't kill-server 2>/dev/null' EXIT
            t new-session -d -x 100 -y 20 sh
            type_in() { t send-keys -l "$1"; t send-keys Enter; }
            screen() { t capture-pane -p; }
            # Waits up to 30 seconds until the screen has the text.
            wait_for() { for i in $(seq 300); do screen | grep -q -- "$1" && return; sleep 0.1; done; echo "never: $1"; screen; }
            program() { pgrep -P "$(t display-message -p '#{pane_pid}')" swift-net; }
            # Text that is typed before the prompt would be echoed among the output.
            wait_for '^[#$]'
            """
        return try await run(host, ["bash", "-c", functions + "\n" + script])
    }
}
