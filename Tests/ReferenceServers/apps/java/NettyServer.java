// Netty, as its example of an HTTP server is made.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.*;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.*;

public class NettyServer {
    static final boolean CHECKS = System.getenv("CHECKS") != null;

    static class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            boolean bad = CHECKS && request.decoderResult().isFailure();
            var answer = bad ? new Answer(400, "text/plain", null, null, "Failure: 400 Bad Request\r\n")
                : Answer.to(new QueryStringDecoder(request.uri()).path());
            var status = HttpResponseStatus.valueOf(answer.status());
            var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(answer.body().getBytes()));
            if (answer.type() != null) response.headers().set("Content-Type", answer.type());
            if (answer.field() != null) response.headers().set(answer.field(), answer.value());
            if (Answer.BANNER != null) response.headers().set("Server", Answer.BANNER);
            response.headers().setInt("Content-Length", answer.body().length());
            boolean keep = HttpUtil.isKeepAlive(request) && !bad;
            if (keep) response.headers().set("Connection", "keep-alive");
            var written = context.writeAndFlush(response);
            if (!keep) written.addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    public static void main(String[] words) throws Exception {
        new ServerBootstrap().group(new NioEventLoopGroup(1)).channel(NioServerSocketChannel.class)
            .childHandler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(65536));
                    channel.pipeline().addLast(new Handler());
                }
            }).bind("127.0.0.1", Integer.parseInt(words[0])).sync().channel().closeFuture().sync();
    }
}
