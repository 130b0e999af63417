import Diagnostics
import LinuxNet
import WireFormat

extension EndpointOverrides {
    /// The URLs of texts, for which the indexes of zones are looked up.
    mutating func urls(_ texts: [String]) throws -> [HTTPURL] {
        let urls = try texts.map { text in
            do throws(HTTPURL.Problem) {
                return try HTTPURL(text)
            } catch {
                throw SwiftNetError(.invalidArgument, nil, "'\(text)' is no URL: \(error)")
            }
        }
        if urls.contains(where: \.hasZone) {
            for interface in try Interface.all() { zones[interface.name] = interface.index }
        }
        return urls
    }
}
