"""Stands between a library and the simulator, passes every byte of a request and an answer on, and writes requests down.

The library signs the host that it is pointed at, which is this one; the simulator checks the signature against the host as it
was sent, so nothing is changed on the way.
"""

import http.client
import http.server
import threading
import urllib.parse


class Recorder:
    """A server in front of one API of the simulator."""

    def __init__(self, api, upstream, requests):
        self.api = api
        self._upstream = urllib.parse.urlsplit(upstream).netloc
        self._requests = requests
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self):
        """Host and port, as the libraries take it."""
        host, port = self._server.server_address[:2]
        return f"{host}:{port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, request):
        """The answer of the simulator; `None` where it hung up."""
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            connection.putrequest(request["method"], request["target"], skip_host=True, skip_accept_encoding=True)
            for name, value in request["headers"]:
                connection.putheader(name, value)
            connection.endheaders(request["body"].encode("utf-8"))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (http.client.HTTPException, ConnectionError):
            return None
        finally:
            connection.close()

    def _handler(recorder):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = {
                    "api": recorder.api,
                    "method": self.command,
                    "target": self.path,
                    "headers": list(self.headers.items()),
                    "body": body.decode("utf-8"),
                }
                recorder._requests.append(request)
                answer = recorder._pass_on(request)
                self.close_connection = True
                if answer is None:
                    return
                status, headers, content = answer
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_):
                """The requests are written down elsewhere."""

        return Handler
