"""A WebSocket on one stream of an HTTP/2 connection (RFC 8441), as browsers open it where the
server says that it may be."""

import json

import h2.config
import h2.connection
import h2.events
import h2.settings
from websockets.frames import Opcode
from websockets.protocol import CLIENT, Protocol


class Http2Socket:
    """An open socket; `hear` and `say` speak JSON."""

    def __init__(self, stream, authority, path):
        """`stream` is a connection with TLS on which `h2` was agreed."""
        assert stream.selected_alpn_protocol() == "h2"
        self.stream = stream
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self.http = h2.connection.H2Connection(config)
        self.http.initiate_connection()
        self.websocket = Protocol(CLIENT)
        self.heard = []
        self.status = None
        self._wait_for(h2.events.RemoteSettingsChanged)
        allowed = self.http.remote_settings[h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL]
        assert allowed == 1, "the server does not offer WebSockets over HTTP/2"
        self.id = self.http.get_next_available_stream_id()
        self.http.send_headers(
            self.id,
            [
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":scheme", "https"),
                (":authority", authority),
                (":path", path),
                ("sec-websocket-version", "13"),
            ],
        )
        response = self._wait_for(h2.events.ResponseReceived)
        self.status = dict(response.headers)[":status"]

    def _wait_for(self, kind):
        """Sends and receives until something of this kind happens."""
        while True:
            self.stream.sendall(self.http.data_to_send())
            received = self.stream.recv(65536)
            assert received, "the connection ended"
            wanted = None
            for event in self.http.receive_data(received):
                if isinstance(event, h2.events.DataReceived):
                    self.http.acknowledge_received_data(
                        event.flow_controlled_length, event.stream_id
                    )
                    self.websocket.receive_data(event.data)
                    self.heard += self.websocket.events_received()
                if isinstance(event, kind):
                    wanted = event
            if wanted:
                return wanted

    def hear(self):
        """The next message."""
        while True:
            while self.heard:
                frame = self.heard.pop(0)
                if frame.opcode is Opcode.TEXT:
                    return json.loads(frame.data)
            self._wait_for(h2.events.DataReceived)

    def say(self, **message):
        self.websocket.send_text(json.dumps(message).encode())
        for data in self.websocket.data_to_send():
            self.http.send_data(self.id, data)
        self.stream.sendall(self.http.data_to_send())
