// Makes forms kinder: faults are said at their fields, nothing that was written is lost, and a press is one message.
// Without it they are sent as forms always were.

// A browser may forbid storage; then a draft lives as long as its page.
const stored = {
  read: (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  write: (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* As said. */ } },
  erase: (name) => { try { localStorage.removeItem(name); } catch { /* As said. */ } },
};

const improve = (form) => {
  const { done, draft, lost, kept, token } = form.dataset;
  const name = draft && `draft:${draft}`;
  const said = form.querySelector('.said');
  const [key, pass] = [form.elements.key, form.elements.token];
  const fields = [...form.querySelectorAll('input:not([type="hidden"]), textarea')];
  const values = () => Object.fromEntries(new FormData(form));
  const text = () => fields.map((field) => field.value).join('\0');
  // What was sent last under the key: other words are another message.
  let sent = null;
  let busy = false;
  let asked = null;

  const save = () => { if (name) stored.write(name, { ...values(), sent }); };
  const keep = () => {
    if (sent !== null && sent !== text()) {
      sent = null;
      if (key) key.value = '';
    }
    if (key) key.value ||= crypto.randomUUID();
    save();
  };
  const restore = () => {
    const before = name && stored.read(name);
    if (!before) return;
    for (const field of [...fields, key]) if (field && !field.value) field.value = before[field.name] ?? '';
    sent = before.sent;
    said.textContent = kept;
  };
  const fault = (field, words = '') => {
    const id = `${field.id}-fault`;
    const others = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((one) => one && one !== id);
    document.getElementById(id)?.remove();
    field.toggleAttribute('aria-invalid', false);
    if (words) {
      const note = document.createElement('small');
      note.id = id;
      note.className = 'fault';
      note.textContent = words;
      field.after(note);
      field.setAttribute('aria-invalid', 'true');
      others.push(id);
    }
    if (others.length) field.setAttribute('aria-describedby', others.join(' '));
    else field.removeAttribute('aria-describedby');
  };
  const refuse = (error) => {
    const faulty = fields.filter((field) => error.fields?.[field.name]);
    for (const field of faulty) fault(field, error.fields[field.name]);
    said.textContent = error.message;
    (faulty[0] ?? form.querySelector('button')).focus();
  };
  const send = async () => {
    await asked;
    keep();
    sent = text();
    save();
    const answer = await fetch(form.action, {
      signal: AbortSignal.timeout(20000),
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(values()),
    });
    if (answer.ok) {
      if (name) stored.erase(name);
      location.assign(done);
      return;
    }
    const told = answer.status < 500 && (await answer.json().catch(() => null));
    if (!told?.error) throw new Error(answer.status);
    refuse(told.error);
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    form.setAttribute('aria-busy', 'true');
    said.textContent = '';
    fields.forEach((field) => fault(field));
    try {
      await send();
    } catch {
      said.textContent = lost;
    }
    busy = false;
    form.removeAttribute('aria-busy');
  });
  form.addEventListener('input', keep);
  if (token) {
    const ask = async () => {
      const given = await (await fetch(token, { signal: AbortSignal.timeout(5000) })).json();
      pass.value = given.token;
      key.value ||= given.key;
    };
    form.addEventListener('focusin', () => { asked = ask().catch(() => {}); }, { once: true });
  }
  restore();
};

document.querySelectorAll('form[data-done]').forEach(improve);
