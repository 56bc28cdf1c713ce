"""Uploads: the file of a request or of another site, its renditions, and its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from app.api.json_bodies import check_complexity
from app.api.validation_errors import build_invalid_request, raise_field_error
from app.config import current_settings
from app.db.database import Database
from app.domain.languages import Bilingual, tr
from app.domain.pictures import (
    MAX_FRAME_COUNT,
    MAX_PICTURE_BYTES,
    MAX_PICTURE_PIXEL_COUNT,
    SOURCE_TYPES,
    SVG_TYPE,
    PictureRefused,
    RefusalCode,
)
from app.http.client import ForbiddenUrl, RequestFailed, send_request
from app.http.problems import FieldProblem, InvalidRequest, UnsupportedMediaType
from app.resources.media.current_store import current_store
from app.resources.media.picture_store import compute_digest
from app.resources.media.renditions import make_renditions
from app.resources.media.schemas import MediaFetch, MediaFields, MediaWrite

_JSON, _FORM = "application/json", "multipart/form-data"
_PICTURE_TYPES = (*dict.fromkeys(SOURCE_TYPES.values()), SVG_TYPE)
UPLOAD_TYPES = (*_PICTURE_TYPES, _FORM, _JSON)
"""Media types of the body of an upload."""

_UNTYPED = {"", "application/octet-stream"}
_MAX_METADATA_BYTES = 2**16

_MAX_FETCH_COUNT = 4
"""Files fetched from other sites at the same time: each is in memory until it is stored."""

_REFUSALS: Mapping[RefusalCode, Bilingual] = {
    RefusalCode.UNSUPPORTED_TYPE: Bilingual(
        "This is not a JPEG, PNG, WebP, AVIF, GIF or SVG file.",
        "Это не файл JPEG, PNG, WebP, AVIF, GIF или SVG.",
    ),
    RefusalCode.UNSUPPORTED_CONTENT: Bilingual(
        "The SVG file has scripts, entities, text or references to other files. "
        "Convert text to paths and remove the rest, or send a PNG file.",
        "В файле SVG есть скрипты, сущности, текст или ссылки на другие файлы. "
        "Преобразуйте текст в контуры и удалите остальное или пришлите файл PNG.",
    ),
    RefusalCode.INCOMPLETE: Bilingual(
        "The file is truncated, or other data follow the picture. Save it again as a picture.",
        "Файл обрезан, или за изображением следуют другие данные. Сохраните его заново.",
    ),
    RefusalCode.TOO_MANY_PIXELS: Bilingual(
        f"The picture may have at most {MAX_PICTURE_PIXEL_COUNT} pixels.",
        f"В изображении допускается не больше {MAX_PICTURE_PIXEL_COUNT} точек.",
    ),
    RefusalCode.TOO_MANY_FRAMES: Bilingual(
        f"An animation may have at most {MAX_FRAME_COUNT} frames; the first one is used.",
        f"В анимации допускается не больше {MAX_FRAME_COUNT} кадров; используется первый.",
    ),
    RefusalCode.TOO_COMPLEX: Bilingual(
        "Decoding the picture takes too much time or memory.",
        "Декодирование изображения требует слишком много времени или памяти.",
    ),
    RefusalCode.UNDECODABLE: Bilingual(
        "The picture is damaged. Save it again.", "Изображение повреждено. Сохраните его заново."
    ),
}


@dataclass(frozen=True)
class _Upload:
    """A file with the media type that was declared for it, and the fields of its record."""

    content: bytes
    media_type: str
    fields: MediaFields
    pointer: str
    """JSON pointer of the file in the request; empty if it is the body."""


class UploadProcessor:
    """Receives and stores pictures, one at a time per process.

    That bounds memory and CPU time. Files of other sites are fetched before, a few at a time, so
    that a slow site delays no other upload.
    """

    def __init__(self, _database: Database) -> None:
        self._fetch_limiter = CapacityLimiter(_MAX_FETCH_COUNT)
        self._limiter = CapacityLimiter(1)

    async def receive(self, request: Request) -> MediaWrite:
        """Store the picture of `request`. Returns the document of its record.

        Raises InvalidRequest for a file that is not an acceptable picture, UnsupportedMediaType for
        a body of another type, Unavailable if the machine is too busy to decode it.
        """
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == _JSON:
            async with self._fetch_limiter:
                upload = await _fetch_upload(request)
                async with self._limiter:
                    return await _store_upload(upload)
        async with self._limiter:
            return await _store_upload(await _read_upload(request, media_type))


async def _fetch_upload(request: Request) -> _Upload:
    body = await request.body()
    check_complexity(body)
    document = _validate(MediaFetch, body, "")
    return await to_thread.run_sync(_fetch, document)


async def _store_upload(upload: _Upload) -> MediaWrite:
    """Store the picture of an upload. Returns the document of its record."""
    digest = await to_thread.run_sync(_store_picture, upload)
    fields = upload.fields.model_dump(exclude={"url"}, exclude_unset=True)
    return MediaWrite(**fields, content=digest)


async def _read_upload(request: Request, media_type: str) -> _Upload:
    """Read the file of a body, which is buffered. Raises UnsupportedMediaType."""
    if media_type == _FORM:
        return await _read_form(request)
    if media_type in _PICTURE_TYPES:
        return _Upload(await request.body(), media_type, MediaFields(), "")
    names = ", ".join(UPLOAD_TYPES)
    raise UnsupportedMediaType(
        tr(
            f"The body must be one of {names}. Set Content-Type accordingly.",
            f"Тело запроса должно быть одного из типов {names}. Укажите это в Content-Type.",
        ),
        headers={"Accept-Post": names},
    )


async def _read_form(request: Request) -> _Upload:
    """Read the part `file`, and the part `metadata` if there is one."""
    async with request.form(max_files=1, max_fields=1, max_part_size=_MAX_METADATA_BYTES) as form:
        if unknown := sorted(form.keys() - {"file", "metadata"}):
            detail = tr(
                "The form has the parts `file` and `metadata`.", "Части формы: `file` и `metadata`."
            )
            raise_field_error(f"/{unknown[0][:80]}", "extra_forbidden", detail)
        file, metadata = form.get("file"), form.get("metadata", "{}")
        if not isinstance(file, UploadFile):
            raise_field_error("/file", "missing", tr("Send the file.", "Пришлите файл."))
        if not isinstance(metadata, str):
            detail = tr(
                "Send `metadata` without a file name.", "Пришлите `metadata` без имени файла."
            )
            raise_field_error("/metadata", "string_type", detail)
        check_complexity(metadata.encode())
        fields = _validate(MediaFields, metadata.encode(), "/metadata")
        declared = (file.content_type or "").partition(";")[0].strip().lower()
        return _Upload(await file.read(), declared, fields, "/file")


def _validate(model: type[Any], body: bytes, pointer: str) -> Any:
    """Parse and validate JSON as `model`. Raises InvalidRequest."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        location = [part for part in pointer.split("/") if part]
        raise build_invalid_request(error.errors(), "body", *location) from error


