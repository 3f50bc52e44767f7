"""`python -m tests.editor`: writes into the schemas what editors show and the code says or lists elsewhere."""

from tests.blocks import ROOT
from tests.editor.refresh import WORDS, refreshed

for name, words in WORDS.items():
    path = ROOT / "schemas" / f"{name}.v1.schema.json"
    path.write_text(refreshed(path.read_text(encoding="utf-8"), words), encoding="utf-8")
