import LinuxProcess
import SwiftNet

/// The options that select and use proxies.
struct ProxyOptions {
    /// The URL of the proxy; empty for none; nil for those of the environment.
    var url: String?
    /// The hosts without a proxy; nil for those of the environment.
    var exceptions: String?
    var user: (name: String, password: String)?
    var usesDigest = false
    var trustsAnybody = false
    var alwaysTunnels = false

    /// Returns the choice of a proxy for each URL.
    func rules() throws -> ProxyRules {
        var environment: [String: String] = [:]
        for name in ProxyRules.variables { environment[name] = CurrentProcess.environment(name) }
        var random = SystemRandomness()
        do throws(ProxyRules.Problem) {
            var rules = try ProxyRules(
                proxy: url, noProxy: exceptions, user: user,
                digestNonce: usesDigest ? String(random.next(), radix: 16) : nil, trustsAnybody: trustsAnybody,
                environment: environment)
            rules.alwaysTunnels = alwaysTunnels
            return rules
        } catch {
            throw UsageError("\(error.variable ?? "--proxy"): \(error)")
        }
    }
}

extension OptionTable where Owner: HTTPCommand {
    /// Adds the options of proxies.
    mutating func proxies() {
        section("Proxy")
        option(
            "-x", "--proxy", value: .proxy,
            help: "Connect through this proxy instead of those of the environment; '' for none.",
            excludes: ["--unix-socket"]
        ) { $0.targets.proxy.url = $1 }
        option(
            "--noproxy", value: .text("LIST"),
            help: "Connect directly to these hosts, domains and CIDR blocks; * for all hosts."
        ) { $0.targets.proxy.exceptions = $1 }
        option(
            "--proxy-user", value: .userAndPassword, help: "Authenticate to a proxy whose URL has no user."
        ) { $0.targets.proxy.user = $1 }
        flag("--proxy-digest", help: "Authenticate to HTTP proxies by Digest instead of Basic.") {
            $0.targets.proxy.usesDigest = true
        }
        flag("--proxy-insecure", help: "Accept certificates of https proxies that are not trusted.") {
            $0.targets.proxy.trustsAnybody = true
        }
    }
}

extension OptionValue where Value == String {
    /// The URL of a proxy, or nothing.
    fileprivate static var proxy: Self {
        OptionValue(specification: ValueSpecification(name: "URL")) { text in
            if text.isEmpty { return text }
            do throws(HTTPProxy.Problem) {
                _ = try HTTPProxy(text)
            } catch {
                let schemes = HTTPProxy.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValueError(expected: "SCHEME://HOST:PORT, with SCHEME one of \(schemes)")
            }
            return text
        }
    }
}

extension OptionValue where Value == (name: String, password: String) {
    /// `USER:PASSWORD`; without a colon the password is empty.
    fileprivate static var userAndPassword: Self {
        OptionValue(specification: ValueSpecification(name: "USER:PASSWORD")) { text in
            let colon = text.firstIndex(of: ":")
            return (
                String(text[..<(colon ?? text.endIndex)]), colon.map { String(text[text.index(after: $0)...]) } ?? ""
            )
        }
    }
}
