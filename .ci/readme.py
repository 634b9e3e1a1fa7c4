"Write README.md and docs/results.md from notebooks; pictures that their cells draw go to nbs/images"
import os.path, re
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter

root = Path(__file__).parent.parent

def shown(name):
    "The notebook `nbs/name.ipynb` without hidden cells and warnings"
    nb = nbformat.read(root/'nbs'/f'{name}.ipynb', 4)
    nb.metadata['language_info'] = dict(name='python')
    nb.cells = [c for c in nb.cells if not c.source.startswith('#| hide')]
    for c in nb.cells:
        if c.cell_type=='code': c.outputs = [o for o in c.outputs if o.get('name')!='stderr']
    return nb

def write(name, page):
    "Write the notebook `nbs/name.ipynb` as the Markdown file `page`, with links that hold there"
    text,res = MarkdownExporter().from_notebook_node(shown(name))
    for file,data in res['outputs'].items():
        (root/'nbs'/'images'/f'{name}_{file}').write_bytes(data)
        text = text.replace(f']({file})', f'](images/{name}_{file})')
    def relink(m):
        target = Path(os.path.normpath(root/'nbs'/m[1]))
        if not target.exists(): return m[0]
        return f']({Path(os.path.relpath(target, (root/page).parent)).as_posix()})'
    text = re.sub(r'\]\(([^)\s:#]+)\)', relink, text)
    (root/page).write_text(text.strip()+'\n', encoding='utf-8')

write('results', 'docs/results.md')
write('index', 'README.md')
