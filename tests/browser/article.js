// 前端
const ws = new WebSocket(`ws://localhost:8765/ws/progress/${taskId}`);

ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    updateProgressBar(data.progress);
};

// 要取消下載時
ws.send(JSON.stringify({ action: "cancel" }));
