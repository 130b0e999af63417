import Diagnostics
import LinuxNet
import LinuxProcess
import WireFormat

extension EndpointOverrides {
    /// The URLs of texts, for which the indexes of zones are looked up.
    /// - Parameter family: of the addresses that URLs may name; nil for both.
    mutating func urls(_ texts: [String], _ family: IPAddress.Family?) throws -> [HTTPURL] {
        let urls = try texts.map { text in
            let url: HTTPURL
            do throws(HTTPURL.Problem) {
                url = try HTTPURL(text)
            } catch {
                throw SwiftNetError(.invalidArgument, nil, "'\(text)' is not a URL: \(error)")
            }
            guard allows(url, family) else {
                throw SwiftNetError(.invalidArgument, text, SystemError.addressFamilyNotFound)
            }
            return url
        }
        if urls.contains(where: \.hasZone) {
            for interface in try Interface.all() { zones[interface.name] = interface.index }
        }
        return urls
    }
}
