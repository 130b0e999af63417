import WireFormat

/// The product that a server claims to be, by its fields and cookies: weaker evidence than its behavior, because anybody
/// can send them. It is used for products that are not among the signatures.
public struct ServerClaim: Hashable, Sendable {
    public var product: String
    /// The version in the field Server; nil if there is none.
    public var version: String?
    /// What claims it, such as `Server` or `cookie BIGipServer`.
    public var source: String

    public init(product: String, version: String? = nil, source: String) {
        self.product = product
        self.version = version
        self.source = source
    }

    /// Returns the claim of a response; nil if it has none that is known.
    package init?(_ head: HTTPHead) {
        if let banner = head["Server"] {
            let name = SignatureLibrary.name(inBanner: banner).lowercased()
            let whole = banner.lowercased()
            if let known = Self.banners.first(where: { $0.banner == name || $0.banner == whole }) {
                self.init(product: known.product, version: Self.version(in: banner), source: "Server")
                return
            }
        }
        for (name, product) in Self.fields where head[name] != nil {
            self.init(product: product, source: name)
            return
        }
        for cookie in head.fields where cookie.name.lowercased() == "set-cookie" {
            let name = cookie.value.prefix { $0 != "=" }
            guard let known = Self.cookies.first(where: { name.hasPrefix($0.prefix) }) else { continue }
            self.init(product: known.product, source: "cookie \(known.prefix)")
            return
        }
        return nil
    }

    /// Returns the version after the slash of a Server field; nil if there is none.
    static func version(in banner: String) -> String? {
        guard let slash = banner.firstIndex(of: "/") else { return nil }
        let version = banner[banner.index(after: slash)...].prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        return version.isEmpty ? nil : String(version)
    }

    /// Values of Server, or their names, in lower case. They are those that the products' documentation names.
    static let banners: [(banner: String, product: String)] = [
        ("microsoft-iis", "Microsoft IIS"), ("microsoft-httpapi", "Microsoft HTTP.sys"), ("kestrel", "Kestrel"),
        ("litespeed", "LiteSpeed"), ("openlitespeed", "OpenLiteSpeed"), ("openresty", "OpenResty"),
        ("tengine", "Tengine"), ("envoy", "Envoy"), ("istio-envoy", "Envoy"), ("cloudflare", "Cloudflare"),
        ("akamaighost", "Akamai"), ("akamainetstorage", "Akamai"), ("cloudfront", "Amazon CloudFront"),
        ("amazons3", "Amazon S3"), ("awselb", "AWS Elastic Load Balancing"), ("bunnycdn", "bunny.net"),
        ("google frontend", "Google Front End"), ("gws", "Google Web Server"), ("esf", "Google ESF"),
        ("vercel", "Vercel"), ("netlify", "Netlify"), ("github.com", "GitHub Pages"), ("fly", "Fly.io"),
        ("bigip", "F5 BIG-IP"), ("big-ip", "F5 BIG-IP"), ("ibm_http_server", "IBM HTTP Server"),
        ("websphere", "IBM WebSphere"), ("oracle-http-server", "Oracle HTTP Server"), ("weblogic", "Oracle WebLogic"),
        ("glassfish", "GlassFish"), ("wildfly", "WildFly"), ("jboss-eap", "JBoss EAP"), ("undertow", "Undertow"),
        ("resin", "Resin"), ("apache-coyote", "Tomcat"), ("zope", "Zope"), ("goahead-webs", "GoAhead"),
        ("mongoose", "Mongoose"), ("boa", "Boa"), ("rompager", "RomPager"), ("allegro-software-rompager", "RomPager"),
        ("thttpd", "thttpd"), ("virata-emweb", "EmWeb"), ("phusion", "Phusion Passenger"), ("robyn", "Robyn"),
    ]

    /// Fields that only one product adds.
    static let fields: [(name: String, product: String)] = [
        ("CF-RAY", "Cloudflare"), ("X-Amz-Cf-Id", "Amazon CloudFront"), ("X-Azure-Ref", "Azure Front Door"),
        ("X-Vercel-Id", "Vercel"), ("X-NF-Request-ID", "Netlify"), ("X-Fastly-Request-ID", "Fastly"),
        ("X-Envoy-Upstream-Service-Time", "Envoy"), ("X-Kong-Proxy-Latency", "Kong"), ("X-Iinfo", "Imperva"),
        ("X-Sucuri-ID", "Sucuri"), ("X-Akamai-Transformed", "Akamai"),
    ]

    /// The beginnings of names of cookies that only one product sets.
    static let cookies: [(prefix: String, product: String)] = [
        ("BIGipServer", "F5 BIG-IP"), ("AWSALB", "AWS Application Load Balancer"), ("__cf_bm", "Cloudflare"),
        ("incap_ses_", "Imperva"), ("visid_incap_", "Imperva"), ("NSC_", "Citrix NetScaler"),
        ("ARRAffinity", "Azure App Service"),
    ]
}

extension SignatureLibrary {
    /// Returns the claim of a Server field that is the banner of a product of the library; nil for others.
    package func claim(of banner: String) -> ServerClaim? {
        let name = Self.name(inBanner: banner).lowercased()
        guard let signature = signatures.first(where: { $0.banners.contains { $0.lowercased() == name } }) else {
            return nil
        }
        return ServerClaim(product: signature.product, version: ServerClaim.version(in: banner), source: "Server")
    }
}
