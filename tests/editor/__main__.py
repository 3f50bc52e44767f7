"""`python -m tests.editor`: writes into the schemas what editors show and the code says or lists elsewhere.

Then it writes into README.md what the manifest's schema says of each key.
"""

from tests.blocks import ROOT
from tests.editor.key_reference import with_key_tables
from tests.editor.refresh import WORDS, refreshed

for name, words in WORDS.items():
    path = ROOT / "schemas" / f"{name}.v1.schema.json"
    path.write_text(refreshed(path.read_text(encoding="utf-8"), words), encoding="utf-8")

readme = ROOT / "README.md"
readme.write_text(with_key_tables(readme.read_text(encoding="utf-8")), encoding="utf-8")