def fetch_and_store(url: str, *, allow_private: bool) -> str:
    """Store the picture at `url`. Returns its digest. Raises InvalidRequest or Unavailable."""
    return _store_picture(_Upload(_fetch_file(url, allow_private), "", MediaFields(), "/url"))


def _fetch(document: MediaFetch) -> _Upload:
    """Fetch the file from another site. Raises InvalidRequest."""
    file = _fetch_file(document.url, current_settings().private_targets)
    fields = document.model_copy(update={"source_url": document.source_url or document.url})
    return _Upload(file, "", fields, "/url")


def _fetch_file(url: str, allow_private: bool) -> bytes:
    """The file at a URL of another site. Raises InvalidRequest."""
    try:
        response = send_request(
            "GET", url, allow_private=allow_private, max_bytes=MAX_PICTURE_BYTES
        )
    except (ForbiddenUrl, RequestFailed) as error:
        raise_field_error("/url", "unreachable", str(error))
    if response.status != 200:
        detail = tr(
            f"The site answers with status {response.status}. Redirects are not followed.",
            f"Сайт отвечает статусом {response.status}. Перенаправления не выполняются.",
        )
        raise_field_error("/url", "unreachable", detail)
    return response.body


def _store_picture(upload: _Upload) -> str:
    """Store the renditions of a file, unless they are stored. Returns its digest."""
    store = current_store()
    digest = compute_digest(upload.content)
    picture = store.find(digest)
    if picture is None:
        with store.staging() as folder:
            source, files = folder / "source", folder / digest
            source.write_bytes(upload.content)
            files.mkdir()
            try:
                picture = make_renditions(source, files)
            except PictureRefused as refusal:
                _refuse(upload, refusal.code, str(_REFUSALS[refusal.code]))
            store.add(digest, files)
    if upload.media_type not in {*_UNTYPED, picture.media_type}:
        detail = tr(
            f"The file is {picture.media_type}, not {upload.media_type}.",
            f"Тип файла — {picture.media_type}, а не {upload.media_type}.",
        )
        _refuse(upload, "mismatched-type", detail)
    return digest


def _refuse(upload: _Upload, code: str, detail: str) -> NoReturn:
    """Raise InvalidRequest for the file of an upload."""
    raise InvalidRequest(detail, FieldProblem(pointer=upload.pointer, code=code, detail=detail))
