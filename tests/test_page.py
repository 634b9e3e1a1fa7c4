"The board's page in a real browser: it loads from a file, sorts, filters and opens rows, by mouse and by keyboard"
import csv, json, re, shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
import pytest

root = Path(__file__).parent.parent
hostile = '</script><img src=x onerror="window.hacked=1"><b>&amp;\u2028'

@pytest.fixture(scope='module')
def browser():
    why = "the board's page was not tried in a browser: {} is not installed, `make browser` installs it"
    found = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not found: pytest.skip(why.format('Chromium'))
    try: from playwright.sync_api import sync_playwright
    except ImportError: pytest.skip(why.format('playwright'))
    with sync_playwright() as p:
        res = p.chromium.launch(executable_path=found, timeout=200_000)
        yield res
        res.close()

@pytest.fixture(scope='module')
def pages(browser, tmp_path_factory):
    "The real board, and one that is hostile in every text"
    from imagewang_ssl.board.page import board_page
    from imagewang_ssl.board.rows import derive_board, made_up_runs
    tmp = tmp_path_factory.mktemp('pages')
    odd = derive_board(made_up_runs(tmp/'runs'))
    texts = dict.fromkeys(['method','args','pool','encoder','source','note','status','differs','counts'], hostile)
    odd = odd.assign(**texts, url='javascript:window.hacked=1')
    real = board_page(derive_board(root/'runs'), tmp/'real.html', root/'runs')
    return dict(real=real, odd=board_page(odd, tmp/'odd.html', tmp/'runs'))

@contextmanager
def visit(browser, path, width=1280, scheme='light', hash=''):
    "A page that may not say anything to the console, nor ask for any other file"
    looks = dict(viewport=dict(width=width, height=900), color_scheme=scheme, reduced_motion='reduce')
    context = browser.new_context(offline=True, **looks)
    context.grant_permissions(['clipboard-read','clipboard-write'])
    context.set_default_timeout(100_000)                             # a busy machine is slow, not wrong
    page,said = context.new_page(),[]
    page.on('console', lambda m: said.append(m.text))
    page.on('pageerror', lambda e: said.append(str(e)))
    page.on('request', lambda r: said.append(r.url) if not r.url.startswith((path.as_uri(),'data:')) else None)
    page.goto(path.as_uri()+hash)
    yield page
    assert said==[]
    context.close()

def rows(page):
    "The visible rows: method, score, pixels, epochs"
    code = '''rows => rows.map(row => [
        row.querySelector('th button').textContent, row.querySelector('.value').textContent,
        row.cells[2].firstChild.textContent, row.cells[3].textContent])'''
    return page.eval_on_selector_all('#board tbody tr[data-key]', code)

def scores(page): return [float(r[1].split()[0]) for r in rows(page)]

@pytest.mark.parametrize('width,scheme', [(375,'light'), (375,'dark'), (1280,'light'), (1280,'dark'), (800,'dark')])
def test_loads(browser, pages, width, scheme):
    "No message, no request, nothing wider than the window, in the page and in a row's details"
    with visit(browser, pages['real'], width, scheme) as page:
        both = '[document.documentElement, document.querySelector("dialog")]'
        fits = f'{both}.every(o => o.scrollWidth <= Math.max(o.clientWidth, 0))'
        assert page.evaluate(fits) and page.locator('#times circle').count()>=5
        page.click('tr[data-key=edeb7e05]')
        assert page.evaluate(fits) and page.locator('dialog svg').count()>5

def test_every_row(browser, pages):
    "All of leaderboard.csv is there, withdrawn rows on request"
    with open(root/'leaderboard.csv', encoding='utf-8', newline='') as f: board = list(csv.DictReader(f))
    def score(r): return r['accuracy']+(f' ± {r["std"]}' if r['std'] else '')
    def want(rs): return Counter((r['method'], score(r), r['size'], r['epochs']) for r in rs)
    with visit(browser, pages['real']) as page:
        assert Counter(map(tuple, rows(page)))==want(r for r in board if r['status']!='void')
        page.check('#void')
        assert Counter(map(tuple, rows(page)))==want(board)
        assert page.inner_text('#count').startswith(f'{len(board)} of {len(board)} rows')

def test_sorts(browser, pages):
    "A heading's button sorts, another press turns it round, and its state is told"
    with visit(browser, pages['real']) as page:
        was = rows(page)
        accuracy = page.locator('th', has_text='accuracy')
        accuracy.locator('button').click()
        assert accuracy.get_attribute('aria-sort')=='descending' and scores(page)==sorted(scores(page), reverse=True)
        accuracy.locator('button').press('Enter')
        assert accuracy.get_attribute('aria-sort')=='ascending' and scores(page)==sorted(scores(page))
        method = page.locator('thead th', has_text='method')
        method.locator('button').focus()
        page.keyboard.press('Space')
        names = [r[0].lower() for r in rows(page)]
        assert method.get_attribute('aria-sort')=='ascending' and names==sorted(names)
        assert page.locator('[aria-sort]').count()==1
        page.locator('th', has_text='pretraining').locator('button').click()
        assert rows(page)[0][0] in ('align_uniform','simclr')          # rows that tell no pretraining come last
        page.click('text=reset')
        page.wait_for_function('!document.querySelector("[aria-sort]")')
        assert rows(page)==was

