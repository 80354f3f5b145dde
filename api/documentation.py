"""The interface's documentation page, with assets of our own server: nothing is fetched from elsewhere.

Swagger UI (Apache-2.0, SmartBear) comes with Flask-AppBuilder, which is installed for users and roles.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

from api.dependencies import link

_ASSETS: Final = {
    "swagger-ui-bundle.js": "static/appbuilder/js/swagger-ui-bundle.js",
    "swagger-ui.css": "static/appbuilder/css/swagger/swagger-ui.css",
}


def install_documentation(app: FastAPI) -> None:
    """Serve `/docs` and what it loads."""
    package = find_spec("flask_appbuilder")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("flask_appbuilder is not installed; see requirements.txt")
    root = Path(package.origin).parent

    @app.get("/docs", include_in_schema=False)
    def read_docs(request: Request) -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=link(request, "/openapi.json"),
            title=app.title,
            swagger_js_url=link(request, "/docs/swagger-ui-bundle.js"),
            swagger_css_url=link(request, "/docs/swagger-ui.css"),
            swagger_favicon_url="data:,",
        )

    for name, place in _ASSETS.items():
        app.add_api_route(f"/docs/{name}", _asset(root / place), include_in_schema=False)


def _asset(file: Path):  # type: ignore[no-untyped-def]
    def read_asset() -> FileResponse:
        return FileResponse(file)

    return read_asset
