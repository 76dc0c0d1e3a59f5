// Messages and spam, for those who answer them. Without it, the same is found at /api/inbox.
const inbox = document.getElementById('inbox');
const words = inbox.dataset;
const [find, letters, person, table] = ['find', 'letters', 'person', 'table'].map((id) => document.getElementById(id));
const [said, receipt] = inbox.querySelectorAll('.said');
const folders = inbox.querySelectorAll('[aria-pressed]');
const shape = inbox.querySelector('template').content.firstElementChild;
const type = 'application/json';
let folder = 'messages';

const ask = async (path, body) => {
  const headers = { Accept: type, 'Content-Type': type };
  const answer = await fetch(`/api/${path}`, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};

// Whatever fails is said where it was asked for, and nothing that was shown goes away.
const attempt = async (place, work) => {
  place.textContent = '';
  try {
    place.textContent = await work() ?? '';
  } catch {
    place.textContent = words.lost;
  }
};

const write = (one) => {
  const letter = shape.cloneNode(true);
  const [facts, text] = letter.querySelectorAll('p');
  const [reply, rest] = facts.children;
  letter.querySelector('h2').textContent = one.subject || words.unnamed;
  reply.textContent = `${one.name} <${one.email}>`;
  reply.href = `mailto:${encodeURIComponent(one.email)}?subject=${encodeURIComponent('Re: ' + one.subject)}`;
  rest.textContent = [one.received.slice(0, 16).replace('T', ' '), one.reason, one.done && words.done].filter(Boolean).join(' · ');
  text.append(...one.message.split('\n').flatMap((line) => [line, document.createElement('br')]));
  const may = { spam: one.label === 'ham', ham: one.label === 'spam', done: !one.done, open: one.done };
  for (const button of letter.querySelectorAll('button')) {
    button.hidden = !may[button.value];
    button.addEventListener('click', () => attempt(said, async () => {
      await ask('inbox', { id: one.id, action: button.value });
      return show();
    }));
  }
  return letter;
};

const show = async () => {
  const { messages } = await ask(`inbox?${new URLSearchParams({ folder, q: find.elements.q.value })}`);
  letters.replaceChildren(...messages.map(write));
  table.href = `/api/inbox/export?folder=${folder}`;
  return messages.length ? '' : words.nothing;
};

for (const button of folders) {
  button.addEventListener('click', () => {
    folder = button.value;
    for (const one of folders) one.setAttribute('aria-pressed', one === button);
    attempt(said, show);
  });
}
find.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(said, show);
});
person.addEventListener('submit', (event) => {
  event.preventDefault();
  const email = person.elements.email.value;
  const wish = event.submitter.value;
  if (wish === 'erase' && !confirm(`${email}: ${words.sure}`)) return;
  attempt(receipt, async () => {
    const answer = await ask(`people/${wish}`, { email });
    if (wish === 'erase') attempt(said, show);
    const counts = Object.entries(answer.deleted ?? answer).map(([name, held]) => [name, held?.length ?? Number(held && (Number(held) || 1))]);
    return counts.filter(([, count]) => count).map((pair) => pair.join(': ')).join(', ') || words.nothing;
  });
});

const { role } = await ask('session').catch(() => ({}));
if (role === 'editor' || role === 'admin') {
  document.getElementById('closed').hidden = true;
  person.hidden = role !== 'admin';
  inbox.hidden = false;
  attempt(said, show);
}