def test_filters(browser, pages):
    "Lists and words narrow the table, the picture and the count"
    with visit(browser, pages['real']) as page:
        n = len(rows(page))
        for name,value,column in [('size','128',2), ('epochs','20',3)]:
            page.select_option(f'#{name}', f'={value}')
            assert 0 < len(rows(page)) < n and {r[column] for r in rows(page)}=={value}
            page.select_option(f'#{name}', 'all')
        for name,value in [('track','64px'), ('encoder','xresnet18'), ('by','ours')]:
            page.select_option(f'#{name}', f'={value}')
            assert len(rows(page))==page.locator('tr.ours').count()==page.locator('#times .point').count()==5
            page.select_option(f'#{name}', 'all')
        page.select_option('#pool', '=unsup')
        assert {r[0] for r in rows(page)}=={'align_uniform','simclr','rotation','grey_blur'}
        page.fill('#find', 'XRESNET18 turns=one')
        assert [r[0] for r in rows(page)]==['rotation'] and page.inner_text('#count').startswith('1 of ')
        page.fill('#find', 'nothing like this')
        assert rows(page)==[] and 'No row fits' in page.inner_text('#board')
        assert len(rows(page))==page.locator('#times .point').count()

def test_opens(browser, pages):
    "A row shows its command, records, evaluations and curves; Escape leads back to it"
    with visit(browser, pages['real']) as page:
        assert not page.is_visible('dialog')
        button = page.locator('tr[data-key=c1462922] th button')
        button.focus()
        page.keyboard.press('Enter')
        assert page.is_visible('dialog') and page.url.endswith('#c1462922')
        assert page.inner_text('#row-title')=='align_uniform'
        page.click('dialog .command button')
        page.wait_for_selector('text=copied')
        copied = page.evaluate('navigator.clipboard.readText()')
        assert copied==page.inner_text('code')=='iwang-reproduce c1462922 path/to/160sq'
        saved = {p.name: json.loads(p.read_text()) for p in (root/'runs').glob('*align_uniform*.json')}
        names = page.eval_on_selector_all('dialog summary', 'all => all.map(o => o.textContent)')
        texts = page.eval_on_selector_all('dialog pre', 'all => all.map(o => o.textContent)')
        assert {n: json.loads(t) for n,t in zip(names, texts)}==saved and len(saved)==2
        assert page.locator('.curves figure').count()>=5
        assert 'ends at' in page.get_attribute('.curves svg[role=img]', 'aria-label')
        assert '0.3095' in page.inner_text('[aria-label=Evaluations]')
        page.keyboard.press('Escape')
        assert not page.is_visible('dialog') and '#' not in page.url
        assert page.evaluate('document.activeElement.closest("tr").dataset.key')=='c1462922'
        page.locator('tr.published td').first.click()
        assert page.get_attribute('dialog a', 'href').startswith('https://') and not page.is_visible('code')
        page.click('dialog [aria-label=close]')
        assert not page.is_visible('dialog')
        page.locator('#times .ours circle').first.click()
        assert page.is_visible('dialog')
    with visit(browser, pages['real'], hash='#edeb7e05') as page: assert page.inner_text('#row-title')=='rotation'

def test_hostile(browser, pages):
    "Every text is shown as it is"
    with visit(browser, pages['odd']) as page:
        n = page.locator('tr[data-key]').count()
        assert n>50 and page.locator('th button', has_text='<img src=x onerror').count()==n
        for row in page.locator('tr.ours').first,page.locator('tr.published').first:
            row.locator('th button').click()
            assert '</script><img' in page.inner_text('#row-title') and page.locator('dialog a').count()==0
            page.keyboard.press('Escape')
        assert page.locator('img, b:not(main > p b)').count()==0 and page.evaluate('window.hacked') is None

def luminance(color):
    r,g,b = [int(color[i:i+2], 16)/255 for i in (1,3,5)]
    return sum(w*(c/12.92 if c<=.04045 else ((c+.055)/1.055)**2.4) for w,c in zip((.2126,.7152,.0722), (r,g,b)))

def contrast(a, b):
    lo,hi = sorted(luminance(o) for o in (a,b))
    return (hi+.05)/(lo+.05)

@pytest.mark.parametrize('scheme', ['light','dark'])
def test_accessible(browser, pages, scheme):
    "Names, headings and a ring around what has the focus; enough contrast; shapes beside colors"
    with visit(browser, pages['real'], scheme=scheme) as page:
        assert page.locator('#board caption').count()==1 and page.locator('th:not([scope])').count()==0
        assert page.locator('tr[data-key]:not(:has(> th[scope=row]))').count()==0
        unnamed = 'all => all.filter(o => !o.labels.length).map(o => o.id)'
        assert page.eval_on_selector_all('input, select', unnamed)==[]
        assert page.get_attribute('#count', 'role')=='status'
        seen = []
        for _ in range(20):
            page.keyboard.press('Tab')
            outline = '[o.tagName, getComputedStyle(o).outlineStyle, getComputedStyle(o).outlineWidth]'
            look = page.evaluate(f'(o => {outline})(document.activeElement)')
            assert look[1:]==['solid','3px'], look
            seen.append(look[0])
        assert {'INPUT','SELECT','BUTTON'} <= set(seen)
        style = page.evaluate('''Object.fromEntries(["bg","ink","dim","ours","published","c2","c3"].map(
            k => [k, getComputedStyle(document.documentElement).getPropertyValue("--" + k).trim()]))''')
        style = {k: re.sub('^#(.)(.)(.)$', r'#\1\1\2\2\3\3', v) for k,v in style.items()}
        assert all(contrast(style[k], style['bg'])>=4.5 for k in ('ink','dim','ours')), style
        assert all(contrast(style[k], style['bg'])>=3 for k in ('published','c2','c3')), style
        assert page.locator('#times .ours circle').count() and not page.locator('#times .published circle').count()
        assert page.evaluate('getComputedStyle(document.querySelector("dialog")).animationName')=='none'
