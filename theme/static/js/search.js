// Finds pages by an index in small files, which the build writes under /search/.
const form = document.getElementById('search');
const list = document.getElementById('found');
const files = new Map();
const MOST = 20;

const read = (name) => {
  if (!files.has(name)) {
    files.set(name, fetch(`/search/find-${name}.json`).then((answer) => (answer.ok ? answer.json() : {})));
  }
  return files.get(name);
};
const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const wordsOf = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
const fileOf = (beginning) => [...beginning].map((sign) => sign.codePointAt(0).toString(16)).join('-');

// Every page that has the word, or one that begins with it; the whole word counts twice.
const pagesWith = async (word, letters) => {
  const found = new Map();
  const words = await read(fileOf([...word].slice(0, letters).join('')));
  for (const [known, pages] of Object.entries(words)) {
    if (known.startsWith(word)) {
      for (let i = 0; i < pages.length; i += 2) {
        found.set(pages[i], Math.max(found.get(pages[i]) ?? 0, pages[i + 1] * (known === word ? 2 : 1)));
      }
    }
  }
  return found;
};

const find = async (question) => {
  const { letters, parts } = await read('layout');
  const words = wordsOf(question).slice(0, 12);
  const each = await Promise.all(words.map((word) => pagesWith(word, letters)));
  const scores = new Map();
  for (const found of each) {
    // A word that few pages have says more.
    const worth = 1 / Math.log2(2 + found.size);
    for (const [page, weight] of found) scores.set(page, (scores.get(page) ?? 0) + weight * worth);
  }
  const all = [...scores.keys()].filter((page) => each.every((found) => found.has(page)));
  const best = (all.length ? all : [...scores.keys()]).sort((a, b) => scores.get(b) - scores.get(a) || (a < b ? -1 : 1));
  const part = (page) => [...page].reduce((sum, sign) => sum + sign.charCodeAt(0), 0) % parts;
  return Promise.all(best.slice(0, MOST).map(async (page) => (await read(`pages-${part(page)}`))[page]));
};

const show = (pages) => {
  const items = document.createElement('ol');
  items.className = 'posts found';
  for (const [address, title, summary] of pages) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = address;
    link.textContent = title;
    const heading = document.createElement('h2');
    heading.append(link);
    const words = document.createElement('p');
    words.textContent = summary;
    item.append(heading, words);
    items.append(item);
  }
  const said = document.createElement('p');
  said.textContent = pages.length ? `${form.dataset.some} ${pages.length}` : form.dataset.none;
  list.replaceChildren(said, ...(pages.length ? [items] : []));
};

let asked = 0;
const search = async () => {
  const mine = (asked += 1);
  const question = form.q.value.trim();
  const pages = question ? await find(question) : null;
  if (mine !== asked) return;
  if (pages) show(pages);
  else list.replaceChildren();
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  history.replaceState(null, '', `?q=${encodeURIComponent(form.q.value)}`);
  search();
});
form.q.addEventListener('input', search);
form.q.value = new URLSearchParams(location.search).get('q') ?? '';
search();
