"""Template loaders that remove the indentation from templates, because browsers do not need it.

It is a tenth of the compressed size of a page. Each worker reads a template only once, so this does not slow requests.
Values that a template inserts (a text area, a note) do not change, because they are not in the file.
"""

import re
from typing import Any

from django.template import Origin, Template
from django.template.base import NodeList
from django.template.loaders import app_directories, cached, filesystem


class Kept(cached.Loader):
    """Keeps each template, as Django's does, and the blocks of each: `extends` asks for these for every page."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """Return the template; see Django's own method."""
        template = super().get_template(template_name, skip)
        if not isinstance(template.nodelist, _Nodes):
            template.nodelist = _Nodes(template.nodelist)
        return template


class _Nodes(NodeList):
    """The nodes of a whole template. They do not change, so each kind of node is looked for once."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self._found: dict[Any, list[Any]] = {}

    def get_nodes_by_type(self, nodetype: Any) -> list[Any]:
        """Return all nodes of this type, also those within others."""
        if (found := self._found.get(nodetype)) is None:
            found = self._found[nodetype] = super().get_nodes_by_type(nodetype)
        return found


class Files(filesystem.Loader):
    """Loads the hospital's own templates first, then those of the site."""

    def get_contents(self, origin: Origin) -> str:
        """Return the text of a template. For an HTML page, remove the indentation and keep all line breaks."""
        text = super().get_contents(origin)
        return re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE) if origin.name.endswith(".html") else text


class Apps(app_directories.Loader, Files):
    """Loads the templates of the apps in the same way."""
