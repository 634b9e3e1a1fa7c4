"Write README.md from nbs/index.ipynb; pictures live in nbs/images"
from pathlib import Path
from nbconvert import MarkdownExporter

root = Path(__file__).parent.parent
text,_ = MarkdownExporter().from_filename(root/'nbs'/'index.ipynb')
text = text.replace('](images/', '](nbs/images/').replace('](examples/', '](nbs/examples/').replace('](../', '](')
(root/'README.md').write_text(text.strip()+'\n', encoding='utf-8')
