const all = (selector, within=document) => [...within.querySelectorAll(selector)];
const find = all('#find')[0], voids = all('#voids')[0];

// Rows that hold every word of the box; withdrawn ones on request
function show() {
  const words = find.value.toLowerCase().split(' ');
  for (const row of all('tbody tr')) {
    const text = row.textContent.toLowerCase(), withdrawn = row.classList.contains('void') && !voids.checked;
    row.hidden = withdrawn || !words.every(word => text.includes(word));
  }
}
find.oninput = voids.onchange = show;
show();

// A click sorts the table by a column, another one the other way round
function sort(heading) {
  const table = heading.closest('table'), up = heading.ariaSort == 'descending';
  const key = row => row.cells[heading.cellIndex].dataset.k;
  const order = (a, b) => (up ? 1 : -1)*key(a).localeCompare(key(b), 'en', {numeric: true});
  for (const th of all('th', table)) th.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  table.tBodies[0].append(...all('tbody tr', table).sort(order));
}
for (const heading of all('th')) {
  heading.tabIndex = 0;
  heading.onkeydown = event => { if (event.key == 'Enter') heading.click(); };
  heading.onclick = () => sort(heading);
}
