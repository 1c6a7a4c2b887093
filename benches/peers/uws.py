"""uWebSockets (C++), driven through socketify: its own publish and subscribe, no compression.

Python is asked once per update and once per handshake; the fan-out itself stays in C++.
"""

import sys

from socketify import App, CompressOptions, OpCode

app = App()


def upgrade(kind):
    def shake_hands(response, request, context):
        response.upgrade(
            request.get_header("sec-websocket-key"),
            request.get_header("sec-websocket-protocol"),
            request.get_header("sec-websocket-extensions"),
            context,
            kind and request.get_parameter(0),
        )

    return shake_hands


async def publish(response, request):
    task = request.get_parameter(0)
    state = await response.get_text("utf-8")
    app.publish(task, state, OpCode.TEXT)
    response.end("{}")


common = {
    "compression": CompressOptions.DISABLED,
    "max_backpressure": 16 * 1024 * 1024,
    "idle_timeout": 60,
}
app.ws("/ws/progress/:task", common | {
    "upgrade": upgrade(True),
    "open": lambda socket: socket.subscribe(socket.get_user_data()),
})
app.ws("/ws/worker/:task", common | {
    "upgrade": upgrade(True),
    "message": lambda socket, message, _: app.publish(
        socket.get_user_data(), message, OpCode.TEXT
    ),
})
app.ws("/ws/echo", common | {
    "upgrade": upgrade(False),
    "message": lambda socket, message, opcode: socket.send(message, opcode),
})
app.post("/api/progress/:task", publish)
app.listen(int(sys.argv[1]), lambda _: print("127.0.0.1:%s" % sys.argv[1], flush=True))
app.run()
