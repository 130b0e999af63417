// The HTTP server of the JDK.
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class JDKServer {
    public static void main(String[] words) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])), 0);
        var mode = System.getenv("MODE");
        server.createContext("none".equals(mode) ? "/index" : "/", exchange -> {
            var answer = Answer.to(exchange.getRequestURI().getPath());
            var headers = exchange.getResponseHeaders();
            if (answer.type() != null) headers.set("Content-Type", answer.type());
            if (answer.field() != null) headers.set(answer.field(), answer.value());
            if (Answer.BANNER != null) headers.set("Server", Answer.BANNER);
            var body = answer.body().getBytes();
            var none = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
            exchange.sendResponseHeaders(answer.status(), none ? -1 : body.length);
            if (!none) exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
