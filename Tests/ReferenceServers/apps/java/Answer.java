// What the Java servers answer; MODE chooses the behavior.
public record Answer(int status, String type, String field, String value, String body) {
    static final String MODE = System.getenv().getOrDefault("MODE", "hello");
    static final String BANNER = System.getenv("BANNER");

    static Answer to(String path) {
        switch (MODE) {
            case "redirect": return new Answer(302, null, "Location", "/elsewhere", "");
            case "moved": return new Answer(301, "text/html", "Location", "https://www.example/", "<p>moved</p>");
            case "login": return new Answer(401, "text/plain", "WWW-Authenticate", "Basic", "log in");
            case "json":
                return path.equals("/") ? new Answer(200, "application/json", null, null, "{\"ok\":true}")
                    : new Answer(404, "application/json", null, null, "{\"error\":\"no such thing\"}");
            default:
                if (MODE.equals("always") || path.equals("/")) {
                    return new Answer(200, "text/html", null, null, "<html><body>hello</body></html>");
                }
                return new Answer(404, "text/html", null, null, MODE.equals("errors") ? "<h1>Oh no</h1>" : "<h1>Nothing is here</h1>");
        }
    }
}
