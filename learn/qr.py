"""QR codes as SVG, black on white."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString, mark_safe


def on_page(address: str) -> SafeString:
    """Return a QR code for a page, inline because the policy forbids data: pictures. The style sheet sets its size."""
    return mark_safe(_svg(address, omitsize=True, svgclass=None))  # noqa: S308  # segno's: only squares, no text


def on_paper(address: str) -> str:
    """Return a QR code for a sheet, with one square of quiet zone; the paper around it is white."""
    return _svg(address, border=1, scale=4)


def _svg(address: str, **look: Any) -> str:
    import segno  # here, because few pages have a QR code, and segno takes more than 1 MB of each worker

    return segno.make(address, error="m", micro=False).svg_inline(light="#fff", **look)
