"Write README.md from nbs/index.ipynb; pictures live in nbs/images, those that cells draw too"
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).parent.parent
nb = nbformat.read(root/'nbs'/'index.ipynb', 4)
nb.metadata['language_info'] = dict(name='python')
text,res = MarkdownExporter().from_notebook_node(nb)
for name,data in res['outputs'].items():
    (root/'nbs'/'images'/f'index_{name}').write_bytes(data)
    text = text.replace(f']({name})', f'](images/index_{name})')
for folder in 'images','examples': text = text.replace(f']({folder}/', f'](nbs/{folder}/')
(root/'README.md').write_text(text.replace('](../', '](').strip()+'\n', encoding='utf-8')
