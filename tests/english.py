"""How tests recognize English words in what should be Spanish."""

from __future__ import annotations

import re

ENGLISH_ONLY, BOTH = [("en", "English")], [("en", "English"), ("es", "Español")]
# Words of nearly every English sentence that are no words in Spanish.
WORDS = re.compile(
    r"(?<![\w-])(the|and|you|your|of|to|with|for|this|that|what|when|not|have|from|it|if|or|is|are|be|was|will|can|who|"
    r"how|they|their|which|there|an|at|by|my|we|our|read|see|here|yes|please|about|more|do|does|did|been|its|these|those|"
    r"after|before|during|call|team|nurse|lesson|page|answer|question|feel|unwell)(?![\w-])",
    re.IGNORECASE,
)
