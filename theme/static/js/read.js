// What a reader of a post may do besides reading: copy code with one press, and, with an account, save the post.
const post = document.querySelector('article');
const words = post.dataset;
const KNOWN = 'signed-in';

const addButton = (place, name, text, press) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = name;
  button.textContent = text;
  button.addEventListener('click', () => press(button));
  place.append(button);
  return button;
};

for (const block of document.querySelectorAll('.highlight')) {
  addButton(block, 'copy', words.copy, async (button) => {
    await navigator.clipboard.writeText(block.querySelector('pre').textContent);
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 2000);
  });
}

// The account's page leaves a mark in this browser, so that nobody else's browser has to ask.
const offerToSave = async () => {
  const path = location.pathname;
  const ask = (method, body) => fetch('/api/me/saved', {
    method,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: body && JSON.stringify(body),
  });
  const answer = await ask('GET');
  if (!answer.ok) {
    if (answer.status === 401) localStorage.removeItem(KNOWN);
    return;
  }
  let saved = (await answer.json()).saved.some((one) => one.path === path);
  const show = (button) => {
    button.textContent = saved ? words.saved : words.save;
    button.setAttribute('aria-pressed', saved);
  };
  show(addButton(post.querySelector('.facts'), 'copy', '', async (button) => {
    const title = post.querySelector('h1').textContent;
    const done = await ask(saved ? 'DELETE' : 'PUT', saved ? { path } : { path, title });
    if (done.ok) saved = !saved;
    show(button);
  }));
};

try {
  if (localStorage.getItem(KNOWN)) await offerToSave();
} catch {
  // No storage or no network: the post is there all the same.
}
