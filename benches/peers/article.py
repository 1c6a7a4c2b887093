"""The usual way with FastAPI: a dictionary of connections, and a loop that awaits each send."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect

app = FastAPI()


class ConnectionManager:
    def __init__(self):
        self.active_connections: dict[str, list[WebSocket]] = {}

    async def connect(self, task_id: str, websocket: WebSocket):
        await websocket.accept()
        self.active_connections.setdefault(task_id, []).append(websocket)

    def disconnect(self, task_id: str, websocket: WebSocket):
        self.active_connections[task_id].remove(websocket)

    async def send_progress(self, task_id: str, state: str):
        for connection in list(self.active_connections.get(task_id, [])):
            try:
                await connection.send_text(state)
            except Exception:
                pass


manager = ConnectionManager()


@app.websocket("/ws/progress/{task_id}")
async def watch(websocket: WebSocket, task_id: str):
    await manager.connect(task_id, websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        manager.disconnect(task_id, websocket)


@app.websocket("/ws/worker/{task_id}")
async def work(websocket: WebSocket, task_id: str):
    await websocket.accept()
    try:
        while True:
            await manager.send_progress(task_id, await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/ws/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


@app.post("/api/progress/{task_id}")
async def publish(task_id: str, request: Request):
    await manager.send_progress(task_id, (await request.body()).decode())
    return {}


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print("%s:%d" % listener.getsockname(), flush=True)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, ws_per_message_deflate=False, ws_max_queue=1024
    )
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
