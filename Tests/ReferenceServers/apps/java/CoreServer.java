// Apache HttpCore.
import java.net.InetAddress;
import org.apache.http.HttpResponse;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.bootstrap.ServerBootstrap;

public class CoreServer {
    public static void main(String[] words) throws Exception {
        var builder = ServerBootstrap.bootstrap().setListenerPort(Integer.parseInt(words[0])).setLocalAddress(InetAddress.getByName("127.0.0.1"));
        if (Answer.BANNER != null) builder.setServerInfo(Answer.BANNER);
        builder.registerHandler(System.getenv("MODE") == null ? "/" : "*", (request, response, context) -> {
            var answer = Answer.to(request.getRequestLine().getUri());
            response.setStatusCode(answer.status());
            if (answer.field() != null) response.setHeader(answer.field(), answer.value());
            if (answer.type() != null) response.setEntity(new StringEntity(answer.body(), ContentType.create(answer.type(), "utf-8")));
        });
        builder.create().start();
        Thread.currentThread().join();
    }
}
