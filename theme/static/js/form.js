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
  // What was sent last, under the key that is there: other words are another message.
  let sent = null;
  let busy = false;
  let asked = null;

  const save = () => { if (name) stored.write(name, { ...values(), sent }); };
  // A key of the API makes a message one, and its token says when somebody began: each is good for the other alone.
  const take = async () => {
    const given = await (await fetch(token, { signal: AbortSignal.timeout(5000) })).json();
    if (given.key) [key.value, pass.value] = [given.key, given.token];
  };
  const ask = () => {
    if (token && !key.value) asked = take().catch(() => {});
  };
  const keep = () => {
    if (sent !== null && sent !== text()) {
      sent = null;
      if (key) key.value = pass.value = '';
      ask();
    }
    save();
  };
  const restore = () => {
    const before = name && stored.read(name);
    if (!before) return;
    sent = before.sent;
    // An attempt whose end is not known goes on under its key; a draft that was never sent begins anew.
    const hidden = sent === null ? [] : [key, pass];
    for (const field of [...fields, ...hidden]) field.value ||= before[field.name] ?? '';
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
    if (key) key.value ||= crypto.randomUUID();
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
  form.addEventListener('focusin', ask, { once: true });
  restore();
};

document.querySelectorAll('form[data-done]').forEach(improve);
