"""The floor: FastAPI with a page of one template, for which nothing is asked. It prints its port once it serves."""

import socket

import uvicorn
from fastapi import FastAPI
from jinja2 import Environment
from starlette.responses import HTMLResponse

PAGE = "<!doctype html><title>{{ title }}</title>{% for number in range(100) %}<p>{{ number }}: {{ words }}</p>{% endfor %}"
"""Ten kilobytes, as a page of the portal has."""
WORDS = "It was a quiet day, and in the evening I baked bread and thought of nothing at all. <&>"

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
template = Environment(autoescape=True).from_string(PAGE)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(template.render(title="A page", words=WORDS))


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="uvloop", lifespan="off", log_config=None, access_log=False)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listener])
