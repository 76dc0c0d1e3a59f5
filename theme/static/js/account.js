// Shows whoever is signed in what is theirs. Without it, the same is found at /api/me.
const [out, mine] = ['signed-out', 'signed-in'].map((id) => document.getElementById(id));
const form = document.getElementById('me');
const said = form.querySelector('.said');
const type = 'application/json';

const ask = async (path, method = 'GET', body = undefined) => {
  const headers = { Accept: type, 'Content-Type': type };
  const answer = await fetch(`/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};

const list = (id, items, write) => {
  const lines = items.map((item) => {
    const line = document.createElement('li');
    line.append(...write(item));
    return line;
  });
  document.getElementById(id).replaceChildren(...lines);
  if (!lines.length) document.getElementById(id).append(Object.assign(document.createElement('li'), { textContent: mine.dataset.nothing }));
};

const link = ({ path, title }) => {
  const words = Object.assign(document.createElement('a'), { textContent: title });
  // Only a path of this site, whatever was stored.
  words.href = new URL(path, location.origin).pathname;
  return [words];
};
const letter = ({ subject, sent, state }) => {
  const facts = Object.assign(document.createElement('small'), { textContent: ` ${sent.slice(0, 10)} · ${mine.dataset[state] ?? state}` });
  return [subject || mine.dataset.unnamed, facts];
};

const show = async () => {
  const [me, saved, sent] = await Promise.all([ask('me'), ask('me/saved'), ask('me/messages')]);
  form.elements.name.value = me.name ?? '';
  form.elements.newsletter.checked = me.newsletter;
  list('saved', saved.saved, link);
  list('messages', sent.messages, letter);
  out.hidden = true;
  mine.hidden = false;
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  said.textContent = '';
  try {
    await ask('me', 'PATCH', { name: form.elements.name.value, newsletter: form.elements.newsletter.checked });
    said.textContent = mine.dataset.saved;
  } catch {
    said.textContent = mine.dataset.lost;
  }
});

try {
  const session = await ask('session');
  // Posts offer to be saved where this mark is, and nobody else's browser has to ask.
  if (session.signed_in) localStorage.setItem('signed-in', '1');
  else localStorage.removeItem('signed-in');
  document.getElementById('issuer').hidden = !session.issuer;
  if (session.signed_in) await show();
} catch {
  // The form for signing in stays; the API says what is wrong when it is used.
}
