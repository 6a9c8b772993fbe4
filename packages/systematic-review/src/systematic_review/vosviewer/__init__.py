"""VOSviewer Online (Van Eck and Waltman, Leiden University, MIT) as one script.

``vosviewer.js`` is bundled from the packages of the npm registry that
``bundle.json`` names, with versions and hash, by the recipe in
``tools/vosviewer``; their licences are in ``vosviewer.LICENSE``. The script asks
for nothing else, and needs no host. :mod:`~systematic_review.vosviewer.map_json`
writes maps as it reads them.
"""

from __future__ import annotations

from pathlib import Path

#: The folder of the script and of its licences.
FOLDER = Path(__file__).parent
#: The script, which sets ``window.vosviewer``.
SCRIPT = FOLDER / "vosviewer.js"
